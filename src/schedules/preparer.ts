import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Identities } from '../access/identities.service.js';
import type { Identity } from '../access/identity.js';
import { can } from '../access/permissions.js';
import { Problem } from '../common/problem.js';
import type { OccurrencePreparer, Preparation } from '../delivery/occurrence-preparer.port.js';
import type { Occurrence } from '../delivery/occurrence.entity.js';
import { User } from '../access/user.entity.js';
import type { ReportView } from '../reports/report-view.entity.js';
import { ConditionCheck } from './condition-check.js';
import { DataGateCheck } from './data-gate.js';
import { VIEWS, type Views } from './ports.js';
import { Recipients } from './recipients.service.js';
import { ReportSchedule } from './schedule.entity.js';

type End = Extract<Preparation, { kind: 'end' }>;

/** Decides what becomes of an occurrence when it is due, with the rights that its owner has at that moment. */
@Injectable()
export class SchedulePreparer implements OccurrencePreparer {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly identities: Identities,
    @Inject(VIEWS) private readonly views: Views,
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
    const found = owner && (await this.viewFor(owner, occurrence.view_id));
    if (!owner || !found) {
      const why = owner ? 'may not send this report any more' : 'is no longer a member of the organisation';
      return end('suppressed', `Whoever set this up ${why}, or the report is gone.`, addresses);
    }
    if (addresses.length === 0) {
      return end('suppressed', 'None of the recipients belongs to the organisation any more.', []);
    }
    const usual: Preparation = {
      kind: 'send',
      owner,
      recipients: addresses,
      asOf: schedule ? occurrence.due_at : null,
      completePeriods: schedule?.period === 'last_complete',
      subject: schedule?.subject ?? null,
      message: schedule?.message ?? null,
      finding: null,
      remarks: [],
    };
    if (!schedule) return usual;
    const gate = schedule.gate && (await this.gate.check(schedule.gate, schedule, occurrence));
    if (gate?.kind === 'wait') return { kind: 'hold', until: gate.until, reason: gate.reason };
    if (gate?.kind === 'late' && schedule.gate?.at_deadline === 'skip') return end('skipped', gate.reason, addresses);
    const remarks = gate?.kind === 'late' ? [gate.reason] : [];
    const verdict = schedule.condition && (await this.condition.check(schedule, found, occurrence, owner, signal));
    if (verdict && !verdict.sends) return end('skipped', verdict.finding, addresses);
    return { ...usual, remarks, finding: verdict?.finding ?? null };
  }

  async ownerAddress(occurrence: Occurrence): Promise<string | null> {
    const schedule = await this.scheduleOf(occurrence);
    const userId = schedule ? schedule.owner_user_id : occurrence.requested_by;
    const user = userId === null ? null : await this.database.manager.findOneBy(User, { id: userId });
    return user?.email ?? null;
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

  private async viewFor(owner: Identity, viewId: string): Promise<ReportView | null> {
    try {
      return await this.views.find(owner, viewId);
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
