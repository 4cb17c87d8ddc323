/** Calendar arithmetic in a time zone: starts of units, and moving instants by units without losing a clock change. */
import { DateTime } from 'luxon';
import type { RelativeUnit } from './types.js';

export interface CalendarSettings {
  /** ISO weekday on which a week starts. */
  readonly weekStart: number;
  /** Month (1–12) in which the fiscal year starts; quarters and years are counted from it. */
  readonly fiscalYearStart: number;
}

const MONTHS = { month: 1, quarter: 3, year: 12 } as const;
type MonthUnit = keyof typeof MONTHS;
export const isMonthUnit = (unit: RelativeUnit): unit is MonthUnit => unit in MONTHS;

/** The start of the unit that holds `at`. */
export function startOf(unit: RelativeUnit, at: DateTime, settings: CalendarSettings): DateTime {
  if (unit === 'week') {
    const day = at.startOf('day');
    return day.minus({ days: (day.weekday - settings.weekStart + 7) % 7 });
  }
  if (unit !== 'quarter' && unit !== 'year') return at.startOf(unit);
  const months = (at.month - settings.fiscalYearStart + 12) % MONTHS[unit];
  return at.startOf('month').minus({ months });
}

/**
 * `count` units earlier on the calendar, at the same time of day. A day that the earlier month does not have is the
 * first of the month after it, so that neighbouring days stay neighbours; minutes and hours are exact durations.
 */
export function unitsBefore(at: DateTime, unit: RelativeUnit, count: number): DateTime {
  if (unit === 'minute' || unit === 'hour') return at.minus({ [unit]: count });
  if (!isMonthUnit(unit)) return onDay(at.startOf('day').minus({ days: count * (unit === 'week' ? 7 : 1) }), at);
  const first = at.startOf('month').minus({ months: count * MONTHS[unit] });
  return at.day > (first.daysInMonth ?? 31) ? first.plus({ months: 1 }) : onDay(first.plus({ days: at.day - 1 }), at);
}

/** As far after `start` as `at` is after `from`: in whole days, at the time of day of `at`. */
export function sameOffset(from: DateTime, at: DateTime, start: DateTime): DateTime {
  const days = Math.round((dateOf(at) - dateOf(from)) / 86_400_000);
  return onDay(start.startOf('day').plus({ days }), at);
}

/** The day of `day` at the time of day of `at`; its start where `at` is one. */
function onDay(day: DateTime, at: DateTime): DateTime {
  if (+at === +at.startOf('day')) return day.startOf('day');
  const { hour, minute, second, millisecond } = at;
  return day.set({ hour, minute, second, millisecond });
}

/** The calendar date, as milliseconds of its midnight in UTC. */
export const dateOf = ({ year, month, day }: DateTime): number => DateTime.utc(year, month, day).toMillis();
