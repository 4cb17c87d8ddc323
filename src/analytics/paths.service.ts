import { Inject, Injectable } from '@nestjs/common';
import { Decimal } from 'decimal.js';
import type { Identity } from '../access/identity.js';
import { policyOf, seesAll } from '../access/policy.js';
import { badRequest, Problem, unprocessable } from '../common/problem.js';
import { EngineReads } from '../engine/engine-reads.js';
import type { Engine, EngineValue } from '../engine/engine.js';
import { ENGINE } from '../engine/engine.tokens.js';
import { OrganizationStates } from '../query/organization-state.js';
import type { PathAnalysisDto, PathBucketDto, PathDto, PathsQuery } from './analysis.dto.js';

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const STEP = '\u001f';

/** Paths of conversions in the published attribution. They lead through everyone's campaigns. */
@Injectable()
export class Paths {
  private readonly reads: EngineReads;

  constructor(
    @Inject(ENGINE) engine: Engine,
    private readonly states: OrganizationStates,
  ) {
    this.reads = new EngineReads(engine);
  }

  async analyse(identity: Identity, query: PathsQuery): Promise<PathAnalysisDto> {
    const { organizationId } = identity;
    if (!seesAll(policyOf(identity)))
      throw new Problem(
        403,
        'policy_not_supported_here',
        'A path leads through rows and fields that your role does not see. Ask for attributed metrics instead: POST /api/query.',
      );
    const { attribution_runs: runs } = await this.states.read(organizationId);
    if (runs.length === 0)
      throw unprocessable(
        'attribution_not_calculated',
        'Attribution was never calculated, so there are no paths. POST /api/analytics/attribution/calculate does it.',
      );
    const range = rangeOf(query);
    const limit = query.limit ?? 20;
    const by = query.by ?? 'channel';
    const read = (sql: (journeys: string) => string): Promise<(readonly EngineValue[])[]> =>
      this.reads.rows(
        organizationId,
        ({ dialect, next }) => {
          const postgres = dialect === 'postgres';
          const moment = (): string => (postgres ? `${next()}::timestamptz` : `parseDateTime64BestEffort(?, 3, 'UTC')`);
          const within =
            range === null ? '' : ` WHERE transaction_date >= ${moment()} AND transaction_date < ${moment()}`;
          const step = by === 'channel' ? 'coalesce(channel, data_source)' : by;
          const text = postgres ? `coalesce((${step})::text, '')` : `ifNull(toString(${step}), '')`;
          const path = postgres
            ? `string_agg(${text} COLLATE "C", chr(31) ORDER BY touchpoint_sequence)`
            : `arrayStringConcat(arrayMap(s -> s.2, arraySort(groupArray((touchpoint_sequence, ${text})))), char(31))`;
          const lag = postgres
            ? `extract(epoch FROM max(transaction_date) - min(touchpoint_at))`
            : `dateDiff('millisecond', min(touchpoint_at), max(transaction_date)) / 1000`;
          return sql(
            `(SELECT conversion_id, ${path} AS path, max(touchpoint_count) AS touches, max(transaction_revenue) AS revenue, ${lag} AS lag
              FROM attribution_path${within} GROUP BY conversion_id) AS j`,
          );
        },
        range === null ? [] : [...range],
        runs,
      );
    const text = (value: string): string =>
      this.reads.dialect === 'postgres' ? `(${value})::text` : `toString(${value})`;
    const paths = await read(
      (journeys) =>
        `SELECT path, ${text('count(*)')}, ${text('sum(revenue)')}, ${text('avg(lag)')} FROM ${journeys} WHERE touches > 0
         GROUP BY path ORDER BY count(*) DESC, path LIMIT ${limit + 1}`,
    );
    const lengths = await read(
      (journeys) =>
        `SELECT ${text('touches')}, ${text('count(*)')}, ${text('sum(revenue)')} FROM ${journeys} GROUP BY touches ORDER BY touches`,
    );
    const day = this.reads.dialect === 'postgres' ? 'floor(lag / 86400)' : 'toInt64(floor(lag / 86400))';
    const lags = await read(
      (journeys) =>
        `SELECT ${text(day)} AS days, ${text('count(*)')}, ${text('sum(revenue)')} FROM ${journeys} WHERE touches > 0 GROUP BY ${day} ORDER BY ${day}`,
    );
    const all = lengths.map(bucketOf);
    return {
      conversions: all.reduce((sum, { conversions }) => sum + conversions, 0),
      unattributed: all.find(({ value }) => value === 0)?.conversions ?? 0,
      paths: paths.slice(0, limit).map(pathOf),
      truncated: paths.length > limit,
      lengths: all.filter(({ value }) => value > 0),
      lags: lags.map(bucketOf),
    };
  }
}

function rangeOf({ from, to }: PathsQuery): readonly [string, string] | null {
  if (from === undefined && to === undefined) return null;
  if (!DAY.test(from ?? '') || !DAY.test(to ?? ''))
    throw badRequest('invalid_request', '“from” and “to” are days, such as 2026-01-31, and belong together.');
  const end = new Date(`${to}T00:00:00Z`);
  end.setUTCDate(end.getUTCDate() + 1);
  return [`${from}T00:00:00.000Z`, end.toISOString()];
}

const pathOf = ([path, conversions, revenue, lag]: readonly EngineValue[]): PathDto => ({
  path: String(path).split(STEP),
  conversions: Number(conversions),
  revenue: new Decimal(String(revenue)).toFixed(2),
  average_lag_days: new Decimal(String(lag ?? 0)).div(86_400).toFixed(2),
});

const bucketOf = ([value, conversions, revenue]: readonly EngineValue[]): PathBucketDto => ({
  value: Number(value),
  conversions: Number(conversions),
  revenue: new Decimal(String(revenue)).toFixed(2),
});
