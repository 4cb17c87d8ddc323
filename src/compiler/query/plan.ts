/** A report request → columns, SQL and parameters. Pure; everything a user got wrong is said at once. */
import { IANAZone } from 'luxon';
import type { ProblemItem } from '../../common/problem.js';
import { CUBE, GRANULARITY, TENANT_KEY, TIME_KEY } from '../cube/base.js';
import type { CompiledModel, CubeFilter, CubeQuery } from '../cube/compile.js';
import type { DialectName } from '../dialect/types.js';
import { memberLineage } from '../model/lineage.js';
import type { Model, Snapshot } from '../model/types.js';
import { nonAdditiveMetrics, nonAdditiveWarning } from './additivity.js';
import { FilterPlanner } from './conditions.js';
import { Mistakes } from './mistakes.js';
import { rowOrder } from './order.js';
import { MemberResolver, type Resolved } from './resolve.js';
import { engineInstant, resolveRange } from './time-range.js';
import { TIME_GRAINS, type PlannedColumn, type QueryPlan, type ReportRequest, type TimeGrain } from './types.js';

export const MEMBER_LIMIT = 50;

export interface PlanInput {
  readonly snapshot: Pick<Snapshot, 'model'>;
  readonly compiled: CompiledModel;
  readonly request: ReportRequest;
  readonly dialect: DialectName;
  /** The tenant: every statement is filtered by it. Missing tenant = error, never “all”. */
  readonly organizationId: string;
  readonly now: Date;
  /** Most rows that any request gets; null for an export without a limit. */
  readonly maxRows: number | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws Problem 422 with every mistake of the request, each with its JSON pointer. */
export async function planQuery(input: PlanInput): Promise<QueryPlan> {
  const { request, compiled, dialect, organizationId } = input;
  const { model } = input.snapshot;
  if (!UUID.test(organizationId)) throw new Error('A query needs an organisation.');
  if (compiled.dialect !== dialect) throw new Error(`The model was compiled for ${compiled.dialect}.`);

  const mistakes = new Mistakes();
  const resolver = new MemberResolver(model, mistakes);
  const metrics = select(request.metrics, 'metric', resolver, mistakes);
  const grain = checkedGrain(request, mistakes);
  // With a grain, `recorded_at` among the dimensions is the time column itself.
  const dimensions = select(request.dimensions, 'dimension', resolver, mistakes).filter(
    ({ key }) => grain === null || key !== TIME_KEY,
  );
  if (request.metrics.length + request.dimensions.length === 0)
    mistakes.add('nothing_selected', 'Ask for at least one metric or dimension.', '/metrics');
  if (request.metrics.length + request.dimensions.length > MEMBER_LIMIT)
    mistakes.add('too_many', `At most ${MEMBER_LIMIT} metrics and dimensions in one request.`, '/metrics');

  const timeZone = checkedZone(request, model, mistakes);
  const context = { now: input.now, timeZone, weekStart: model.settings.week_start };
  const range = resolveRange(request.date_range, context, mistakes, '/date_range');
  const { filters, onMetrics } = new FilterPlanner(resolver, context, mistakes).plan(request.filters);
  const columns = plannedColumns(grain, dimensions, metrics, model);
  const order = rowOrder(request.order ?? [], columns, resolver, mistakes);
  const limit = checkedLimit(request, input.maxRows, mistakes);
  const offset = request.offset ?? 0;
  if (!Number.isInteger(offset) || offset < 0)
    mistakes.add('bad_limit', '“offset” is a whole number from 0.', '/offset');
  if (mistakes.any) throw mistakes.problem();

  const warnings: ProblemItem[] = [];
  const nonAdditive = nonAdditiveMetrics(metrics, model);
  if (nonAdditive.length > 0) warnings.push(...nonAdditive.map((metric) => nonAdditiveWarning(metric, request)));
  const path = ({ key }: { readonly key: string }): string => `${CUBE}.${key}`;
  const tenant: CubeFilter = { member: `${CUBE}.${TENANT_KEY}`, operator: 'equals', values: [organizationId] };
  const within: CubeFilter[] =
    range === null
      ? []
      : [{ member: `${CUBE}.${TIME_KEY}`, operator: 'within', values: [range.from, range.to].map(engineInstant) }];
  const query: CubeQuery = {
    measures: metrics.map(path),
    dimensions: dimensions.map(path),
    timeDimensions: grain === null ? [] : [{ dimension: `${CUBE}.${TIME_KEY}`, granularity: GRANULARITY[grain] }],
    filters: [tenant, ...within, ...filters],
    timeZone: canonicalZone(timeZone),
    rowLimit: limit === null ? null : limit + 1,
    offset: offset === 0 ? null : offset,
    weekStart: model.settings.week_start,
    rowOrder: order,
    withheld: [],
  };

  return Object.freeze({
    columns,
    statement: await compiled.toSql(query),
    totals: await totalsStatement(input, query, metrics, nonAdditive, onMetrics, warnings),
    limit,
    range: range === null ? null : { from: iso(range.from), to: iso(range.to) },
    time_zone: timeZone,
    time_grain: grain,
    aliases: resolver.aliases,
    warnings,
  });
}

const iso = (at: { toJSDate(): Date }): string => at.toJSDate().toISOString();

/**
 * The metrics over all rows that match, computed by the engine. Refused, with a warning, where a number would not be
 * the total of what the report shows: below a filter on metrics, which drops groups, and for a metric that can't be
 * summed, which is selected as NULL.
 */
async function totalsStatement(
  { request, compiled }: PlanInput,
  query: CubeQuery,
  metrics: readonly Resolved[],
  nonAdditive: readonly Resolved[],
  onMetrics: boolean,
  warnings: ProblemItem[],
): Promise<QueryPlan['totals']> {
  if (request.totals !== true || metrics.length === 0) return null;
  if (onMetrics) {
    warnings.push({
      code: 'totals_refused',
      message:
        'There are no totals: a filter on a metric drops groups, and totals over all rows would not be totals of the groups shown. Leave out the filter or the totals.',
      pointer: '/totals',
    });
    return null;
  }
  return compiled.toSql({
    ...query,
    dimensions: [],
    timeDimensions: [],
    rowLimit: null,
    offset: null,
    rowOrder: [],
    withheld: nonAdditive.map(({ key }) => `${CUBE}.${key}`),
  });
}

/** The members named, each once, in the order asked for. */
function select(
  names: readonly string[],
  role: 'metric' | 'dimension',
  resolver: MemberResolver,
  mistakes: Mistakes,
): Resolved[] {
  const found = new Map<string, Resolved>();
  // Past the limit the request is refused anyway; no need to search for a million names.
  names.slice(0, MEMBER_LIMIT + 1).forEach((name, index) => {
    const resolved = resolver.find(name, role, `/${role}s/${index}`);
    if (resolved !== undefined) found.set(resolved.key, resolved);
  });
  if (names.length > MEMBER_LIMIT)
    mistakes.add('too_many', `At most ${MEMBER_LIMIT} ${role}s in one request.`, `/${role}s`);
  return [...found.values()];
}

function checkedGrain({ time_grain: grain }: ReportRequest, mistakes: Mistakes): TimeGrain | null {
  if (grain == null) return null;
  if (TIME_GRAINS.includes(grain)) return grain;
  mistakes.add('bad_grain', `A time grain is one of ${TIME_GRAINS.join(', ')}.`, '/time_grain', TIME_GRAINS);
  return null;
}

function checkedZone({ time_zone: zone }: ReportRequest, model: Model, mistakes: Mistakes): string {
  if (zone == null) return model.settings.time_zone;
  if (/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone) && IANAZone.isValidZone(zone)) return zone;
  const message = `“${zone.slice(0, 60)}” is no IANA time zone; write one like Europe/Berlin, America/New_York or UTC.`;
  mistakes.add('unknown_time_zone', message, '/time_zone');
  return 'UTC';
}

/** The zone's name as ICU has it: in its proper case, and older than what an engine's time zone tables may lack. */
const canonicalZone = (zone: string): string =>
  new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;

function checkedLimit({ limit }: ReportRequest, maxRows: number | null, mistakes: Mistakes): number | null {
  if (limit == null) return maxRows;
  if (!Number.isInteger(limit) || limit < 1) {
    mistakes.add('bad_limit', '“limit” is a whole number from 1.', '/limit');
    return maxRows;
  }
  return maxRows === null ? limit : Math.min(limit, maxRows);
}

function plannedColumns(
  grain: TimeGrain | null,
  dimensions: readonly Resolved[],
  metrics: readonly Resolved[],
  model: Model,
): PlannedColumn[] {
  const time: PlannedColumn[] =
    grain === null
      ? []
      : [
          {
            name: TIME_KEY,
            label: 'Date',
            role: 'time',
            type: isClockGrain(grain) ? 'datetime' : 'date',
            unit: null,
            description: null,
            lineage: [],
          },
        ];
  const column = ({ key, label, role, type, unit, description, member }: Resolved): PlannedColumn => ({
    name: key,
    label,
    role,
    type,
    unit: unit ?? (type === 'currency' ? model.settings.currency : null),
    description,
    lineage: member?.kind === 'formula' ? memberLineage(model, key) : [],
  });
  return [...time, ...dimensions.map(column), ...metrics.map(column)];
}

/** Finer than a day: the bucket is a time on the clock. */
export const isClockGrain = (grain: TimeGrain): boolean => grain === 'fifteen_minutes' || grain === 'hourly';
