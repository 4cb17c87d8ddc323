/** A request → a {@link Report}: every name resolved, every word checked, every mistake noted at once. */
import { STANDARD_JOURNEY_RULES, type JourneyRules } from '../../attribution/models/journey-rules.js';
import { DateTime } from 'luxon';
import type { ProblemItem } from '../../common/problem.js';
import { TIME_KEY } from '../cube/base.js';
import type { CompiledModel } from '../cube/compile.js';
import type { DialectName } from '../dialect/types.js';
import { isZone } from '../dialect/request-zone.js';
import { windowsIn } from '../model/around.js';
import type { Model } from '../model/types.js';
import type { RollupView } from '../rollup/view.js';
import { SEES_ALL, visibilityOf, type Visibility } from '../model/visibility.js';
import { countsCustomers, modelOf, tellsCustomers, withNamedModels } from './attribution.js';
import { bucketsIn, MOST_BUCKETS } from './axis.js';
import { BaseQueries, keysIn } from './base-query.js';
import type { CalendarSettings } from './calendar.js';
import { checkNames, otherName, plannedColumns } from './columns.js';
import { comparedPart, endsNow, spanOf, type ComparedPart } from './compared-range.js';
import { readCursor } from './cursor.js';
import { FilterPlanner } from './conditions.js';
import { leftOut } from './left-out.js';
import { Mistakes } from './mistakes.js';
import { checkCurrency, Money, type MoneyFacts } from './money.js';
import { rowOrder } from './order.js';
import { policyRows } from './policy-rows.js';
import type { CheckedTop, Report } from './report.js';
import { MemberResolver, type Resolved } from './resolve.js';
import { resolveRange, type Instants } from './time-range.js';
import { COMPARISONS, FILLS, TIME_GRAINS, type PlanPolicy, type ReportRequest, type TimeGrain } from './types.js';

export const MEMBER_LIMIT = 50;
const MOST_TOP = 1000;
const NO_MONEY: MoneyFacts = { currencies: [], rates: [] };

export interface ReportInput {
  readonly model: Model;
  readonly compiled: CompiledModel;
  readonly request: ReportRequest;
  readonly dialect: DialectName;
  readonly organizationId: string;
  readonly now: Date;
  readonly maxRows: number | null;
  readonly policy?: PlanPolicy;
  /** Absent where nothing is asked of the engine: all rows are taken to carry the organisation’s currency. */
  readonly money?: MoneyFacts;
  /** Which rows journeys are made of; the standard ones where it is absent. */
  readonly journeys?: JourneyRules;
  /** It has people of several ids. */
  readonly mergesCustomers?: boolean;
  /** Hash of the definitions, which a cursor belongs to. */
  readonly snapshot: string;
  /** What to answer from; null for rows. */
  readonly rollup: RollupView | null;
}

export interface ReadReport {
  /** Without what is masked. */
  readonly report: Report;
  /** All that the request names, masked or not, in its order. */
  readonly selected: Pick<Report, 'metrics' | 'dimensions'>;
  readonly visibility: Visibility;
  readonly timeZone: string;
  /** What relative ranges were counted from; a cursor brings its own. */
  readonly now: Date;
  readonly aliases: Readonly<Record<string, string>>;
  /** Whether a row filter is on the time itself. */
  readonly filtersTime: boolean;
  /** What of the range is compared; null without a comparison. */
  readonly compared: ComparedPart | null;
  /** Whether customers are counted as people: not where the request itself names ids. */
  readonly byPeople: boolean;
  /** Keys that each subtotal groups by. */
  readonly subtotals: readonly (readonly string[])[];
  /** What of the request is not in the report. */
  readonly warnings: readonly ProblemItem[];
}

/** @throws Problem 422 with every mistake of the request, each with its JSON pointer. */
export function readReport(input: ReportInput): ReadReport {
  const { compiled, request, dialect, organizationId, maxRows, rollup } = input;
  const model = withNamedModels(input.model, request);
  const mistakes = new Mistakes();
  const attributionModel = modelOf(request, mistakes);
  const cursor = request.cursor == null ? undefined : readCursor(request.cursor, input, mistakes);
  const now = cursor?.now ?? input.now;
  const { rows, ...rules } = input.policy ?? { ...SEES_ALL, rows: [] };
  const visibility = visibilityOf(model, rules);
  const resolver = new MemberResolver(model, mistakes, visibility);
  const isShown = (member: Resolved): boolean => !resolver.isMasked(member);
  const allMetrics = select(request.metrics, 'metric', resolver, mistakes);
  const metrics = allMetrics.filter(isShown);
  const warnings = leftOut(request, metrics, mistakes);
  const grain = checkedGrain(request, mistakes);
  // With a grain, `recorded_at` among the dimensions is the time column itself.
  const allDimensions = select(request.dimensions, 'dimension', resolver, mistakes).filter(
    ({ key }) => grain === null || key !== TIME_KEY,
  );
  const dimensions = allDimensions.filter(isShown);
  if (allMetrics.length + allDimensions.length > 0 && metrics.length + dimensions.length === 0 && !mistakes.any)
    mistakes.add('only_masked', 'All that the request asks for is masked for you.', '/metrics');
  if (request.metrics.length + request.dimensions.length === 0)
    mistakes.add('nothing_selected', 'Ask for at least one metric or dimension.', '/metrics');
  if (request.metrics.length + request.dimensions.length > MEMBER_LIMIT)
    mistakes.add('too_many', `At most ${MEMBER_LIMIT} metrics and dimensions in one request.`, '/metrics');

  const timeZone = checkedZone(request, model, mistakes);
  checkCurrency(request, mistakes);
  const money = new Money(model.settings, request, input.money ?? NO_MONEY, dialect);
  const { week_start: weekStart, fiscal_year_start: fiscalYearStart = 1 } = model.settings;
  const calendar = { weekStart, fiscalYearStart };
  const context = { now, timeZone, ...calendar };
  const whole = resolveRange(request.date_range, context, mistakes, '/date_range');
  const compare = request.compare ?? null;
  const {
    onRows,
    onGroups,
    metrics: filterMetrics,
    onTime,
  } = new FilterPlanner(resolver, context, mistakes, compare !== null).plan(request.filters);
  if (compare !== null && !COMPARISONS.includes(compare))
    mistakes.add('bad_compare', `A comparison is one of ${COMPARISONS.join(', ')}.`, '/compare', COMPARISONS);
  const fill = request.fill ?? 'none';
  if (!FILLS.includes(fill)) mistakes.add('bad_fill', `“fill” is one of ${FILLS.join(', ')}.`, '/fill', FILLS);
  const at = DateTime.fromJSDate(now, { zone: timeZone });
  const { range, span, compared } = rangeRead(request, whole, at, calendar, mistakes);
  const top = checkedTop(request, dimensions, { resolver, model }, mistakes);
  const { aliases, places } = resolver;
  checkTime(
    { model, request, metrics: [...metrics, ...filterMetrics], places, dimensions, range, grain, top },
    mistakes,
  );
  const columns = plannedColumns(
    { grain, dimensions, metrics, compared: compare !== null, other: top?.dimension.key ?? null, money: money.unit },
    model,
  );
  checkNames(columns, mistakes);
  const order = rowOrder(request.order ?? [], columns, resolver, mistakes, top && otherName(top.dimension.key));
  const limit = checkedLimit(request, maxRows, mistakes);
  const offset = request.offset ?? 0;
  if (!Number.isInteger(offset) || offset < 0)
    mistakes.add('bad_limit', '“offset” is a whole number from 0.', '/offset');
  if (request.cursor != null && offset > 0)
    mistakes.add('bad_cursor', 'A cursor says where the page begins; leave out “offset”.', '/offset');
  const subtotals = checkedSubtotals(request, { dimensions, grain }, resolver, mistakes);
  if (mistakes.any) throw mistakes.problem();
  const always = policyRows(rows, model, now);
  const where = { always, rowFilters: onRows };
  const journeys = input.journeys ?? STANDARD_JOURNEY_RULES;
  const counting = [...metrics, ...filterMetrics, ...(top ? [top.by] : [])];
  const namesIds = [...dimensions.map(({ key }) => key), ...[...always, ...onRows].flatMap(keysIn)].some((key) =>
    tellsCustomers(key, model),
  );
  const byPeople = input.mergesCustomers === true && countsCustomers(counting, model) && !namesIds;
  const queries = new BaseQueries({
    compiled,
    organizationId,
    timeZone,
    ...calendar,
    ...where,
    rollup,
    money,
    journeys,
    byPeople,
    merged: request.merged ?? [],
  });
  return {
    report: {
      ...{ model, dialect, queries, money, calendar, now: at, metrics, dimensions, grain, range, span },
      ...{ groupFilters: onGroups, filterMetrics, compare, fill, top, columns, order, limit, offset },
      after: cursor?.values ?? null,
      attributionModel,
      places,
    },
    byPeople,
    selected: { metrics: allMetrics, dimensions: allDimensions },
    visibility,
    timeZone,
    now,
    aliases,
    filtersTime: onTime,
    compared,
    subtotals,
    warnings,
  };
}

/** The instants that are read, and what a comparison needs to know of them. */
function rangeRead(
  { date_range: asked, compare }: ReportRequest,
  whole: Instants | null,
  now: DateTime,
  calendar: CalendarSettings,
  mistakes: Mistakes,
): Pick<Report, 'range' | 'span'> & { readonly compared: ComparedPart | null } {
  if (whole === null || asked == null) return { range: whole, span: null, compared: null };
  const span = spanOf(asked, whole);
  if (compare == null) return { range: whole, span: { ...span, running: endsNow(asked) }, compared: null };
  const compared = comparedPart(asked, whole, now, calendar);
  const { range, running, unit } = compared;
  if (+range.from === +range.to)
    mistakes.add(
      'no_complete_period',
      `Complete periods are compared, and no ${unit} of this range is over yet. Take a range that is over, such as the last ` +
        `${span.unit}; or ask for what there is so far: {"last": ${span.count}, "unit": "${span.unit}", "complete": false}.`,
      '/date_range',
    );
  return { range, span: { ...span, running }, compared };
}

interface TimeUse {
  readonly model: Model;
  readonly request: ReportRequest;
  readonly metrics: readonly Resolved[];
  readonly places: Report['places'];
  readonly dimensions: readonly Resolved[];
  readonly range: Instants | null;
  readonly grain: TimeGrain | null;
  readonly top: CheckedTop | null;
}

/** What needs a range, and what goes together. */
function checkTime(
  { model, request, metrics, places, dimensions, range, grain, top }: TimeUse,
  mistakes: Mistakes,
): void {
  const windows = metrics.flatMap((metric) => windowsIn(metric.key, model).map(({ window }) => ({ metric, window })));
  const looking = windows.filter(({ window }) => window.kind !== 'share');
  const fills = (request.fill ?? 'none') !== 'none';
  const needsRange = (message: string, pointer: string): void => mistakes.add('date_range_required', message, pointer);
  if (request.compare != null && range === null)
    needsRange('A comparison needs a “date_range”: without one there is no range before it.', '/compare');
  if (fills && grain === null)
    mistakes.add('time_grain_required', '“fill” fills gaps between time buckets; ask for a “time_grain”.', '/fill');
  if (fills && range === null)
    needsRange('“fill” needs a “date_range”, so that it is known where to begin and end.', '/fill');
  const [first] = looking;
  if (first !== undefined && grain !== null && range === null)
    needsRange(
      `“${first.metric.key}” over time needs a “date_range”; name one, or leave out the grain.`,
      '/date_range',
    );
  if (range !== null && grain !== null && (fills || request.compare != null || looking.length > 0 || top !== null)) {
    const count = bucketsIn(range, grain);
    if (count > MOST_BUCKETS)
      mistakes.add(
        'too_many_buckets',
        `The range has about ${count} time buckets; at most ${MOST_BUCKETS} can be filled, compared or looked back from. Use a coarser grain or a shorter range.`,
        '/time_grain',
      );
  }
  for (const { metric, window } of windows) {
    if (window.kind !== 'share') continue;
    const selected = [TIME_KEY, ...dimensions.map(({ key }) => key)];
    const missing = window.within.filter((key) => !selected.includes(key));
    if (missing.length > 0)
      mistakes.add(
        'dimension_required',
        `“${metric.key}” is a share within ${missing.join(', ')}; add that to “dimensions”.`,
        places.get(metric.key) ?? '/metrics',
      );
  }
  const instants = dimensions.some(({ kind }) => kind === 'datetime');
  if (instants && (request.compare != null || looking.length > 0))
    mistakes.add(
      'time_grain_required',
      'Instants of one range are none of another; use a “time_grain” instead of “recorded_at” among the dimensions.',
      '/dimensions',
    );
}

function checkedTop(
  { top }: ReportRequest,
  dimensions: readonly Resolved[],
  { resolver, model }: { readonly resolver: MemberResolver; readonly model: Model },
  mistakes: Mistakes,
): CheckedTop | null {
  if (top == null) return null;
  const by = resolver.find(top.by, 'metric', '/top/by');
  if (!Number.isInteger(top.limit) || top.limit < 1 || top.limit > MOST_TOP)
    mistakes.add('bad_top', `“limit” of “top” is a whole number from 1 to ${MOST_TOP}.`, '/top/limit');
  if (by !== undefined && windowsIn(by.key, model).some(({ window }) => window.kind === 'share'))
    mistakes.add(
      'bad_top',
      `“${by.key}” is measured against other rows and can’t rank; rank by what it is a share of.`,
      '/top/by',
    );
  const named = top.dimension === undefined ? undefined : resolver.find(top.dimension, 'dimension', '/top/dimension');
  if (top.dimension !== undefined && named === undefined) return null;
  const [only] = dimensions;
  const dimension = named ?? (dimensions.length === 1 ? only : undefined);
  const names = dimensions.map(({ key }) => key);
  if (dimension === undefined || !names.includes(dimension.key)) {
    const message = `“top” needs one of the selected dimensions: ${names.join(', ') || 'none is selected'}.`;
    mistakes.add('bad_top', message, '/top/dimension', names);
    return null;
  }
  if (dimension.kind === 'datetime') {
    mistakes.add('bad_top', 'Instants can’t be ranked; use a “time_grain”.', '/top/dimension');
    return null;
  }
  return by === undefined ? null : { dimension, by, limit: top.limit, other: top.other ?? true };
}

/** The columns of each subtotal, in the order of the report's own. */
function checkedSubtotals(
  { subtotals }: ReportRequest,
  { dimensions, grain }: { readonly dimensions: readonly Resolved[]; readonly grain: TimeGrain | null },
  resolver: MemberResolver,
  mistakes: Mistakes,
): string[][] {
  const keys = dimensions.map(({ key }) => key);
  const all = grain === null ? keys : [TIME_KEY, ...keys];
  if ((subtotals?.length ?? 0) > 10) mistakes.add('too_many', 'At most 10 subtotals in one request.', '/subtotals');
  const key = (name: string, pointer: string): string | undefined => {
    const found = resolver.find(name, 'dimension', pointer)?.key;
    if (found === undefined || all.includes(found)) return found;
    mistakes.add('not_selected', `A subtotal is by what is selected: ${all.join(', ')}.`, pointer, all);
    return undefined;
  };
  return (subtotals ?? []).slice(0, 10).flatMap((wanted, index) => {
    const pointer = `/subtotals/${index}`;
    if (typeof wanted === 'string') {
      const found = key(wanted, pointer);
      if (found === undefined) return [];
      return [grain !== null && found === TIME_KEY ? [TIME_KEY] : keys.slice(0, keys.indexOf(found) + 1)];
    }
    const named = wanted.map((name, at) => key(name, `${pointer}/${at}`));
    return [all.filter((each) => named.includes(each))];
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
    const resolved = resolver.find(name, role, `/${role}s/${index}`, 'select');
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
  if (isZone(zone)) return zone;
  const message = `“${zone.slice(0, 60)}” is no time zone; write an IANA name like Europe/Berlin, America/New_York or UTC, or an offset like UTC+05:30.`;
  mistakes.add('unknown_time_zone', message, '/time_zone');
  return 'UTC';
}

function checkedLimit({ limit }: ReportRequest, maxRows: number | null, mistakes: Mistakes): number | null {
  if (limit == null) return maxRows;
  if (!Number.isInteger(limit) || limit < 1) {
    mistakes.add('bad_limit', '“limit” is a whole number from 1.', '/limit');
    return maxRows;
  }
  return maxRows === null ? limit : Math.min(limit, maxRows);
}
