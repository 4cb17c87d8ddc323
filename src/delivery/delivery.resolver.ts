import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { validationPipe } from '../common/validation.js';
import { DeliverDto, DeliverReplyDto, DeliveryDto, DeliveryListDto, DeliveryQuery } from './delivery.dto.js';
import { DeliveryService } from './delivery.service.js';
import { dashboardRef, viewRef } from './report-subject.port.js';

const Text = (name: string, description: string): ParameterDecorator =>
  Args(name, { type: () => String, nullable: true, description });
const Input = (): ParameterDecorator => Args('input', { nullable: true, description: 'To whom, and as what.' });
const check = validationPipe();

/** Each of these is what the REST door of the same kind does. */
@Resolver(() => DeliveryDto)
export class DeliveryResolver {
  constructor(private readonly deliveries: DeliveryService) {}

  @Query(() => DeliveryListDto, {
    name: 'reportDeliveries',
    description: 'The ledger: one entry for each sending and recipient, newest first, with the evidence for its state.',
  })
  @Allow('reports:deliver')
  async list(
    @CurrentIdentity() identity: Identity,
    @Text('view_id', 'Only those of this report view.') view_id?: string,
    @Text('dashboard_id', 'Only those of this dashboard.') dashboard_id?: string,
    @Text('occurrence_id', 'Only those of this sending.') occurrence_id?: string,
    @Text('state', 'Only those in this state.') state?: string,
    @Args('limit', { type: () => Int, nullable: true, description: 'Most entries.' }) limit?: number,
    @Text('cursor', '`next_cursor` of the page before.') cursor?: string,
  ): Promise<DeliveryListDto> {
    const given = { view_id, dashboard_id, occurrence_id, state, limit, cursor };
    const query = Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
    const checked: unknown = await check.transform(query, { type: 'query', metatype: DeliveryQuery });
    return this.deliveries.list(identity, checked as DeliveryQuery);
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
