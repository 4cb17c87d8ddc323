import { Injectable } from '@nestjs/common';
import { clockAt } from '../recurrence/zone.js';
import type { Occurrence } from '../delivery/occurrence.entity.js';
import { OrganizationStates } from '../query/organization-state.js';
import { kept } from '../reports/render/words/said.js';
import { timingOf } from './rule.js';
import type { DataGate, ReportSchedule } from './schedule.entity.js';

const DAY_MS = 86_400_000;
const LOOK_AGAIN_MS = 60_000;

export type GateVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'wait'; readonly until: Date; readonly reason: string }
  /** The deadline has passed. */
  | { readonly kind: 'late'; readonly reason: string };

/** Looks whether the data that a report waits for is there. */
@Injectable()
export class DataGateCheck {
  constructor(private readonly states: OrganizationStates) {}

  async check(
    gate: DataGate,
    schedule: ReportSchedule,
    occurrence: Occurrence,
    now: Date = new Date(),
  ): Promise<GateVerdict> {
    const { zone } = timingOf(schedule);
    const wanted = Math.floor(clockAt(zone, occurrence.due_at.getTime()) / DAY_MS) - gate.days_ago;
    const { data_as_of } = await this.states.read(occurrence.organization_id);
    const late = gate.sources.filter((source) => {
      const latest = data_as_of[source];
      return latest === undefined || Math.floor(clockAt(zone, Date.parse(latest)) / DAY_MS) < wanted;
    });
    if (late.length === 0) return { kind: 'open' };
    const day = new Date(wanted * DAY_MS).toISOString().slice(0, 10);
    const reason = kept('late_sources', { sources: late.join(', '), day });
    const deadline = occurrence.due_at.getTime() + gate.deadline_minutes * 60_000;
    if (now.getTime() >= deadline) return { kind: 'late', reason };
    return { kind: 'wait', until: new Date(Math.min(deadline, now.getTime() + LOOK_AGAIN_MS)), reason };
  }
}
