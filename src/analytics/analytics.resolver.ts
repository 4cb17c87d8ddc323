import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { QueryResultDto } from '../query/query.dto.js';
import { Analyses } from './analyses.service.js';
import { PATH_DIMENSIONS, PathAnalysisDto, type PathsQuery } from './analysis.dto.js';
import { badRequest } from '../common/problem.js';
import { CustomerMergeDto, CustomerMergeListDto } from './customer-merge.dto.js';
import { CustomerMergesService } from './customer-merges.service.js';
import { CustomerJourneyListDto, JourneyDetailsDto } from './journey.dto.js';
import { JourneyReading } from './journey-reading.service.js';
import { Paths } from './paths.service.js';

const text = (description: string): { type: () => typeof String; nullable: true; description: string } => ({
  type: () => String,
  nullable: true,
  description,
});
const number = (description: string): { type: () => typeof Number; nullable: true; description: string } => ({
  type: () => Number,
  nullable: true,
  description,
});
const FROM = text('First day, or instant; with `to`.');
const TO = text('Last day (included), or instant (excluded).');
const MODEL = text('Attribution model; linear when absent.');
const BY = text('Dimension to group by; campaign_name when absent.');
const LIMIT = number('Most rows.');
const CURSOR = text('`next_cursor` of the page before.');

type Absent<T> = { readonly [K in keyof T]?: T[K] | null | undefined };
/** Arguments that were given. */
const given = <T extends object>(args: Absent<T>): T =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null && value !== undefined)) as T;
const most = (limit: number | null | undefined): number | undefined =>
  limit == null ? undefined : Math.min(1_000, Math.max(1, Math.trunc(limit)));

@Resolver()
export class AnalyticsResolver {
  constructor(
    private readonly analyses: Analyses,
    private readonly journeys: JourneyReading,
    private readonly paths: Paths,
    private readonly merges: CustomerMergesService,
  ) {}

  @Query(() => JourneyDetailsDto, {
    name: 'customerJourney',
    description: 'What a customer did, and what is credited to it; by UUID, the source’s own id, or e-mail address.',
  })
  @Allow('journeys:read')
  journey(
    @CurrentIdentity() identity: Identity,
    @Args('customer', { type: () => String, description: 'The customer.' }) customer: string,
    @Args('limit', LIMIT) limit?: number,
    @Args('cursor', CURSOR) cursor?: string,
  ): Promise<JourneyDetailsDto> {
    return this.journeys.get(identity, customer, given({ limit: most(limit), cursor }));
  }

  @Query(() => CustomerJourneyListDto, { name: 'customerJourneys', description: 'Journeys of customers.' })
  @Allow('journeys:read')
  list(
    @CurrentIdentity() identity: Identity,
    @Args('firstTouchSource', text('Channel of the first touchpoint.')) source?: string,
    @Args('currentStage', text('Stage.')) stage?: string,
    @Args('limit', LIMIT) limit?: number,
    @Args('cursor', CURSOR) cursor?: string,
  ): Promise<CustomerJourneyListDto> {
    const query = { first_touch_source: source, current_stage: stage, limit: most(limit), cursor };
    return this.journeys.list(identity, given(query));
  }

  @Query(() => QueryResultDto, {
    name: 'campaignPerformance',
    description: 'Performance of a campaign, by id or name.',
  })
  @Allow('reports:create')
  campaign(
    @CurrentIdentity() identity: Identity,
    @Args('campaign', { type: () => String, description: 'UUID or name.' }) id: string,
    @Args('from', FROM) from?: string,
    @Args('to', TO) to?: string,
    @Args('attributionModel', MODEL) model?: string,
  ): Promise<QueryResultDto> {
    return this.analyses.campaign(identity, id, given({ from, to, attribution_model: model }));
  }

  @Query(() => QueryResultDto, { name: 'assetRoi', description: 'Return on a creative asset, by id or name.' })
  @Allow('reports:create')
  asset(
    @CurrentIdentity() identity: Identity,
    @Args('asset', { type: () => String, description: 'UUID or name.' }) id: string,
    @Args('from', FROM) from?: string,
    @Args('to', TO) to?: string,
    @Args('attributionModel', MODEL) model?: string,
  ): Promise<QueryResultDto> {
    return this.analyses.asset(identity, id, given({ from, to, attribution_model: model }));
  }

  @Query(() => QueryResultDto, { name: 'modelComparison', description: 'Attribution models side by side.' })
  @Allow('reports:create')
  comparison(
    @CurrentIdentity() identity: Identity,
    @Args('models', { type: () => [String], nullable: true, description: 'Keys of the models.' }) models?: string[],
    @Args('by', BY) by?: string,
    @Args('from', FROM) from?: string,
    @Args('to', TO) to?: string,
    @Args('limit', LIMIT) limit?: number,
  ): Promise<QueryResultDto> {
    return this.analyses.comparison(identity, given({ models: models?.join(','), by, from, to, limit: most(limit) }));
  }

  @Query(() => QueryResultDto, { name: 'assists', description: 'What assists conversions, and what closes them.' })
  @Allow('reports:create')
  assists(
    @CurrentIdentity() identity: Identity,
    @Args('by', BY) by?: string,
    @Args('from', FROM) from?: string,
    @Args('to', TO) to?: string,
    @Args('limit', LIMIT) limit?: number,
  ): Promise<QueryResultDto> {
    return this.analyses.assists(identity, given({ by, from, to, limit: most(limit) }));
  }

  @Query(() => QueryResultDto, { name: 'customerLifecycle', description: 'What customers cost and are worth.' })
  @Allow('reports:create')
  lifecycle(
    @CurrentIdentity() identity: Identity,
    @Args('by', BY) by?: string,
    @Args('from', FROM) from?: string,
    @Args('to', TO) to?: string,
    @Args('limit', LIMIT) limit?: number,
  ): Promise<QueryResultDto> {
    return this.analyses.lifecycle(identity, given({ by, from, to, limit: most(limit) }));
  }

  @Query(() => PathAnalysisDto, { name: 'conversionPaths', description: 'How customers come to convert.' })
  @Allow('reports:create')
  conversionPaths(
    @CurrentIdentity() identity: Identity,
    @Args('by', text(`What a step is: ${PATH_DIMENSIONS.join(', ')}.`)) by?: string,
    @Args('from', text('First day of the conversions, UTC.')) from?: string,
    @Args('to', text('Last day of the conversions (included), UTC.')) to?: string,
    @Args('limit', LIMIT) limit?: number,
  ): Promise<PathAnalysisDto> {
    const step = PATH_DIMENSIONS.find((each) => each === (by ?? 'channel'));
    if (step === undefined)
      throw badRequest('invalid_request', `A step of a path is one of ${PATH_DIMENSIONS.join(', ')}.`);
    return this.paths.analyse(identity, given<PathsQuery>({ by: step, from, to, limit: most(limit) }));
  }

  @Query(() => CustomerMergeListDto, { name: 'customerMerges', description: 'Merges of customer ids that hold.' })
  @Allow('journeys:read')
  mergesOf(
    @CurrentIdentity() identity: Identity,
    @Args('limit', LIMIT) limit?: number,
    @Args('cursor', CURSOR) cursor?: string,
  ): Promise<CustomerMergeListDto> {
    return this.merges.list(identity, given({ limit: most(limit), cursor }));
  }

  @Mutation(() => CustomerMergeDto, { name: 'mergeCustomers', description: 'Makes two customer ids one person.' })
  @Allow('data:write')
  merge(
    @CurrentIdentity() identity: Identity,
    @Args('from', { type: () => String, description: 'The id that becomes part of the other.' }) from: string,
    @Args('to', { type: () => String, description: 'The id that stands for both.' }) to: string,
  ): Promise<CustomerMergeDto> {
    return this.merges.create(identity, { from, to });
  }

  @Mutation(() => Boolean, { name: 'undoCustomerMerge', description: 'Undoes a merge; true when it is gone.' })
  @Allow('data:write')
  async undo(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => String, description: 'Id of the merge.' }) id: string,
  ): Promise<boolean> {
    await this.merges.undo(identity, id);
    return true;
  }
}
