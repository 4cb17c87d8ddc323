/**
 * Time windows as SQL: for a row's instant, the numbers of the windows that hold it. A statement that groups by it
 * computes every metric anew for each window, from rows; so formulas, distinct counts and averages are right also where
 * windows overlap. Instants are worked out beforehand on the calendar of the time zone, so that no engine has to.
 */
import type { DialectName } from './types.js';

/** One window: instants `[from, to)` in milliseconds; a number may have several, which need not touch. */
export interface TimeWindow {
  readonly ordinal: number;
  readonly from: number;
  readonly to: number;
}

/** Disjoint stretches of time in order; stretch `i` runs from `bounds[i]` to the next bound. */
export interface Placement {
  readonly bounds: readonly number[];
  /** First and last window that hold the stretch; `lowest` above `highest` where none does. */
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
}

/** @param windows those that hold the same instant must be neighbours by number */
export function placementOf(windows: readonly TimeWindow[]): Placement {
  const held = windows.filter(({ from, to }) => from < to);
  // A list can't be empty; this one has no window.
  if (held.length === 0) return { bounds: [0, 1], lowest: [1, 1], highest: [0, 0] };
  const bounds = [...new Set(held.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const at = new Map(bounds.map((bound, index) => [bound, index]));
  const lowest = bounds.map(() => 1);
  const highest = bounds.map(() => 0);
  for (const { ordinal, from, to } of held) {
    for (let index = at.get(from) ?? 0; index < (at.get(to) ?? 0); index += 1) {
      const empty = (lowest[index] ?? 1) > (highest[index] ?? 0);
      lowest[index] = empty ? ordinal : Math.min(lowest[index] ?? 0, ordinal);
      highest[index] = empty ? ordinal : Math.max(highest[index] ?? 0, ordinal);
    }
  }
  return { bounds, lowest, highest };
}

/** Whether no stretch is in several windows. */
export const isDisjoint = ({ lowest, highest }: Placement): boolean =>
  lowest.every((low, index) => low >= (highest[index] ?? low));

/** The stretches themselves, as windows that are numbered from 0. */
export const stretchesOf = ({ bounds }: Placement): Placement => {
  const numbers = bounds.map((_, index) => index);
  return { bounds, lowest: numbers, highest: numbers };
};

/** The numbers of the first and the last window that hold the stretch with the number `stretch`. */
export function windowsOf(
  { lowest, highest }: Placement,
  stretch: string,
  dialect: DialectName,
): { readonly first: string; readonly last: string } {
  const of = (values: readonly number[]): string =>
    dialect === 'clickhouse'
      ? `arrayElement(${numberList(values, dialect)}, toInt64(${stretch}) + 1)`
      : `(${numberList(values, dialect)})[${stretch} + 1]`;
  return { first: of(lowest), last: of(highest) };
}

/** One row for each window from `first` to `last`. */
export const windowsBetween = (first: string, last: string, dialect: DialectName): string =>
  dialect === 'clickhouse'
    ? `arrayJoin(range(toUInt32(${first}), toUInt32(${last} + 1)))`
    : `generate_series(${first}, ${last})`;

/** One row for each window that holds the stretch with the number `stretch`. */
export function windowsOfStretch(placement: Placement, stretch: string, dialect: DialectName): string {
  const { first, last } = windowsOf(placement, stretch, dialect);
  return windowsBetween(first, last, dialect);
}

/** One row for each window that holds `instant`, none where there is no window. */
export function ordinalSql({ bounds, lowest, highest }: Placement, instant: string, dialect: DialectName): string {
  const single = lowest.every((low, index) => low === highest[index] || index === lowest.length - 1);
  if (dialect === 'clickhouse') {
    const list = numberList(bounds, dialect);
    const stretch = `roundDown(toUnixTimestamp64Milli(${instant}), ${list})`;
    const of = (values: readonly number[]): string =>
      `transform(${stretch}, ${list}, ${numberList(values, dialect)}, toInt64(-1))`;
    if (single) return of(lowest);
    return `arrayJoin(range(toUInt32(${of(lowest)}), toUInt32(${of(highest)} + 1)))`;
  }
  const list = `ARRAY(SELECT TIMESTAMPTZ 'epoch' + v * INTERVAL '1 millisecond' FROM unnest(${numberList(bounds, dialect)}) AS v)`;
  const stretch = `width_bucket(${instant}, ${list})`;
  const of = (values: readonly number[]): string => `(${numberList(values, dialect)})[${stretch}]`;
  return single ? of(lowest) : `generate_series(${of(lowest)}, ${of(highest)})`;
}

/** A constant list of whole numbers; long arithmetic runs are written as such, so that the SQL stays short. */
export function numberList(values: readonly number[], dialect: DialectName): string {
  const runs = runsOf(values);
  if (dialect === 'postgres') {
    const part = (pick: (run: Run) => number): string => `ARRAY[${runs.map(pick).join(', ')}]::bigint[]`;
    const list = [part((run) => run.start), part((run) => run.step), part((run) => run.count)].join(', ');
    return `ARRAY(SELECT r.s + i * r.d FROM unnest(${list}) WITH ORDINALITY AS r(s, d, n, k), generate_series(0, r.n - 1) AS i ORDER BY r.k, i)`;
  }
  const parts = runs.map(({ start, step, count }) =>
    count < 4
      ? `[${Array.from({ length: count }, (_, index) => `toInt64(${start + index * step})`).join(', ')}]`
      : `arrayMap(i -> toInt64(${start}) + i * ${step}, range(${count}))`,
  );
  return parts.length === 1 ? parts.join() : `arrayConcat(${parts.join(', ')})`;
}

interface Run {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

function runsOf(values: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < values.length;) {
    const start = values[from] ?? 0;
    const step = from + 1 < values.length ? (values[from + 1] ?? 0) - start : 0;
    let count = 1;
    while (from + count < values.length && values[from + count] === start + count * step) count += 1;
    runs.push({ start, step, count });
    from += count;
  }
  return runs;
}
