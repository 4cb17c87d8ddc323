/** The instants at which a rule is due. */
import type { IANAZone } from 'luxon';
import { dayAt, isDueOn, type DueTime, type Recurrence } from './recurrence.js';
import { clockAt, instantOf } from './zone.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Every rule that is ever due is due within this: a 29 February that is a Monday comes within 40 years. */
const LONGEST_WAIT_DAYS = 41 * 366;

/**
 * All times at which a rule is due after one instant and up to another, in order, each instant once.
 *
 * A time that the clock skips is due right after the gap; several skipped times are due together, once. A time that
 * the clock shows twice is due the first time only.
 */
export function* dueTimes(
  rule: Recurrence,
  zone: IANAZone,
  after: number,
  until: number = Number.POSITIVE_INFINITY,
): Generator<DueTime> {
  // The clock may have been set by a day, so the day before may still have times to come.
  let day = Math.floor(clockAt(zone, after) / DAY_MS) - 1;
  let last = after;
  let idle = 0;
  for (; idle < LONGEST_WAIT_DAYS; day += 1) {
    // No clock is further from UTC than a day.
    if ((day - 1) * DAY_MS > until) return;
    idle += 1;
    if (!isDueOn(rule, dayAt(day))) continue;
    for (const hour of rule.hours) {
      for (const minute of rule.minutes) {
        const clock = day * DAY_MS + (hour * 60 + minute) * MINUTE_MS;
        const at = instantOf(zone, clock);
        if (at > until) return;
        if (at <= last) continue;
        last = at;
        idle = 0;
        yield { at, local: new Date(clock).toISOString().slice(0, 16) };
      }
    }
  }
}

/** The next times at which a rule is due, `count` at most. */
export function nextDueTimes(rule: Recurrence, zone: IANAZone, after: number, count: number): DueTime[] {
  const found: DueTime[] = [];
  if (count <= 0) return found;
  for (const due of dueTimes(rule, zone, after)) {
    found.push(due);
    if (found.length === count) break;
  }
  return found;
}

/** Months, named in English by number 1–12, in which some day of the rule does not exist and is skipped. */
export function skippedMonths(rule: Recurrence): readonly number[] {
  if (rule.days === null || rule.short_months !== 'skip') return [];
  const largest = Math.max(...rule.days.map((day) => (day === 'last' ? 0 : day)));
  const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return rule.months.filter((month) => {
    const most = longest[month - 1] ?? 31;
    // 29 February exists in leap years only, so it is skipped in the others.
    return largest > most || (month === 2 && largest === 29);
  });
}
