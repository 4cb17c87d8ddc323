import { nextDueTimes, skippedMonths } from '../recurrence/due-times.js';
import { timingOf } from './rule.js';
import type { ScheduleDto } from './schedule.dto.js';
import type { ReportSchedule } from './schedule.entity.js';

const SHOWN_RUNS = 5;

/**
 * A schedule as the doors show it.
 * @param skipped local times that were left out by hand
 * @param now the moment after which due times are shown
 */
export function presentSchedule(
  schedule: ReportSchedule,
  skipped: ReadonlySet<string>,
  now: Date = new Date(),
): ScheduleDto {
  const runs = nextRuns(schedule, skipped, SHOWN_RUNS, now).map(({ at }) => new Date(at).toISOString());
  const { cron, simple, short_months } = schedule.recurrence;
  const months = skippedMonths(timingOf(schedule).rule);
  return {
    id: schedule.id,
    view_id: schedule.view_id,
    dashboard_id: schedule.dashboard_id,
    owner_user_id: schedule.owner_user_id,
    cron: cron ?? null,
    simple: simple ?? null,
    short_months,
    time_zone: schedule.time_zone,
    formats: schedule.formats,
    recipients: schedule.recipients,
    subject: schedule.subject,
    message: schedule.message,
    locale: schedule.locale,
    period: schedule.period,
    gate: schedule.gate,
    condition: schedule.condition,
    is_active: schedule.is_active,
    active_from: schedule.active_from?.toISOString() ?? null,
    active_until: schedule.active_until?.toISOString() ?? null,
    next_run_at: runs[0] ?? null,
    next_runs: runs,
    warnings:
      months.length === 0
        ? []
        : [
            {
              code: 'short_months',
              message: `Some of its days do not exist in ${months.map(monthName).join(', ')} and are skipped there; "short_months": "last_day" moves them to the last day.`,
            },
          ],
    created_at: schedule.created_at.toISOString(),
    updated_at: schedule.updated_at.toISOString(),
  };
}

/** The next due times of an active schedule within its period, without those that were skipped by hand. */
export function nextRuns(
  schedule: ReportSchedule,
  skipped: ReadonlySet<string>,
  count: number,
  now: Date = new Date(),
): readonly { readonly at: number; readonly local: string }[] {
  if (!schedule.is_active) return [];
  const { rule, zone } = timingOf(schedule);
  const from = Math.max(now.getTime(), (schedule.active_from?.getTime() ?? 0) - 1);
  return nextDueTimes(rule, zone, from, count + skipped.size)
    .filter(({ at, local }) => !skipped.has(local) && at < (schedule.active_until?.getTime() ?? Infinity))
    .slice(0, count);
}

const monthName = (month: number): string =>
  new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2000, month - 1, 1));
