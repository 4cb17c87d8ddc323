import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import { policyOf } from '../access/policy.js';
import { badRequest, Problem } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import type { DateRange, FilterCondition, ReportRequest } from '../compiler/query/types.js';
import { QueryService, type QueryAnswer, type RunOptions } from '../query/query.service.js';
import type { AnalysisQuery, ComparisonQuery, GroupedAnalysisQuery, TimedAnalysisQuery } from './analysis.dto.js';

/** What rows tell, and what attribution adds. */
const CAMPAIGN = {
  rows: ['spend', 'impressions', 'clicks', 'ctr', 'cpc', 'conversions', 'revenue', 'roas'],
  attributed: ['attributed_revenue', 'attributed_conversions', 'attributed_roas', 'assisted_conversions'],
};
const ASSET = {
  rows: ['creation_cost', 'spend', 'impressions', 'clicks', 'conversions', 'revenue', 'creative_roi', 'asset_roi'],
  attributed: ['attributed_revenue', 'attributed_conversions', 'attributed_creative_roi'],
};
const MODELS = ['first_touch', 'last_touch', 'linear'];

/** Ready questions. Each is an ordinary report request, so it obeys policies, limits, cache and definitions as any. */
@Injectable()
export class Analyses {
  constructor(private readonly queries: QueryService) {}

  campaign(identity: Identity, id: string, query: TimedAnalysisQuery, options?: RunOptions): Promise<QueryAnswer> {
    return this.subject(identity, named(id, 'campaign_id', 'campaign_name'), CAMPAIGN, query, options);
  }

  asset(identity: Identity, id: string, query: TimedAnalysisQuery, options?: RunOptions): Promise<QueryAnswer> {
    return this.subject(identity, named(id, 'asset_id', 'asset_name'), ASSET, query, options);
  }

  /** The same revenue as several models share it out. */
  comparison(identity: Identity, query: ComparisonQuery, options?: RunOptions): Promise<QueryAnswer> {
    const models = query.models?.split(',').map((model) => model.trim()) ?? MODELS;
    const metrics = ['attributed_revenue', 'attributed_conversions'];
    return this.grouped(
      identity,
      { ...query, metrics: metrics.flatMap((metric) => models.map((model) => `${metric}:${model}`)) },
      options,
    );
  }

  /** What leads to conversions beside what closes them. */
  assists(identity: Identity, query: GroupedAnalysisQuery, options?: RunOptions): Promise<QueryAnswer> {
    const metrics = [
      'assisted_conversions',
      'last_touch_conversions',
      'assisted_to_last_ratio',
      'touchpoint_influence',
    ];
    return this.grouped(
      identity,
      { ...query, metrics: [...metrics, 'attributed_revenue', 'last_touch_revenue'] },
      options,
    );
  }

  /** What customers cost, and are worth, by what touched them first. */
  lifecycle(identity: Identity, query: GroupedAnalysisQuery, options?: RunOptions): Promise<QueryAnswer> {
    const metrics = ['journeys', 'acquisition_cost', 'lifetime_value', 'cost_per_acquired_customer'];
    return this.grouped(
      identity,
      { ...query, metrics: [...metrics, 'value_per_acquired_customer', 'ltv_cac_ratio'] },
      options,
    );
  }

  private grouped(
    identity: Identity,
    query: GroupedAnalysisQuery & { readonly metrics: readonly string[] },
    options?: RunOptions,
  ): Promise<QueryAnswer> {
    const [first = ''] = query.metrics;
    const request: ReportRequest = {
      ...common(query),
      metrics: query.metrics,
      dimensions: [query.by ?? 'campaign_name'],
      order: [{ member: first, direction: 'desc' }],
      limit: query.limit ?? 100,
      totals: true,
    };
    return this.queries.run(policyOf(identity), request, options);
  }

  /** Without any attribution the rows are still told, and that the rest is missing. */
  private async subject(
    identity: Identity,
    filter: FilterCondition,
    { rows, attributed }: { readonly rows: readonly string[]; readonly attributed: readonly string[] },
    query: TimedAnalysisQuery,
    options?: RunOptions,
  ): Promise<QueryAnswer> {
    const ask = (metrics: readonly string[]): Promise<QueryAnswer> =>
      this.queries.run(
        policyOf(identity),
        {
          ...common(query),
          ...{ metrics, dimensions: [], filters: filter, totals: true },
          time_grain: query.time_grain ?? null,
        },
        options,
      );
    try {
      return await ask([...rows, ...attributed]);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'attribution_not_calculated') throw error;
      const answer = await ask(rows);
      return { ...answer, meta: { ...answer.meta, warnings: [...answer.meta.warnings, ...error.errors] } };
    }
  }
}

const named = (id: string, byId: string, byName: string): FilterCondition => ({
  member: isUuid(id) ? byId : byName,
  operator: 'equals',
  values: [id],
});

function common({
  attribution_model: model,
  ...query
}: AnalysisQuery): Pick<ReportRequest, 'date_range' | 'attribution_model'> {
  return { date_range: rangeOf(query), ...(model === undefined ? {} : { attribution_model: model }) };
}

function rangeOf({ from, to, range }: AnalysisQuery): DateRange | null {
  if (range !== undefined && (from !== undefined || to !== undefined))
    throw badRequest('invalid_request', 'Name a range, or say “from” and “to”; not both.');
  if (range !== undefined) return range;
  if (from === undefined && to === undefined) return null;
  if (from === undefined || to === undefined) throw badRequest('invalid_request', '“from” and “to” belong together.');
  return { from, to };
}
