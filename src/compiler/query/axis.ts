/** The buckets of a time grain over a range, in order, with the instants that they hold. */
import { DateTime } from 'luxon';
import { dateOf, startOf, type CalendarSettings } from './calendar.js';
import type { Instants } from './time-range.js';
import type { RelativeUnit, TimeGrain } from './types.js';

export interface Bucket {
  /** Start of the bucket on the calendar: days since 1970-01-01, or seconds for a grain finer than a day. */
  readonly label: number;
  /** The instants `[from, to)` of the bucket within the range; two where the clock is set back within it. */
  readonly parts: readonly Instants[];
}

/** Longest axis that is calculated over. */
export const MOST_BUCKETS = 10_000;

export const GRAIN_UNIT: Readonly<Record<TimeGrain, RelativeUnit>> = {
  fifteen_minutes: 'minute',
  hourly: 'hour',
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
  quarterly: 'quarter',
  yearly: 'year',
};
const DAY = 86_400_000;
const QUARTER_HOUR = 900_000;
const LEAST: Readonly<Record<TimeGrain, number>> = {
  fifteen_minutes: QUARTER_HOUR,
  hourly: 4 * QUARTER_HOUR,
  daily: DAY,
  weekly: 7 * DAY,
  monthly: 28 * DAY,
  quarterly: 89 * DAY,
  yearly: 365 * DAY,
};

/** About how many buckets there are; for refusing before counting. */
export const bucketsIn = ({ from, to }: Instants, grain: TimeGrain): number => Math.ceil((+to - +from) / LEAST[grain]);

export function timeAxis(range: Instants, grain: TimeGrain, settings: CalendarSettings): Bucket[] {
  return grain === 'fifteen_minutes' || grain === 'hourly'
    ? clockAxis(range, grain)
    : dayAxis(range, GRAIN_UNIT[grain], settings);
}

function dayAxis({ from, to }: Instants, unit: RelativeUnit, settings: CalendarSettings): Bucket[] {
  const buckets: Bucket[] = [];
  // Dates are stepped in UTC, where every day exists; its instants are looked up in the zone.
  let date = DateTime.fromMillis(dateOf(startOf(unit, from, settings)), { zone: 'utc' });
  const instant = ({ year, month, day }: DateTime): DateTime =>
    DateTime.fromObject({ year, month, day }, { zone: from.zone }).startOf('day');
  for (let begin = instant(date); begin < to;) {
    const next = date.plus({ [unit]: 1 });
    const end = instant(next);
    const part = { from: DateTime.max(begin, from), to: DateTime.min(end, to) };
    if (part.from < part.to) buckets.push({ label: date.toMillis() / DAY, parts: [part] });
    date = next;
    begin = end;
  }
  return buckets;
}

/** Steps by quarters of an hour, on which every clock change falls. */
function clockAxis({ from, to }: Instants, grain: 'fifteen_minutes' | 'hourly'): Bucket[] {
  const buckets = new Map<number, Instants[]>();
  const step = LEAST[grain];
  for (let at = +from; at < +to;) {
    const here = DateTime.fromMillis(at, { zone: from.zone });
    const local = at + here.offset * 60_000;
    const next = Math.min(+to, at + QUARTER_HOUR - modulo(local, QUARTER_HOUR));
    const label = (local - modulo(local, step)) / 1000;
    const end = DateTime.fromMillis(next, { zone: from.zone });
    const parts = buckets.get(label) ?? [];
    const last = parts.at(-1);
    if (last !== undefined && +last.to === at) parts[parts.length - 1] = { from: last.from, to: end };
    else parts.push({ from: here, to: end });
    buckets.set(label, parts);
    at = next;
  }
  return [...buckets].map(([label, parts]) => ({ label, parts }));
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
