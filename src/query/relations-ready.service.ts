import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { OrganizationState } from '../access/organization-state.js';
import { unprocessable, type ProblemItem } from '../common/problem.js';
import type { RelationsRead } from '../compiler/query/attribution.js';
import { EngineReads } from '../engine/engine-reads.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { JourneyRefresh } from '../journeys/journey-refresh.service.js';

const HOW = 'POST /api/analytics/attribution/calculate with';

/** What holds for one data version of an organisation. */
interface Known {
  readonly dataVersion: string;
  /** Attribution models that the published runs hold. */
  readonly models: readonly string[];
  /** Customers have rows that the published runs do not know. */
  readonly isStale: boolean;
}

/** Whether a request reads anything beside rows. */
export const readsMore = ({ names, customers }: RelationsRead): boolean => names.length > 0 || customers !== 'none';

/** Whether what a request reads beside rows is there, and as of when: journeys, and the results of attribution. */
@Injectable()
export class RelationsReady {
  private readonly reads: EngineReads;
  private readonly known = new LRUCache<string, Known>({ max: 10_000 });

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly journeys: JourneyRefresh,
  ) {
    this.reads = new EngineReads(engine);
  }

  /**
   * @returns what to be careful about
   * @throws Problem 422 `attribution_not_calculated`: a number that was never computed is no 0
   */
  async ensure(organizationId: string, read: RelationsRead, state: OrganizationState): Promise<ProblemItem[]> {
    if (!readsMore(read)) return [];
    const { names, models, customers } = read;
    // Merges are told to the engine together with the journeys that they change.
    if (names.includes('customer_journey_tracking') || customers === 'people')
      await this.journeys.ensure(organizationId, state.data_version);
    const isAttribution = names.includes('revenue_attribution') || names.includes('attribution_path');
    if (isAttribution && state.attribution_runs.length === 0) throw notCalculated(models);
    const known = await this.read(organizationId, state);
    const missing = models.filter((model) => !known.models.includes(model));
    // Without any conversion there are no credits to tell by, and 0 is true of every model.
    if (isAttribution && known.models.length > 0 && missing.length > 0) throw modelsMissing(missing, known.models);
    return [
      ...(isAttribution && known.isStale ? [STALE] : []),
      ...(customers === 'ids' && state.merges_customers ? [NOT_MERGED] : []),
    ];
  }

  /** Attribution models that the published runs hold, sorted. */
  async models(organizationId: string, state: OrganizationState): Promise<readonly string[]> {
    return state.attribution_runs.length === 0 ? [] : (await this.read(organizationId, state)).models;
  }

  private async read(organizationId: string, state: OrganizationState): Promise<Known> {
    const before = this.known.get(organizationId);
    if (before?.dataVersion === state.data_version && !state.is_changing) return before;
    const models = await this.reads.rows(
      organizationId,
      ({ dialect }) =>
        `SELECT DISTINCT ${dialect === 'clickhouse' ? 'arrayJoin(models)' : 'unnest(models)'} FROM attribution_credit`,
      [],
      state.attribution_runs,
    );
    const known = {
      dataVersion: state.data_version,
      models: models.map(([model]) => String(model)).sort(),
      isStale: (await this.engine.journeys.changes(organizationId, 'attribution')).length > 0,
    };
    this.known.set(organizationId, known);
    return known;
  }
}

const notCalculated = (models: readonly string[]): Error => {
  const message = `Attribution was never calculated for this organisation, so there is nothing to show. ${HOW} {"models": ${JSON.stringify(models.length > 0 ? models : ['linear'])}} calculates it.`;
  return unprocessable('attribution_not_calculated', message, [
    { code: 'attribution_not_calculated', message, pointer: '/metrics' },
  ]);
};

const modelsMissing = (missing: readonly string[], there: readonly string[]): Error => {
  const message = `The published attribution holds ${there.join(', ') || 'no model'}, not ${missing.join(', ')}. ${HOW} {"models": ${JSON.stringify([...there, ...missing].sort())}} calculates all of them.`;
  return unprocessable('attribution_not_calculated', message, [
    { code: 'attribution_not_calculated', message, pointer: '/attribution_model', suggestions: [...there] },
  ]);
};

const STALE: ProblemItem = {
  code: 'attribution_stale',
  message:
    'Customers have rows that are newer than the published attribution; it does not know of them. POST /api/analytics/attribution/calculate brings it up to date.',
  pointer: '/metrics',
};
const NOT_MERGED: ProblemItem = {
  code: 'customers_not_merged',
  message:
    'Beside “customer_id” as a dimension or a filter, customers are counted by id: people whose ids were merged may be counted once for each. Without it people are counted.',
  pointer: '/metrics',
  suggestions: ['journeys'],
};
