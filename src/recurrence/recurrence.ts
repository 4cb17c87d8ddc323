/**
 * When a schedule is due: a rule over the calendar and the clock of a time zone. Pure and plain data; cron text and the
 * simple form both become this. Days are ISO: weekday 1 = Monday … 7 = Sunday.
 */

/** A weekday of a month: every one, the first to fifth, or the last. */
export interface WeekdayRule {
  /** 1 = Monday … 7 = Sunday. */
  readonly weekday: number;
  /** Null for each such weekday. */
  readonly nth: 1 | 2 | 3 | 4 | 5 | 'last' | null;
}

/** What a day 29–31 means in a month that has no such day. */
export const SHORT_MONTHS = ['skip', 'last_day'] as const;
export type ShortMonths = (typeof SHORT_MONTHS)[number];

export interface Recurrence {
  /** 0–59, ascending, never empty; like the other lists. */
  readonly minutes: readonly number[];
  /** 0–23. */
  readonly hours: readonly number[];
  /** 1–12. */
  readonly months: readonly number[];
  /** Days of the month, 1–31 or the last one; null for any. */
  readonly days: readonly (number | 'last')[] | null;
  /** Null for any. Where `days` restricts too, a day that meets either is due, as in POSIX cron. */
  readonly weekdays: readonly WeekdayRule[] | null;
  readonly short_months: ShortMonths;
}

/** One time at which a rule is due. */
export interface DueTime {
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  /**
   * The reading of the local clock that the rule names, `YYYY-MM-DDTHH:MM`. It names the due time whatever becomes of the
   * zone: when zone data changes, the instant moves and this stays.
   */
  readonly local: string;
}

/** A day of the calendar. */
export interface Day {
  readonly year: number;
  /** 1–12. */
  readonly month: number;
  readonly day: number;
}

const DAY_MS = 86_400_000;

/** Days since 1970-01-01. */
export const dayNumber = ({ year, month, day }: Day): number => Math.round(Date.UTC(year, month - 1, day) / DAY_MS);

/** The day that is `number` days after 1970-01-01. */
export function dayAt(number: number): Day {
  const date = new Date(number * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

export const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** Whether a rule is due on a day, at whatever time. */
export function isDueOn(rule: Recurrence, date: Day): boolean {
  if (!rule.months.includes(date.month)) return false;
  if (rule.days === null && rule.weekdays === null) return true;
  return (
    (rule.days !== null && isDueDay(rule.days, rule.short_months, date)) ||
    (rule.weekdays !== null && rule.weekdays.some((weekday) => isDueWeekday(weekday, date)))
  );
}

function isDueDay(days: readonly (number | 'last')[], shortMonths: ShortMonths, { year, month, day }: Day): boolean {
  if (days.includes(day)) return true;
  const last = daysIn(year, month);
  if (day !== last) return false;
  return days.some((wanted) => wanted === 'last' || (shortMonths === 'last_day' && wanted > last));
}

function isDueWeekday({ weekday, nth }: WeekdayRule, date: Day): boolean {
  // 1970-01-01 was a Thursday.
  if (((((dayNumber(date) + 3) % 7) + 7) % 7) + 1 !== weekday) return false;
  if (nth === null) return true;
  if (nth === 'last') return date.day + 7 > daysIn(date.year, date.month);
  return Math.ceil(date.day / 7) === nth;
}
