import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { QueryResultDto } from '../query/query.dto.js';
import { Analyses } from './analyses.service.js';
import { AssetArgs, CampaignArgs, ComparisonArgs, CustomerJourneyArgs } from './analysis.args.js';
import { GroupedAnalysisQuery, PathAnalysisDto, PathsQuery } from './analysis.dto.js';
import { PageQuery } from '../common/page.js';
import { CustomerMergeDto, CustomerMergeListDto, MergeCustomersBody } from './customer-merge.dto.js';
import { CustomerMergesService } from './customer-merges.service.js';
import { CustomerJourneyListDto, JourneyDetailsDto, JourneyListQuery } from './journey.dto.js';
import { JourneyReading } from './journey-reading.service.js';
import { Paths } from './paths.service.js';

/** The arguments that were given: null means absent. */
const given = <T extends object>(args: T): T =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null)) as T;

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
  journey(@CurrentIdentity() identity: Identity, @Args() args: CustomerJourneyArgs): Promise<JourneyDetailsDto> {
    const { customer, ...query } = args;
    return this.journeys.get(identity, customer, given(query));
  }

  @Query(() => CustomerJourneyListDto, { name: 'customerJourneys', description: 'Journeys of customers.' })
  @Allow('journeys:read')
  list(@CurrentIdentity() identity: Identity, @Args() query: JourneyListQuery): Promise<CustomerJourneyListDto> {
    return this.journeys.list(identity, given(query));
  }

  @Query(() => QueryResultDto, {
    name: 'campaignPerformance',
    description: 'Performance of a campaign, by id or name.',
  })
  @Allow('reports:create')
  campaign(@CurrentIdentity() identity: Identity, @Args() args: CampaignArgs): Promise<QueryResultDto> {
    const { campaign, ...query } = args;
    return this.analyses.campaign(identity, campaign, given(query));
  }

  @Query(() => QueryResultDto, { name: 'assetRoi', description: 'Return on a creative asset, by id or name.' })
  @Allow('reports:create')
  asset(@CurrentIdentity() identity: Identity, @Args() args: AssetArgs): Promise<QueryResultDto> {
    const { asset, ...query } = args;
    return this.analyses.asset(identity, asset, given(query));
  }

  @Query(() => QueryResultDto, { name: 'modelComparison', description: 'Attribution models side by side.' })
  @Allow('reports:create')
  comparison(@CurrentIdentity() identity: Identity, @Args() args: ComparisonArgs): Promise<QueryResultDto> {
    const { models, ...query } = given(args);
    return this.analyses.comparison(identity, { ...query, ...(models ? { models: models.join(',') } : {}) });
  }

  @Query(() => QueryResultDto, { name: 'assists', description: 'What assists conversions, and what closes them.' })
  @Allow('reports:create')
  assists(@CurrentIdentity() identity: Identity, @Args() query: GroupedAnalysisQuery): Promise<QueryResultDto> {
    return this.analyses.assists(identity, given(query));
  }

  @Query(() => QueryResultDto, { name: 'customerLifecycle', description: 'What customers cost and are worth.' })
  @Allow('reports:create')
  lifecycle(@CurrentIdentity() identity: Identity, @Args() query: GroupedAnalysisQuery): Promise<QueryResultDto> {
    return this.analyses.lifecycle(identity, given(query));
  }

  @Query(() => PathAnalysisDto, { name: 'conversionPaths', description: 'How customers come to convert.' })
  @Allow('reports:create')
  conversionPaths(@CurrentIdentity() identity: Identity, @Args() query: PathsQuery): Promise<PathAnalysisDto> {
    return this.paths.analyse(identity, given(query));
  }

  @Query(() => CustomerMergeListDto, { name: 'customerMerges', description: 'Merges of customer ids that hold.' })
  @Allow('journeys:read')
  mergesOf(@CurrentIdentity() identity: Identity, @Args() query: PageQuery): Promise<CustomerMergeListDto> {
    return this.merges.list(identity, given(query));
  }

  @Mutation(() => CustomerMergeDto, { name: 'mergeCustomers', description: 'Makes two customer ids one person.' })
  @Allow('data:write')
  merge(@CurrentIdentity() identity: Identity, @Args() body: MergeCustomersBody): Promise<CustomerMergeDto> {
    return this.merges.create(identity, body);
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
