/** The range that a range is compared with, and how instants of the one map to instants of the other. */
import { DateTime } from 'luxon';
import { isMonthUnit, sameOffset, startOf, unitsBefore, type CalendarSettings } from './calendar.js';
import type { Instants } from './time-range.js';
import type { Comparison, DateRange, RelativeUnit, TimeGrain } from './types.js';

/** What a range is long: calendar units, or an exact duration. */
export type Span = { readonly unit: RelativeUnit; readonly count: number };

export interface Earlier {
  readonly range: Instants;
  /** An instant of the later range (or its end) → the one that it is compared with. Never falls. */
  readonly map: (at: DateTime) => DateTime;
}

const NAMED_UNIT = /_(week|month|quarter|year)$|^(week|month|quarter|year)_to_date$/;

/** The length of a range in the units in which it was asked for. */
export function spanOf(asked: DateRange, whole: Instants): Span {
  if (typeof asked === 'string') {
    const found = NAMED_UNIT.exec(asked);
    return { unit: (found?.[1] ?? found?.[2] ?? 'day') as RelativeUnit, count: 1 };
  }
  if ('last' in asked) return { unit: asked.unit, count: asked.last };
  const { from, to } = whole;
  if (+from === +from.startOf('day') && +to === +to.startOf('day'))
    return { unit: 'day', count: Math.round(to.diff(from, 'days').days) };
  return { unit: 'minute', count: to.diff(from, 'minutes').minutes };
}

/** What of a range is compared. */
export interface ComparedPart {
  readonly range: Instants;
  /** Whether it is less than its span, because that is not over. */
  readonly running: boolean;
  /** What the range meant beside it; null where it is all of it. */
  readonly leftOut: Instants | null;
  /** It ends with one of these. */
  readonly unit: RelativeUnit;
}

/** Whether what there is so far is wanted, with a last bucket that is not over. */
const takesIncomplete = (asked: DateRange): boolean =>
  typeof asked === 'object' && 'last' in asked && asked.complete === false;

/** Whether the range means “up to now”. */
export const endsNow = (asked: DateRange): boolean =>
  takesIncomplete(asked) || (typeof asked === 'string' && asked.endsWith('_to_date'));

/**
 * The part of a range that is compared. Of one that still runs these are the days that are over; so nothing is smaller
 * only because today is not. (A range of hours or minutes: those that are over.) Whatever the grain: totals stay those of
 * the same request without one. It is empty where none is over. A range with `complete: false` is compared up to now.
 */
export function comparedPart(
  asked: DateRange,
  whole: Instants,
  now: DateTime,
  calendar: CalendarSettings,
): ComparedPart {
  const { unit: own } = spanOf(asked, whole);
  const unit = own === 'minute' || own === 'hour' ? own : 'day';
  const running = endsNow(asked) || (whole.from < now && now < whole.to);
  if (!running || takesIncomplete(asked)) return { range: whole, running, leftOut: null, unit };
  const to = DateTime.max(startOf(unit, now, calendar), whole.from);
  const leftOut = to < whole.to ? { from: to, to: whole.to } : null;
  return { range: { from: whole.from, to }, running, leftOut, unit };
}

/**
 * The range `times` spans earlier. A range that still runs is compared with as many days and hours of the earlier one.
 * @param running whether the range ends now, before its span is over
 */
export function periodBefore(
  range: Instants,
  span: Span,
  running: boolean,
  grain: TimeGrain | null,
  times = 1,
): Earlier {
  const { unit, count } = span;
  const back = (at: DateTime, units: number): DateTime => unitsBefore(at, unit, units);
  const from = back(range.from, count * times);
  const whole = back(range.from, count * (times - 1));
  const byUnits = !isMonthUnit(unit) || grain === 'monthly' || grain === 'quarterly' || grain === 'yearly';
  const moved = (at: DateTime): DateTime => (byUnits ? back(at, count * times) : sameOffset(range.from, at, from));
  const to = running
    ? DateTime.min(isMonthUnit(unit) ? sameOffset(range.from, range.to, from) : back(range.to, count * times), whole)
    : whole;
  return { range: { from, to }, map: (at) => DateTime.min(moved(at), to) };
}

/** The range that a comparison means. */
export function comparedRange(
  mode: Comparison,
  range: Instants,
  span: Span,
  running: boolean,
  grain: TimeGrain | null,
): Earlier {
  if (mode === 'previous_period') return periodBefore(range, span, running, grain);
  return unitsEarlier(range, mode === 'previous_year' ? { unit: 'year', count: 1 } : { unit: 'day', count: 364 });
}

/** The same dates so many units earlier. */
export function unitsEarlier(range: Instants, { unit, count }: Span): Earlier {
  const map = (at: DateTime): DateTime => unitsBefore(at, unit, count);
  return { range: { from: map(range.from), to: map(range.to) }, map };
}
