/** The range that a range is compared with, and how instants of the one map to instants of the other. */
import { isMonthUnit, sameOffset, unitsBefore } from './calendar.js';
import type { Instants } from './time-range.js';
import type { Comparison, DateRange, RelativeUnit, TimeGrain } from './types.js';
import { DateTime } from 'luxon';

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
