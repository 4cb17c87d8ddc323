import { DateTime, type DurationLike } from 'luxon';
import type { TimeGrain } from '../../../compiler/query/types.js';

const STEPS: Record<TimeGrain, DurationLike> = {
  fifteen_minutes: { minutes: 15 },
  hourly: { hours: 1 },
  daily: { days: 1 },
  weekly: { weeks: 1 },
  monthly: { months: 1 },
  quarterly: { quarters: 1 },
  yearly: { years: 1 },
};
const MOST_BUCKETS = 2_000;

/**
 * The time buckets of some rows in order, with those that no row has filled in, so that an axis is true to scale. Where
 * the values don't fit the grain's steps (a clock change, an unusual week) the buckets are as the rows have them.
 */
export function denseBuckets(values: readonly string[], grain: TimeGrain | null | undefined): readonly string[] {
  const present = [...new Set(values)].sort();
  const [first] = present;
  const last = present.at(-1);
  if (!grain || first === undefined || last === undefined) return present;

  const keys = new Map(present.map((value) => [parse(value).toMillis(), value]));
  const dense: string[] = [];
  const end = parse(last);
  const start = parse(first);
  if (!start.isValid || !end.isValid) return present;
  for (let index = 0; dense.length < MOST_BUCKETS; index++) {
    const at = start.plus(multiply(STEPS[grain], index));
    if (at > end) break;
    dense.push(keys.get(at.toMillis()) ?? like(at, first));
  }
  const covered = new Set(dense);
  return present.every((value) => covered.has(value)) ? dense : present;
}

const parse = (value: string): DateTime => DateTime.fromISO(value.replace(' ', 'T'), { zone: 'utc' });

/** Writes a time the way that another one is written: a bare day stays a bare day. */
const like = (time: DateTime, sample: string): string =>
  sample.length <= 10 ? time.toFormat('yyyy-MM-dd') : (time.toISO({ suppressMilliseconds: true }) ?? '');

const multiply = (step: DurationLike, times: number): DurationLike =>
  Object.fromEntries(Object.entries(step as Record<string, number>).map(([unit, amount]) => [unit, amount * times]));
