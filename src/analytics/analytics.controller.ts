import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery } from '../common/page.js';
import { QueryResultDto } from '../query/query.dto.js';
import { goneSignal } from '../query/query-reply.service.js';
import type { QueryAnswer } from '../query/query.service.js';
import { Analyses } from './analyses.service.js';
import {
  ComparisonQuery,
  GroupedAnalysisQuery,
  PathAnalysisDto,
  PathsQuery,
  TimedAnalysisQuery,
} from './analysis.dto.js';
import { CustomerJourneyListDto, JourneyDetailsDto, JourneyListQuery } from './journey.dto.js';
import { JourneyReading } from './journey-reading.service.js';
import { Paths } from './paths.service.js';

@ApiTags('analytics')
@ApiBearerAuth()
@Controller('api/analytics')
export class AnalyticsController {
  constructor(
    private readonly analyses: Analyses,
    private readonly journeys: JourneyReading,
    private readonly paths: Paths,
  ) {}

  @Get('customer-journeys')
  @Allow('journeys:read')
  @ApiOperation({ summary: 'Journeys of customers', description: 'By customer id; filters all hold.' })
  @ApiResponse({ status: 200, type: CustomerJourneyListDto })
  list(@CurrentIdentity() identity: Identity, @Query() query: JourneyListQuery): Promise<CustomerJourneyListDto> {
    return this.journeys.list(identity, query);
  }

  @Get('customer-journey/:customerId')
  @Allow('journeys:read')
  @ApiOperation({
    summary: 'What a customer did, and what is credited to it',
    description:
      'By UUID, by the source’s own id, or by e-mail address. The timeline comes in pages, oldest first, with the credit of each touchpoint by attribution model.',
  })
  @ApiResponse({ status: 200, type: JourneyDetailsDto })
  @ApiResponse({ status: 403, description: '`policy_not_supported_here`: for who sees only part of the rows.' })
  @ApiResponse({ status: 409, description: '`ambiguous_customer`: several sources use the same id.' })
  journey(
    @CurrentIdentity() identity: Identity,
    @Param('customerId') customer: string,
    @Query() query: PageQuery,
  ): Promise<JourneyDetailsDto> {
    return this.journeys.get(identity, customer, query);
  }

  @Get('campaigns/:id/performance')
  @Allow('reports:create')
  @ApiOperation({
    summary: 'Performance of a campaign',
    description: 'By UUID or by name: what the platforms report, beside what attribution credits to it.',
  })
  @ApiResponse({ status: 200, type: QueryResultDto })
  campaign(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Query() query: TimedAnalysisQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<QueryAnswer> {
    return this.analyses.campaign(identity, id, query, { signal: goneSignal(reply) });
  }

  @Get('assets/:id/roi')
  @Allow('reports:create')
  @ApiOperation({
    summary: 'Return on a creative asset',
    description: 'By UUID or by name: what it cost to make and to show, and what it brought.',
  })
  @ApiResponse({ status: 200, type: QueryResultDto })
  asset(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Query() query: TimedAnalysisQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<QueryAnswer> {
    return this.analyses.asset(identity, id, query, { signal: goneSignal(reply) });
  }

  @Get('model-comparison')
  @Allow('reports:create')
  @ApiOperation({ summary: 'Attribution models side by side', description: 'Revenue and conversions of each.' })
  @ApiResponse({ status: 200, type: QueryResultDto })
  comparison(
    @CurrentIdentity() identity: Identity,
    @Query() query: ComparisonQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<QueryAnswer> {
    return this.analyses.comparison(identity, query, { signal: goneSignal(reply) });
  }

  @Get('assists')
  @Allow('reports:create')
  @ApiOperation({ summary: 'What assists conversions, and what closes them' })
  @ApiResponse({ status: 200, type: QueryResultDto })
  assists(
    @CurrentIdentity() identity: Identity,
    @Query() query: GroupedAnalysisQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<QueryAnswer> {
    return this.analyses.assists(identity, query, { signal: goneSignal(reply) });
  }

  @Get('customer-lifecycle')
  @Allow('reports:create')
  @ApiOperation({
    summary: 'What customers cost and are worth',
    description: 'By a dimension of their first touchpoint: acquisition cost, lifetime value, LTV to CAC.',
  })
  @ApiResponse({ status: 200, type: QueryResultDto })
  lifecycle(
    @CurrentIdentity() identity: Identity,
    @Query() query: GroupedAnalysisQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<QueryAnswer> {
    return this.analyses.lifecycle(identity, query, { signal: goneSignal(reply) });
  }

  @Get('paths')
  @Allow('reports:create')
  @ApiOperation({
    summary: 'How customers come to convert',
    description: 'The most frequent paths, how long they are, and how much time passes from the first touchpoint.',
  })
  @ApiResponse({ status: 200, type: PathAnalysisDto })
  @ApiResponse({ status: 422, description: '`attribution_not_calculated`' })
  analyse(@CurrentIdentity() identity: Identity, @Query() query: PathsQuery): Promise<PathAnalysisDto> {
    return this.paths.analyse(identity, query);
  }
}
