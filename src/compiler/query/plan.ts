/** A report request → columns, SQL and parameters. Pure; everything a user got wrong is said at once. */
import type { JourneyRules } from '../../attribution/models/journey-rules.js';
import type { ProblemItem } from '../../common/problem.js';
import { TIME_KEY } from '../cube/base.js';
import type { CompiledModel } from '../cube/compile.js';
import type { DialectName } from '../dialect/types.js';
import { behind, windowsIn } from '../model/around.js';
import type { Snapshot } from '../model/types.js';
import { RollupMismatch } from '../rollup/types.js';
import type { RollupView } from '../rollup/view.js';
import { additivityChecks, nonAdditiveWarnings } from './additivity.js';
import { relationsRead } from './attribution.js';
import { plannedColumns } from './columns.js';
import { cursorMaker } from './cursor.js';
import { gapCheck } from './checks.js';
import { earlierOf, layeredStatement } from './layered-plan.js';
import { Masks } from './masks.js';
import { mixtureChecks, rateGaps } from './money-checks.js';
import type { MoneyFacts } from './money.js';
import { readReport, type ReadReport } from './read-report.js';
import { isByRow, needsLayers, type Report } from './report.js';
import type { Instants } from './time-range.js';
import {
  MOST_SUBTOTAL_ROWS,
  type PlannedMoney,
  type PlannedSubtotal,
  type PlanPolicy,
  type QueryPlan,
  type ReportRequest,
  type Statement,
} from './types.js';

export { isClockGrain } from './columns.js';
export { MEMBER_LIMIT } from './read-report.js';

export interface PlanInput {
  /** Its hash is what a cursor belongs to. */
  readonly snapshot: Pick<Snapshot, 'model'> & Partial<Pick<Snapshot, 'hash'>>;
  readonly compiled: CompiledModel;
  readonly request: ReportRequest;
  readonly dialect: DialectName;
  /** The tenant: every statement is filtered by it. Missing tenant = error, never “all”. */
  readonly organizationId: string;
  /** What of the organisation the asker sees; all of it where there is none. */
  readonly policy?: PlanPolicy;
  readonly now: Date;
  /** The order of rows does not matter, where each is one of the organisation’s: then they are not sorted. */
  readonly inAnyOrder?: boolean;
  /** Most rows that any request gets; null for an export without a limit. */
  readonly maxRows: number | null;
  /** Answers from this rollup instead of from rows: the whole plan, or not at all. */
  readonly rollup?: RollupView | null;
  /** Absent where nothing is asked of the engine. */
  readonly money?: MoneyFacts;
  /** Which rows journeys are made of; the standard ones where it is absent. */
  readonly journeys?: JourneyRules;
  /** It has people of several ids. */
  readonly mergesCustomers?: boolean;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * @throws Problem 422 with every mistake of the request, each with its JSON pointer; `RollupMismatch` where a rollup is
 *   given that would not give the answer that rows give
 */
export async function planQuery(input: PlanInput): Promise<QueryPlan> {
  const { request, compiled, dialect, organizationId } = input;
  const { model, hash = '' } = input.snapshot;
  if (!UUID.test(organizationId)) throw new Error('A query needs an organisation.');
  if (compiled.dialect !== dialect) throw new Error(`The model was compiled for ${compiled.dialect}.`);
  const read = readReport({ ...input, model, snapshot: hash, rollup: input.rollup ?? null });
  const { report } = read;

  const masks = new Masks(read);
  const warnings = [
    ...read.warnings,
    ...nonAdditiveWarnings(report, request),
    ...timeWarnings(read),
    ...runningWarnings(read),
    ...openConversions(read),
    ...masks.warnings,
  ];
  const refused = refusedTotals(request, report, warnings);
  const earlier = earlierOf(report);
  const gaps = await gapCheck(report);

  const isUnsorted = input.inAnyOrder === true && request.order === undefined && isByRow(report);
  const statement = masks.statement(report, await statementOf(isUnsorted ? { ...report, order: [] } : report));
  const totals =
    request.totals === true && !refused && report.metrics.length > 0 ? await totalsOf(report, masks) : null;
  const subtotals = refused ? [] : await Promise.all(read.subtotals.map((by) => subtotalOf(report, by, masks)));
  const checks = [
    ...(gaps === null ? [] : [gaps]),
    ...(isByRow(report) ? [] : await additivityChecks(report)),
    ...(await mixtureChecks(report, totals !== null || subtotals.length > 0)),
  ];

  const money = await plannedMoney(report);
  if (input.rollup != null && !report.queries.readsRollup)
    throw new RollupMismatch('the request reads attribution and journeys, and no rows');

  return Object.freeze({
    columns: masks.columns(report),
    ...{ statement, totals, subtotals, checks, money },
    limit: report.limit,
    cursorAfter: masks.cursor(cursorMaker({ request, organizationId, snapshot: hash }, read.now, report.order)),
    range: report.range === null ? null : written(report.range),
    compare:
      report.compare === null || earlier === null
        ? null
        : {
            ...{ mode: report.compare, range: written(earlier.range) },
            left_out: read.compared?.leftOut == null ? null : written(read.compared.leftOut),
          },
    time_zone: read.timeZone,
    time_grain: report.grain,
    aliases: read.aliases,
    warnings,
    relations: relationsRead(report, read.byPeople),
  });
}

/** Last of all: what was converted, and for which days, is known when every other statement is written. */
async function plannedMoney(report: Report): Promise<PlannedMoney | null> {
  const { money, metrics, filterMetrics } = report;
  const gaps = await rateGaps(report);
  const isShown = [...metrics, ...filterMetrics].some(({ type }) => type === 'currency');
  return isShown || money.used.length + gaps.length > 0 ? { currency: money.unit, rates: money.used, gaps } : null;
}

const written = ({ from, to }: Instants): { from: string; to: string } => ({
  from: from.toJSDate().toISOString(),
  to: to.toJSDate().toISOString(),
});

function statementOf(report: Report): Promise<Statement> {
  if (needsLayers(report)) return layeredStatement(report);
  const { queries, metrics, dimensions, grain, range, groupFilters, limit, offset, order } = report;
  return queries.statement({
    metrics: metrics.map(({ key }) => key),
    dimensions,
    time: grain,
    range,
    filters: groupFilters,
    limit: limit === null ? null : limit + 1,
    offset: offset === 0 ? null : offset,
    order,
    byRow: isByRow(report),
  });
}

/** The same metrics by fewer columns: of the same rows, computed by the engine. */
function groupedBy(report: Report, by: readonly string[]): Report {
  const dimensions = report.dimensions.filter(({ key }) => by.includes(key));
  const grain = by.includes(TIME_KEY) ? report.grain : null;
  const { metrics, compare, model } = report;
  const top = report.top !== null && by.includes(report.top.dimension.key) ? report.top : null;
  const columns = plannedColumns(
    {
      grain,
      dimensions,
      metrics,
      compared: compare !== null,
      other: top?.dimension.key ?? null,
      money: report.money.unit,
    },
    model,
  );
  const keys = columns.filter(({ role }) => role !== 'metric');
  const order = keys.map((_, index) => ({ position: index + 1, descending: false }));
  const fill = grain === null ? 'none' : report.fill;
  return { ...report, dimensions, grain, top, fill, columns, order, offset: 0, after: null, limit: MOST_SUBTOTAL_ROWS };
}

async function totalsOf(report: Report, masks: Masks): Promise<Statement> {
  const part = groupedBy(report, []);
  return masks.statement(part, await statementOf({ ...part, limit: null }), []);
}

async function subtotalOf(report: Report, by: readonly string[], masks: Masks): Promise<PlannedSubtotal> {
  const part = groupedBy(report, by);
  const { dimensions } = part;
  const statement = masks.statement(part, await statementOf(part), dimensions);
  return { by, columns: masks.columns(part, dimensions), statement };
}

/**
 * Totals and subtotals are refused, with a warning, below a filter on metrics: it drops groups, and a number over all
 * rows would not be the total of what the report shows.
 */
function refusedTotals(request: ReportRequest, { groupFilters }: Report, warnings: ProblemItem[]): boolean {
  const wanted = [
    ...(request.totals === true ? ['totals'] : []),
    ...((request.subtotals?.length ?? 0) > 0 ? ['subtotals'] : []),
  ];
  if (groupFilters.length === 0) return false;
  for (const name of wanted) {
    warnings.push({
      code: `${name}_refused`,
      message: `There are no ${name}: a filter on a metric drops groups, and ${name} over all rows would not be ${name} of the groups shown. Leave out the filter or the ${name}.`,
      pointer: `/${name}`,
    });
  }
  return true;
}

/** A filter on the time also holds for the rows that are looked back at. */
function timeWarnings({ report, filtersTime }: ReadReport): ProblemItem[] {
  const looksBack =
    report.compare !== null || report.metrics.some(({ key }) => windowsIn(key, report.model).length > 0);
  if (!filtersTime || !looksBack) return [];
  const message =
    'The filter on “recorded_at” also leaves out earlier rows that comparisons and windows would read. Use “date_range” for the period instead.';
  return [{ code: 'time_filtered', message, pointer: '/filters' }];
}

/** A comparison is of complete periods: what of the running one is there already is not in its numbers. */
function runningWarnings({ compared, now }: ReadReport): ProblemItem[] {
  if (compared?.leftOut == null || +compared.leftOut.from >= +now) return [];
  const { unit, leftOut } = compared;
  const message =
    `Complete periods are compared, so the ${unit} that still runs is left out: all numbers are of rows before ` +
    `${leftOut.from.toISO({ suppressMilliseconds: true }) ?? ''}. A range such as {"last": 1, "unit": "month", "complete": false} ` +
    'counts what there is so far.';
  return [{ code: 'running_period_left_out', message, pointer: '/date_range' }];
}

/** Whoever began lately may still convert. */
function openConversions({ report, now }: ReadReport): ProblemItem[] {
  const { metrics, filterMetrics, model, range } = report;
  const open = [...metrics, ...filterMetrics].flatMap(({ key, label }) =>
    behind(key, model).flatMap((member) => {
      if (member.kind !== 'conversion') return [];
      const { days } = member.conversion;
      return range !== null && +range.to.plus({ hours: 24 * days }) <= +now ? [] : [{ label, days }];
    }),
  );
  if (open.length === 0) return [];
  const labels = [...new Set(open.map(({ label }) => `“${label}”`))].join(', ');
  const days = Math.max(...open.map((each) => each.days));
  const message = `${labels} may still rise: who began in the last ${days} days of the range may still convert.`;
  return [{ code: 'conversion_open', message, pointer: '/date_range' }];
}
