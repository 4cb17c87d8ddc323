import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import { policyOf } from '../access/policy.js';
import { badRequest, Problem, type ProblemItem } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import type { DateRange, FilterCondition, ReportRequest } from '../compiler/query/types.js';
import { QueryService, type QueryAnswer, type RunOptions } from '../query/query.service.js';
import type { AnalysisQuery, ComparisonQuery, GroupedAnalysisQuery, TimedAnalysisQuery } from './analysis.dto.js';

/** What rows tell, and what attribution adds. */
const CAMPAIGN = {
  ...{ byId: 'campaign_id', byName: 'campaign_name' },
  rows: ['spend', 'impressions', 'clicks', 'ctr', 'cpc', 'conversions', 'revenue', 'roas'],
  attributed: ['attributed_revenue', 'attributed_conversions', 'attributed_roas', 'assisted_conversions'],
};
const ASSET = {
  ...{ byId: 'asset_id', byName: 'asset_name' },
  rows: ['creation_cost', 'spend', 'impressions', 'clicks', 'conversions', 'revenue', 'creative_roi', 'asset_roi'],
  attributed: ['attributed_revenue', 'attributed_conversions', 'attributed_creative_roi'],
};
/** Ids and names that are looked at for a {@link Analyses.campaign} asked for by id. */
const NAMESAKES = 50;
const MODELS = ['first_touch', 'last_touch', 'linear'];

/** Ready questions. Each is an ordinary report request, so it obeys policies, limits, cache and definitions as any. */
@Injectable()
export class Analyses {
  constructor(private readonly queries: QueryService) {}

  campaign(identity: Identity, id: string, query: TimedAnalysisQuery, options?: RunOptions): Promise<QueryAnswer> {
    return this.subject(identity, { id, ...CAMPAIGN }, query, options);
  }

  asset(identity: Identity, id: string, query: TimedAnalysisQuery, options?: RunOptions): Promise<QueryAnswer> {
    return this.subject(identity, { id, ...ASSET }, query, options);
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
    subject: Subject,
    query: TimedAnalysisQuery,
    options?: RunOptions,
  ): Promise<QueryAnswer> {
    const { id, byId, byName, rows, attributed } = subject;
    const filters = equals(isUuid(id) ? byId : byName, [id]);
    const ask = (metrics: readonly string[]): Promise<QueryAnswer> =>
      this.queries.run(
        policyOf(identity),
        {
          ...common(query),
          ...{ metrics, dimensions: [], filters, totals: true },
          time_grain: query.time_grain ?? null,
        },
        options,
      );
    const namesakes = await this.namesakes(identity, subject, options);
    const told = ({ meta, ...answer }: QueryAnswer, more: readonly ProblemItem[]): QueryAnswer => ({
      ...answer,
      meta: { ...meta, warnings: [...meta.warnings, ...namesakes, ...more] },
    });
    try {
      return told(await ask([...rows, ...attributed]), []);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'attribution_not_calculated') throw error;
      return told(await ask(rows), error.errors);
    }
  }

  /**
   * An advertising platform and a shop may know one campaign by ids of their own, and only the name tells. By an id only
   * its own rows are counted, which may miss all credit; that is said, with the name that counts them together.
   */
  private async namesakes(
    identity: Identity,
    { id, byId, byName }: Subject,
    options?: RunOptions,
  ): Promise<ProblemItem[]> {
    if (!isUuid(id)) return [];
    const values = async (member: string, filters: FilterCondition): Promise<string[]> => {
      const request: ReportRequest = { metrics: [], dimensions: [member], filters, limit: NAMESAKES };
      const { rows } = await this.queries.run(policyOf(identity), request, options);
      return rows.flatMap(({ [member]: value }) => (value == null ? [] : [String(value)]));
    };
    const names = await values(byName, equals(byId, [id]));
    if (names.length === 0) return [];
    const others = (await values(byId, equals(byName, names))).filter((other) => other !== id.toLowerCase());
    if (others.length === 0) return [];
    const message = `Rows of the same name have other ids (${others.slice(0, 5).join(', ')}${others.length > 5 ? ', …' : ''}) and are not counted here. Ask for ${names.map((name) => `“${name}”`).join(' or ')} in place of the id to count all of them.`;
    return [{ code: 'same_name_other_ids', message, pointer: `/${byId}`, suggestions: names }];
  }
}

/** A campaign or an asset, by id or by name, and what is asked of it. */
interface Subject {
  readonly id: string;
  readonly byId: string;
  readonly byName: string;
  readonly rows: readonly string[];
  readonly attributed: readonly string[];
}

const equals = (member: string, values: readonly string[]): FilterCondition => ({ member, operator: 'equals', values });

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
