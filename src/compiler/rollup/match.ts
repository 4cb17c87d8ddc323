/**
 * Whether a grouped query has the same answer over a rollup as over rows, to the last digit. It has when each group of
 * the rollup lies wholly inside or outside of everything that the query tells rows apart by: its filters, its range, its
 * buckets and windows of time, its dimensions; when its metrics can be put together from parts; and when the rollup holds
 * the rows as they are now.
 */
import { CUBE, TENANT_KEY, TIME_KEY } from '../cube/base.js';
import type { CubeFilter } from '../cube/compile.js';
import type { Placement } from '../dialect/ordinal-sql.js';
import { TIME_GRAINS, type TimeGrain } from '../query/types.js';
import { beginsDay, fitsClock } from './clock.js';
import { RollupMismatch, type RollupGrain, type RollupMonth } from './types.js';
import type { RollupView } from './view.js';

/** What of a grouped query says whether it matches. */
export interface RolledQuery {
  readonly metrics: readonly string[];
  readonly dimensions: readonly string[];
  /** Filters of the request, of its asker, of the plan; on dimensions, metrics and the time. */
  readonly filters: readonly CubeFilter[];
  readonly time: TimeGrain | Placement | null;
  /** Milliseconds `[from, to)`; null where it is open. */
  readonly from: number | null;
  readonly to: number | null;
  readonly timeZone: string;
}

const MINUTES = { fifteen_minutes: 15, hourly: 60 } as const satisfies Record<Exclude<RollupGrain, 'daily'>, number>;
/** Segments of no rows: a list of them can't be empty. */
const NOTHING = '00000000-0000-0000-0000-000000000000';

/**
 * The segments that the query has to read.
 * @throws RollupMismatch that says what does not fit
 */
export function segmentsFor(query: RolledQuery, rollup: RollupView): readonly string[] {
  for (const key of query.metrics) if (!rollup.measures.has(key)) refuse(`it does not hold “${key}”`);
  for (const key of query.dimensions) if (!rollup.dimensions.has(key)) refuse(`it is not by “${key}”`);
  const { months, first, last } = known(rollup.months);
  const isBoundary = boundaries(rollup, first, last);
  checkFilters(query.filters, rollup, isBoundary);
  if (![query.from, query.to].every((at) => at === null || isBoundary(at)))
    refuse(`the range does not begin and end with ${STRETCH[rollup.grain]}`);
  checkTime(query, rollup, isBoundary, [first, last]);
  const needed = months.filter(({ start, end }) => start < (query.to ?? Infinity) && end > (query.from ?? -Infinity));
  const stale = needed.find(({ segment }) => segment === null);
  if (stale !== undefined) refuse(`rows of ${stale.month} have changed and are not rolled up yet`);
  const segments = needed.flatMap(({ segment }) => segment ?? []);
  return segments.length === 0 ? [NOTHING] : segments;
}

const STRETCH = {
  fifteen_minutes: 'a quarter of an hour',
  hourly: 'an hour of UTC',
  daily: 'a day of its time zone',
} as const satisfies Record<RollupGrain, string>;

function refuse(why: string): never {
  throw new RollupMismatch(why);
}

interface KnownMonth extends RollupMonth {
  readonly start: number;
  readonly end: number;
}

/** The months with their instants, and from where to where rows may be. */
function known(months: readonly RollupMonth[]): { months: readonly KnownMonth[]; first: number; last: number } {
  const all = months.map((month) => {
    const [year = 0, number = 1] = month.month.split('-').map(Number);
    return { ...month, start: Date.UTC(year, number - 1), end: Date.UTC(year, number) };
  });
  const isFresh = ({ segment }: RollupMonth): boolean => segment !== null;
  const firsts = all.flatMap((month) => (isFresh(month) ? (month.first ?? []) : month.start));
  const lasts = all.flatMap((month) => (isFresh(month) ? (month.last ?? []) : month.end - 1));
  return { months: all, first: Math.min(...firsts), last: Math.max(...lasts) };
}

/** Tells whether no stretch of the rollup with rows in it lies on both sides of an instant. */
function boundaries({ grain, timeZone }: RollupView, first: number, last: number): (at: number) => boolean {
  return (at) => {
    if (at <= first || at > last) return true;
    return grain === 'daily' ? beginsDay(at, timeZone) : at % (MINUTES[grain] * 60_000) === 0;
  };
}

/** Instants are compared with the first row of each stretch, so only where a stretch begins, and only as `[from, to)`. */
const TIME_OPERATORS: readonly string[] = ['within', 'notWithin', 'gte', 'lt'];

function checkFilters(filters: readonly CubeFilter[], rollup: RollupView, isBoundary: (at: number) => boolean): void {
  for (const filter of filters) {
    if ('and' in filter) checkFilters(filter.and, rollup, isBoundary);
    else if ('or' in filter) checkFilters(filter.or, rollup, isBoundary);
    else {
      const key = filter.member.startsWith(`${CUBE}.`) ? filter.member.slice(CUBE.length + 1) : '';
      if (key === TENANT_KEY || rollup.dimensions.has(key) || rollup.measures.has(key)) continue;
      if (key !== TIME_KEY) refuse(`it is not by “${key}”, which a filter is on`);
      const instants = filter.values.map((value) => Date.parse(`${value.replace(' ', 'T')}Z`));
      if (!TIME_OPERATORS.includes(filter.operator) || !instants.every(isBoundary))
        refuse(`a filter on “${TIME_KEY}” does not begin and end with ${STRETCH[rollup.grain]}`);
    }
  }
}

function checkTime(
  { time, timeZone }: RolledQuery,
  { grain, timeZone: days }: RollupView,
  isBoundary: (at: number) => boolean,
  [first, last]: readonly [number, number],
): void {
  if (time === null) return;
  if (typeof time === 'object') {
    if (!time.bounds.every(isBoundary)) refuse(`its time zone’s buckets do not begin with ${STRETCH[grain]}`);
    return;
  }
  if (TIME_GRAINS.indexOf(time) < TIME_GRAINS.indexOf(grain)) refuse(`it is ${grain}, the request ${time}`);
  if (grain === 'daily') {
    if (timeZone !== days) refuse(`its days are those of ${days}, the request’s of ${timeZone}`);
  } else if (first <= last && !fitsClock(timeZone, MINUTES[grain], first, last)) {
    refuse(`hours of ${timeZone} do not begin with ${STRETCH[grain]}`);
  }
}
