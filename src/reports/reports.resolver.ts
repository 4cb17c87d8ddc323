import { Args, Context, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { FastifyReply } from 'fastify';
import { GraphQLJSON } from 'graphql-scalars';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { policyOf } from '../access/policy.js';
import { PageQuery } from '../common/page.js';
import { QueryResultDto } from '../query/query.dto.js';
import { goneSignal } from '../query/query-reply.service.js';
import { QueryService } from '../query/query.service.js';
import { ReportViewDto } from './report-view.dto.js';
import { ReportViewService } from './report-view.service.js';
import { pageOf, requestOf } from './view-request.js';

@ObjectType({ description: 'One page of saved reports.' })
class ReportViewPage {
  @Field(() => [ReportViewDto], { description: 'The views.' }) data!: ReportViewDto[];
  @Field(() => String, { nullable: true, description: 'Give it back as `cursor` for the next page; null at the end.' })
  next_cursor!: string | null;
}

const FIELDS = 'The view’s fields as in POST /api/reports/views.';

@Resolver(() => ReportViewDto)
export class ReportsResolver {
  constructor(
    private readonly views: ReportViewService,
    private readonly queries: QueryService,
  ) {}

  @Query(() => ReportViewPage, {
    name: 'reportViews',
    description: 'Saved reports that the role may see, oldest first.',
  })
  @Allow('reports:read')
  list(@CurrentIdentity() identity: Identity, @Args() query: PageQuery): Promise<ReportViewPage> {
    return this.views.list(identity, query);
  }

  @Query(() => ReportViewDto, { name: 'reportView', description: 'One saved report.' })
  @Allow('reports:read')
  get(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<ReportViewDto> {
    return this.views.get(identity, id);
  }

  @Query(() => QueryResultDto, { name: 'runReportView', description: 'Runs a saved report.' })
  @Allow('reports:read')
  async run(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
    @Args('explain', { type: () => Boolean, nullable: true, description: 'Adds `meta.sql` and `meta.lineage`.' })
    explain: boolean | undefined,
    @Args('limit', {
      type: () => Int,
      nullable: true,
      description: 'Most rows of a page; the view’s own limit when absent.',
    })
    limit: number | undefined,
    @Args('cursor', { type: () => String, nullable: true, description: '`next_cursor` of the page before.' })
    cursor: string | undefined,
    @Context() { reply }: { readonly reply: FastifyReply },
  ): Promise<QueryResultDto> {
    const view = await this.views.find(identity, id);
    return this.queries.run(policyOf(identity), pageOf(requestOf(view), { limit, cursor }), {
      explain: explain ?? false,
      signal: goneSignal(reply),
    });
  }

  @Mutation(() => ReportViewDto, { name: 'createReportView', description: 'Saves a report.' })
  @Allow('reports:create')
  create(
    @CurrentIdentity() identity: Identity,
    @Args('input', { type: () => GraphQLJSON, description: FIELDS }) input: unknown,
  ): Promise<ReportViewDto> {
    return this.views.create(identity, input);
  }

  @Mutation(() => ReportViewDto, { name: 'updateReportView', description: 'Changes a saved report.' })
  @Allow('reports:create')
  update(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
    @Args('input', { type: () => GraphQLJSON, description: FIELDS }) input: unknown,
  ): Promise<ReportViewDto> {
    return this.views.update(identity, id, input);
  }

  @Mutation(() => Boolean, { name: 'deleteReportView', description: 'Deletes a saved report; true when it is gone.' })
  @Allow('reports:create')
  async delete(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
    @Args('force', { type: () => Boolean, nullable: true, description: 'Also when dashboards show it.' })
    force?: boolean,
  ): Promise<boolean> {
    await this.views.delete(identity, id, force ?? false);
    return true;
  }
}
