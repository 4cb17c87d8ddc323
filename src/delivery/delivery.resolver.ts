import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { DeliverDto, DeliverReplyDto, DeliveryDto, DeliveryListDto, DeliveryQuery } from './delivery.dto.js';
import { DeliveryService } from './delivery.service.js';
import { dashboardRef, viewRef } from './report-subject.port.js';

const Input = (): ParameterDecorator => Args('input', { nullable: true, description: 'To whom, and as what.' });

/** Each of these is what the REST door of the same kind does. */
@Resolver(() => DeliveryDto)
export class DeliveryResolver {
  constructor(private readonly deliveries: DeliveryService) {}

  @Query(() => DeliveryListDto, {
    name: 'reportDeliveries',
    description: 'The ledger: one entry for each sending and recipient, newest first, with the evidence for its state.',
  })
  @Allow('reports:deliver')
  list(@CurrentIdentity() identity: Identity, @Args() query: DeliveryQuery): Promise<DeliveryListDto> {
    return this.deliveries.list(identity, query);
  }

  @Mutation(() => DeliverReplyDto, { name: 'deliverReportView', description: 'Sends a saved report by mail now.' })
  @Allow('reports:deliver')
  view(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'The report view’s id.' }) id: string,
    @Input() input?: DeliverDto,
  ): Promise<DeliverReplyDto> {
    return this.deliveries.deliver(identity, viewRef(id), input ?? {});
  }

  @Mutation(() => DeliverReplyDto, { name: 'deliverDashboard', description: 'Sends a dashboard by mail now.' })
  @Allow('reports:deliver')
  dashboard(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'The dashboard’s id.' }) id: string,
    @Input() input?: DeliverDto,
  ): Promise<DeliverReplyDto> {
    return this.deliveries.deliver(identity, dashboardRef(id), input ?? {});
  }
}
