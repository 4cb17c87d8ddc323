import { DateTime } from 'luxon';

/** The shop's own zone: its days begin and end here. */
export const ZONE = 'America/New_York';

/** One day of the sample period. */
export interface Day {
  /** `2026-05-14` */
  readonly iso: string;
  readonly date: DateTime;
  /** 0 at the beginning of the period, 1 at its end. */
  readonly progress: number;
  /** How much is bought on such a day; 1 is an ordinary one. */
  readonly demand: number;
  /** The days around Black Friday. */
  readonly isBlackFriday: boolean;
}

/** Sunday to Saturday: people furnish at weekends. */
const WEEK = [1.18, 1.02, 0.94, 0.92, 0.93, 0.95, 1.1];
const YEAR = [0.86, 0.84, 0.95, 1.02, 1.08, 0.98, 0.88, 0.9, 1.0, 1.06, 1.2, 1.24];

/** Thirteen months that end with the last full day before `now`. */
export function sampleDays(now: Date): Day[] {
  const last = DateTime.fromJSDate(now, { zone: 'UTC' }).startOf('day').minus({ days: 1 });
  const first = last.minus({ months: 13 }).plus({ days: 1 });
  const length = Math.round(last.diff(first, 'days').days);
  return Array.from({ length: length + 1 }, (_, index): Day => {
    const date = first.plus({ days: index });
    const progress = index / length;
    const rush = blackFridayRush(date);
    const month = smooth(date);
    const demand = (WEEK[date.weekday % 7] ?? 1) * month * (0.9 + 0.25 * progress) * rush;
    return { iso: date.toFormat('yyyy-MM-dd'), date, progress, demand, isBlackFriday: rush > 1.5 };
  });
}

/** The month's level, gliding from one month's middle to the next. */
function smooth(date: DateTime): number {
  const here = YEAR[date.month - 1] ?? 1;
  const share = (date.day - 0.5) / (date.daysInMonth ?? 30) - 0.5;
  const other = YEAR[(date.month - 1 + (share < 0 ? 11 : 1)) % 12] ?? 1;
  return here + (other - here) * Math.abs(share);
}

/** Thanksgiving is the fourth Thursday of November; the rush runs from the Wednesday before to Cyber Monday. */
function blackFridayRush(date: DateTime): number {
  if (date.month !== 11 && !(date.month === 12 && date.day < 3)) return 1;
  const november = DateTime.utc(date.year, 11, 1);
  const thanksgiving = november.plus({ days: ((4 - november.weekday + 7) % 7) + 21 });
  const distance = Math.round(date.startOf('day').diff(thanksgiving, 'days').days);
  return { '-1': 1.5, '0': 1.8, '1': 3.2, '2': 2.4, '3': 2.1, '4': 2.7 }[String(distance)] ?? 1;
}
