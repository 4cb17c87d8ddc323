import { Args, Context, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { FastifyReply } from 'fastify';
import { GraphQLJSON } from 'graphql-scalars';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery } from '../common/page.js';
import { goneSignal } from '../query/query-reply.service.js';
import { DashboardData } from './dashboard-data.service.js';
import { DashboardDto, DashboardListDto, LoadedDashboardDto, WidgetLibraryDto } from './dashboard.dto.js';
import { DashboardService } from './dashboard.service.js';

const FIELDS = 'The fields as in POST /api/dashboard/create.';
const Id = (): ParameterDecorator => Args('id', { type: () => ID, description: 'Its id.' });

/** Each of these is what the REST door of the same kind does. */
@Resolver(() => DashboardDto)
export class DashboardsResolver {
  constructor(
    private readonly dashboards: DashboardService,
    private readonly numbers: DashboardData,
  ) {}

  @Query(() => WidgetLibraryDto, { name: 'dashboardWidgets', description: 'What a dashboard can be made of.' })
  @Allow('reports:read')
  library(@CurrentIdentity() identity: Identity): Promise<WidgetLibraryDto> {
    return this.numbers.library(identity);
  }

  @Query(() => DashboardListDto, { name: 'dashboards', description: 'Dashboards that the role may see, oldest first.' })
  @Allow('reports:read')
  list(@CurrentIdentity() identity: Identity, @Args() query: PageQuery): Promise<DashboardListDto> {
    return this.dashboards.list(identity, query);
  }

  @Query(() => DashboardDto, { name: 'dashboard', description: 'The definition of a dashboard.' })
  @Allow('reports:read')
  get(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<DashboardDto> {
    return this.dashboards.get(identity, id);
  }

  @Query(() => LoadedDashboardDto, {
    name: 'loadDashboard',
    description: 'A dashboard with the numbers of all widgets; one that fails says why in its place.',
  })
  @Allow('reports:read')
  load(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Context() { reply }: { readonly reply: FastifyReply },
  ): Promise<LoadedDashboardDto> {
    return this.numbers.load(identity, id, goneSignal(reply));
  }

  @Mutation(() => DashboardDto, { name: 'createDashboard', description: 'Saves a dashboard.' })
  @Allow('reports:create')
  create(
    @CurrentIdentity() identity: Identity,
    @Args('input', { type: () => GraphQLJSON, description: FIELDS }) input: unknown,
  ): Promise<DashboardDto> {
    return this.dashboards.create(identity, input);
  }

  @Mutation(() => DashboardDto, { name: 'updateDashboard', description: 'Changes a dashboard.' })
  @Allow('reports:create')
  update(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Args('input', { type: () => GraphQLJSON, description: FIELDS }) input: unknown,
  ): Promise<DashboardDto> {
    return this.dashboards.update(identity, id, input);
  }

  @Mutation(() => Boolean, { name: 'deleteDashboard', description: 'Deletes a dashboard; true when it is gone.' })
  @Allow('reports:create')
  async delete(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<boolean> {
    await this.dashboards.delete(identity, id);
    return true;
  }
}
