/** The simple form of a schedule, as a person would say it: "every week on Monday and Thursday at 9". */
import type { Recurrence, ShortMonths } from './recurrence.js';

export const WEEKDAY_NAMES = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type WeekdayName = (typeof WEEKDAY_NAMES)[number];

export const FREQUENCIES = ['hour', 'day', 'weekday', 'week', 'month', 'quarter', 'year'] as const;
export type Frequency = (typeof FREQUENCIES)[number];

export interface SimpleRecurrence {
  readonly every: Frequency;
  /** `HH:MM` on the clock of the time zone; of an hourly schedule only the minutes count. Default `09:00`. */
  readonly at?: string;
  /** For `week`; default Monday. */
  readonly weekdays?: readonly WeekdayName[];
  /** For `month`, `quarter` and `year`: days of the (first) month; default the first. */
  readonly days?: readonly (number | 'last')[];
  /** For `year`; default January. */
  readonly month?: number;
}

const ALL_HOURS = Array.from({ length: 24 }, (_value, hour) => hour);
const ALL_MONTHS = Array.from({ length: 12 }, (_value, month) => month + 1);

/** The rule that the simple form stands for. Its shape must have been checked. */
export function ruleOf(simple: SimpleRecurrence, shortMonths: ShortMonths = 'skip'): Recurrence {
  const [hour = 9, minute = 0] = (simple.at ?? '09:00').split(':').map(Number);
  const clock = { minutes: [minute], hours: simple.every === 'hour' ? ALL_HOURS : [hour], short_months: shortMonths };
  const days = simple.days ?? [1];
  const any = { ...clock, months: ALL_MONTHS, days: null, weekdays: null };
  switch (simple.every) {
    case 'hour':
    case 'day':
      return any;
    case 'weekday':
      return { ...any, weekdays: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, nth: null })) };
    case 'week': {
      const names = simple.weekdays ?? ['monday'];
      return { ...any, weekdays: names.map((name) => ({ weekday: WEEKDAY_NAMES.indexOf(name) + 1, nth: null })) };
    }
    case 'month':
      return { ...any, days };
    case 'quarter':
      return { ...any, days, months: [1, 4, 7, 10] };
    case 'year':
      return { ...any, days, months: [simple.month ?? 1] };
    default:
      return simple.every satisfies never;
  }
}
