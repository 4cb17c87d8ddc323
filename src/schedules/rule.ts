import type { IANAZone } from 'luxon';
import { readCron } from '../recurrence/cron.js';
import type { Recurrence } from '../recurrence/recurrence.js';
import { ruleOf } from '../recurrence/simple.js';
import { zoneOf } from '../recurrence/zone.js';
import type { ReportSchedule } from './schedule.entity.js';

/** The rule and the clock of a stored schedule. @throws Error when a row holds what was never accepted */
export function timingOf({ recurrence, time_zone }: Pick<ReportSchedule, 'recurrence' | 'time_zone'>): {
  readonly rule: Recurrence;
  readonly zone: IANAZone;
} {
  const { cron, simple, short_months } = recurrence;
  const rule = simple ? ruleOf(simple, short_months) : readCron(cron ?? '', short_months).rule;
  const zone = zoneOf(time_zone);
  if (!rule || !zone) throw new Error('A stored schedule has no readable rule or zone.');
  return { rule, zone };
}
