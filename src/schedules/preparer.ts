import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Identities } from '../access/identities.service.js';
import type { Identity } from '../access/identity.js';
import { can } from '../access/permissions.js';
import { Organization } from '../access/organization.entity.js';
import { Problem } from '../common/problem.js';
import type { OccurrencePreparer, Preparation } from '../delivery/occurrence-preparer.port.js';
import type { Occurrence } from '../delivery/occurrence.entity.js';
import { User } from '../access/user.entity.js';
import { REPORT_SUBJECTS, type ReportSubject, type ReportSubjects } from '../delivery/report-subject.port.js';
import { kept } from '../reports/render/words/said.js';
import { ConditionCheck } from './condition-check.js';
import { DataGateCheck } from './data-gate.js';
import { Recipients } from './recipients.service.js';
import { ReportSchedule } from './schedule.entity.js';

type End = Extract<Preparation, { kind: 'end' }>;
type Sending = Extract<Preparation, { kind: 'send' }>;

/** What a schedule would do now, and what it would send. */
export interface Rehearsal {
  readonly verdict: 'send' | 'hold' | 'skip';
  /** Why it would not go out; null when it would. */
  readonly reason: string | null;
  readonly sending: Sending;
}

/** Decides what becomes of an occurrence when it is due, with the rights that its owner has at that moment. */
@Injectable()
export class SchedulePreparer implements OccurrencePreparer {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly identities: Identities,
    @Inject(REPORT_SUBJECTS) private readonly subjects: ReportSubjects,
    private readonly recipients: Recipients,
    private readonly gate: DataGateCheck,
    private readonly condition: ConditionCheck,
  ) {}

  async prepare(occurrence: Occurrence, signal: AbortSignal): Promise<Preparation> {
    const schedule = await this.scheduleOf(occurrence);
    if (occurrence.schedule_id !== null && !schedule) {
      return end('cancelled', 'The schedule was deleted.', occurrence.recipients);
    }
    const addresses = schedule
      ? await this.recipients.addresses(occurrence.organization_id, schedule.recipients)
      : occurrence.recipients;
    const owner = await this.ownerOf(occurrence, schedule);
    const found = owner && (await this.subjectFor(owner, occurrence));
    if (!owner || !found) {
      return end('suppressed', kept(owner ? 'owner_may_not' : 'owner_left'), addresses);
    }
    if (addresses.length === 0) {
      return end('suppressed', kept('no_recipient_left'), []);
    }
    const usual = sendingOf(occurrence, schedule, owner, addresses);
    return schedule ? this.decide(occurrence, schedule, found, usual, signal, true) : usual;
  }

  /**
   * What would become of an occurrence, and the mail even if it would not go out. Leaves no trace.
   * @param asker with whose rights it is run; the schedule itself runs with its owner's
   */
  async rehearse(
    occurrence: Occurrence,
    schedule: ReportSchedule,
    subject: ReportSubject,
    asker: Identity,
    signal: AbortSignal,
  ): Promise<Rehearsal> {
    const addresses = await this.recipients.addresses(occurrence.organization_id, schedule.recipients);
    const usual = sendingOf(occurrence, schedule, asker, addresses);
    const decided = await this.decide(occurrence, schedule, subject, usual, signal, false);
    switch (decided.kind) {
      case 'send':
        return { verdict: 'send', reason: null, sending: decided };
      case 'hold':
        return { verdict: 'hold', reason: decided.reason, sending: usual };
      case 'end':
        return { verdict: 'skip', reason: decided.reason, sending: usual };
      default:
        return decided satisfies never;
    }
  }

  private async decide(
    occurrence: Occurrence,
    schedule: ReportSchedule,
    subject: ReportSubject,
    usual: Sending,
    signal: AbortSignal,
    remembers: boolean,
  ): Promise<Preparation> {
    const { recipients, owner } = usual;
    const gate = schedule.gate && (await this.gate.check(schedule.gate, schedule, occurrence));
    if (gate?.kind === 'wait') return { kind: 'hold', until: gate.until, reason: gate.reason };
    if (gate?.kind === 'late' && schedule.gate?.at_deadline === 'skip') return end('skipped', gate.reason, recipients);
    const remarks = gate?.kind === 'late' ? [gate.reason] : [];
    const verdict =
      schedule.condition && (await this.condition.check(schedule, subject, occurrence, owner, signal, remembers));
    if (verdict && !verdict.sends) return end('skipped', verdict.finding, recipients);
    return { ...usual, remarks, finding: verdict?.finding ?? null };
  }

  async ownerAddress(occurrence: Occurrence): Promise<string | null> {
    const schedule = await this.scheduleOf(occurrence);
    const userId = schedule ? schedule.owner_user_id : occurrence.requested_by;
    const user = userId === null ? null : await this.database.manager.findOneBy(User, { id: userId });
    return user?.email ?? null;
  }

  async localeOf(occurrence: Occurrence): Promise<string> {
    const schedule = await this.scheduleOf(occurrence);
    if (schedule?.locale != null) return schedule.locale;
    return (await this.database.manager.findOneByOrFail(Organization, { id: occurrence.organization_id })).locale;
  }

  private scheduleOf({ schedule_id, organization_id }: Occurrence): Promise<ReportSchedule | null> {
    if (schedule_id === null) return Promise.resolve(null);
    return this.database.manager.findOneBy(ReportSchedule, { id: schedule_id, organization_id });
  }

  /** Null when they are no member any more, or the key is revoked or has expired. */
  private async ownerOf(occurrence: Occurrence, schedule: ReportSchedule | null): Promise<Identity | null> {
    const { organization_id } = occurrence;
    const userId = schedule ? schedule.owner_user_id : occurrence.requested_by;
    const keyId = schedule ? schedule.owner_key_id : occurrence.requested_key_id;
    const identity =
      userId !== null
        ? await this.identities.ofUser(organization_id, userId)
        : keyId !== null
          ? await this.identities.ofKey(organization_id, keyId)
          : null;
    return identity && can(identity, 'reports:deliver') ? { ...identity, door: 'schedule' } : null;
  }

  private async subjectFor(owner: Identity, occurrence: Occurrence): Promise<ReportSubject | null> {
    try {
      return await this.subjects.find(owner, occurrence);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    }
  }
}

const end = (state: End['state'], reason: string, recipients: readonly string[]): End => ({
  kind: 'end',
  state,
  reason,
  recipients,
});

const sendingOf = (
  occurrence: Occurrence,
  schedule: ReportSchedule | null,
  owner: Identity,
  recipients: readonly string[],
): Sending => ({
  kind: 'send',
  owner,
  recipients,
  asOf: schedule ? occurrence.due_at : null,
  completePeriods: schedule?.period === 'last_complete',
  locale: schedule?.locale ?? null,
  subject: schedule?.subject ?? null,
  message: schedule?.message ?? null,
  finding: null,
  remarks: [],
});
