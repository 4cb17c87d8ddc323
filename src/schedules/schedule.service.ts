import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { Organization } from '../access/organization.entity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor } from '../common/page.js';
import { badRequest, notFound, unprocessable, type ProblemItem } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import { isAllowed, MailPermissions } from '../delivery/mail-permissions.js';
import { Occurrence } from '../delivery/occurrence.entity.js';
import type { ReportSubjectQuery } from '../delivery/delivery.dto.js';
import { RUN_OCCURRENCE } from '../delivery/delivery-names.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import {
  REPORT_SUBJECTS,
  type ReportSubject,
  type ReportSubjects,
  type SubjectRef,
} from '../delivery/report-subject.port.js';
import { SchedulePlanner } from './planner.js';
import { nextRuns, presentSchedule } from './present-schedule.js';
import { readSchedule, type ScheduleFields } from './read-schedule.js';
import { Recipients } from './recipients.service.js';
import type { ScheduleDto, ScheduleListDto } from './schedule.dto.js';
import { ReportSchedule } from './schedule.entity.js';

/** A schedule that need not exist, and what it sends. */
export interface ScheduleDraft {
  readonly schedule: ReportSchedule;
  readonly subject: ReportSubject;
}

/** Schedules of report views and dashboards: made, changed, paused, and planned at once. */
@Injectable()
export class ScheduleService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(REPORT_SUBJECTS) private readonly subjects: ReportSubjects,
    private readonly planner: SchedulePlanner,
    private readonly recipients: Recipients,
    private readonly permissions: MailPermissions,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws Problem `not_found`, `invalid_request`, `domain_not_allowed`, `unknown_recipient`, `unknown_metric` */
  async create(identity: Identity, what: SubjectRef, body: unknown): Promise<ScheduleDto> {
    const subject = await this.subjects.find(identity, what);
    const fields = readSchedule(body, metricsOf(subject), await this.zoneOf(identity.organizationId));
    await this.check(identity, subject, fields);
    return this.database.transaction(async (manager) => {
      const schedule = this.made(identity, subject, fields);
      // One moment for both, so that a time that is due in between is not lost from the answer.
      const now = schedule.planned_until;
      await manager.insert(ReportSchedule, schedule);
      if (schedule.is_active) await this.planner.planOne(manager, schedule, now);
      const after = await this.presented(manager, schedule.id, now);
      await this.record(manager, identity, 'schedule.create', schedule.id, null, after);
      return after;
    });
  }

  /** A schedule as it would be, checked and not saved. */
  async draft(identity: Identity, what: SubjectRef, body: unknown): Promise<ScheduleDraft> {
    const subject = await this.subjects.find(identity, what);
    const fields = readSchedule(body, metricsOf(subject), await this.zoneOf(identity.organizationId));
    await this.check(identity, subject, fields);
    return { schedule: this.made(identity, subject, fields), subject };
  }

  /** An existing schedule with changes that are not saved. */
  async draftOf(identity: Identity, id: string, body: unknown): Promise<ScheduleDraft> {
    const { schedule, subject } = await this.find(identity, id);
    const fields = readSchedule(body, metricsOf(subject), schedule.time_zone, schedule);
    await this.check(identity, subject, fields);
    return { schedule: Object.assign(schedule, fields), subject };
  }

  /** Only the fields that are given; what was planned for later is planned anew. */
  async update(identity: Identity, id: string, body: unknown): Promise<ScheduleDto> {
    const { schedule, subject } = await this.find(identity, id);
    const fields = readSchedule(body, metricsOf(subject), schedule.time_zone, schedule);
    await this.check(identity, subject, fields);
    return this.change(identity, 'schedule.update', id, fields);
  }

  /** Takes back what is planned, until it is resumed. */
  async pause(identity: Identity, id: string): Promise<ScheduleDto> {
    await this.find(identity, id);
    return this.change(identity, 'schedule.pause', id, { is_active: false });
  }

  /** From now on; what would have been due in between is not made up for. */
  async resume(identity: Identity, id: string): Promise<ScheduleDto> {
    await this.find(identity, id);
    return this.change(identity, 'schedule.resume', id, { is_active: true });
  }

  /** Leaves the next due time out. @throws Problem `nothing_planned` */
  async skipNext(identity: Identity, id: string): Promise<ScheduleDto> {
    const { schedule, subject } = await this.find(identity, id);
    return this.database.transaction(async (manager) => {
      const before = await this.presented(manager, id);
      const [next] = nextRuns(schedule, await this.skipped(manager, id), 1);
      if (!schedule.is_active || !next) {
        throw unprocessable('nothing_planned', 'The schedule is paused or has ended; there is no next time to skip.');
      }
      // It may lie further ahead than occurrences are planned; then its row is written now.
      await manager.query(
        `INSERT INTO occurrences (id, organization_id, view_id, dashboard_id, schedule_id, report_name, due_at, due_local, not_before,
           formats, state, reason, finished_at)
         VALUES ($1, $2, $3, $9, $4, $10, $5, $6, $5, $7, 'skipped', $8, now())
         ON CONFLICT (schedule_id, due_local) WHERE schedule_id IS NOT NULL DO UPDATE
           SET state = 'skipped', reason = excluded.reason, finished_at = now() WHERE occurrences.state = 'planned'`,
        [
          newId(),
          schedule.organization_id,
          schedule.view_id,
          id,
          new Date(next.at),
          next.local,
          schedule.formats,
          'Skipped by hand.',
          schedule.dashboard_id,
          subject.name,
        ],
      );
      const after = await this.presented(manager, id);
      await this.record(manager, identity, 'schedule.skip_next', id, before, after);
      return after;
    });
  }

  /** Sends it now, beside its times, to the schedule's recipients and under its conditions. */
  async runNow(identity: Identity, id: string): Promise<{ occurrence_id: string }> {
    const { schedule, subject } = await this.find(identity, id);
    const occurrenceId = newId();
    const now = new Date();
    await this.database.transaction(async (manager) => {
      await manager.insert(Occurrence, {
        id: occurrenceId,
        organization_id: identity.organizationId,
        view_id: schedule.view_id,
        dashboard_id: schedule.dashboard_id,
        schedule_id: schedule.id,
        report_name: subject.name,
        due_at: now,
        // Names this one run beside the planned ones.
        due_local: now.toISOString(),
        requested_by: identity.userId,
        formats: schedule.formats,
        artifacts: null,
      });
      await this.record(manager, identity, 'schedule.run', id, null, { occurrence_id: occurrenceId });
    });
    await this.queue.enqueue(RUN_OCCURRENCE, { occurrence_id: occurrenceId }, { id: occurrenceId });
    return { occurrence_id: occurrenceId };
  }

  async delete(identity: Identity, id: string): Promise<void> {
    await this.find(identity, id);
    await this.database.transaction(async (manager) => {
      const before = await this.presented(manager, id);
      await this.takeBack(manager, id, 'The schedule was deleted.');
      await manager.delete(ReportSchedule, { id, organization_id: identity.organizationId });
      await this.record(manager, identity, 'schedule.delete', id, before, null);
    });
  }

  async get(identity: Identity, id: string): Promise<ScheduleDto> {
    await this.find(identity, id);
    return this.presented(this.database.manager, id);
  }

  /** Schedules of what the asker may see, oldest first. */
  async list(identity: Identity, query: ReportSubjectQuery): Promise<ScheduleListDto> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
    if (after !== null && !isUuid(after)) throw badRequest('invalid_cursor', 'The cursor is not one of this list.');
    const readable = await this.subjects.readableIds(identity);
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT id FROM report_schedules WHERE organization_id = $1
         AND ($2::uuid IS NULL OR view_id = $2) AND ($3::uuid IS NULL OR dashboard_id = $3)
         AND ($4::uuid[] IS NULL OR view_id = ANY ($4) OR dashboard_id = ANY ($5::uuid[]))
         AND ($6::uuid IS NULL OR (created_at, id) > (SELECT created_at, id FROM report_schedules WHERE id = $6))
       ORDER BY created_at, id LIMIT $7`,
      [
        identity.organizationId,
        query.view_id ?? null,
        query.dashboard_id ?? null,
        readable?.views ?? null,
        readable?.dashboards ?? null,
        after,
        limit + 1,
      ],
    );
    const data: ScheduleDto[] = [];
    for (const { id } of rows.slice(0, limit)) data.push(await this.presented(this.database.manager, id));
    const last = data.at(-1);
    return { data, next_cursor: last && rows.length > limit ? encodeCursor(last.id) : null };
  }

  /** The next due times. */
  async next(identity: Identity, id: string, count: number): Promise<{ data: string[] }> {
    const { schedule } = await this.find(identity, id);
    const runs = nextRuns(schedule, await this.skipped(this.database.manager, id), count);
    return { data: runs.map(({ at }) => new Date(at).toISOString()) };
  }

  /** @throws Problem `not_found` also when the asker may not see what it sends */
  async find(identity: Identity, id: string): Promise<{ schedule: ReportSchedule; subject: ReportSubject }> {
    const schedule = isUuid(id)
      ? await this.database.manager.findOneBy(ReportSchedule, { id, organization_id: identity.organizationId })
      : null;
    if (!schedule) throw notFound(`There is no schedule with the id ${id}.`);
    return { schedule, subject: await this.subjects.find(identity, schedule) };
  }

  private made(identity: Identity, subject: ReportSubject, fields: ScheduleFields): ReportSchedule {
    return this.database.manager.create(ReportSchedule, {
      id: newId(),
      organization_id: identity.organizationId,
      view_id: subject.view_id,
      dashboard_id: subject.dashboard_id,
      owner_user_id: identity.userId,
      owner_key_id: identity.userId === null ? identity.keyId : null,
      observation: null,
      planned_until: new Date(),
      ...fields,
    });
  }

  private change(
    identity: Identity,
    action: `schedule.${string}`,
    id: string,
    fields: Partial<ScheduleFields>,
  ): Promise<ScheduleDto> {
    return this.database.transaction(async (manager) => {
      const schedule = await manager.findOneOrFail(ReportSchedule, {
        where: { id },
        lock: { mode: 'pessimistic_write' },
      });
      const before = await this.presented(manager, id);
      await this.takeBack(manager, id, 'The schedule was paused or changed.');
      Object.assign(schedule, fields, { planned_until: new Date() });
      if (fields.condition !== undefined) schedule.observation = null;
      await manager.save(schedule);
      if (schedule.is_active) await this.planner.planOne(manager, schedule);
      const after = await this.presented(manager, id);
      await this.record(manager, identity, action, id, before, after);
      return after;
    });
  }

  /** What is planned for later goes; what is due already is closed with the reason. */
  private async takeBack(manager: EntityManager, id: string, reason: string): Promise<void> {
    await manager.query(`DELETE FROM occurrences WHERE schedule_id = $1 AND state = 'planned' AND due_at > now()`, [
      id,
    ]);
    await manager.query(
      `UPDATE occurrences SET state = 'cancelled', reason = $2, finished_at = now()
       WHERE schedule_id = $1 AND state = 'planned'`,
      [id, reason],
    );
  }

  private async check(identity: Identity, subject: ReportSubject, fields: ScheduleFields): Promise<void> {
    const domains = await this.permissions.allowedDomains(identity.organizationId);
    const errors: ProblemItem[] = [];
    const unknown = await this.recipients.unknown(identity.organizationId, fields.recipients);
    for (const [index, recipient] of fields.recipients.entries()) {
      const pointer = `/recipients/${index}`;
      if ('email' in recipient && !isAllowed(recipient.email, domains)) {
        const message = `The organisation sends to these domains only: ${(domains ?? []).join(', ')}.`;
        errors.push({ code: 'domain_not_allowed', message, pointer });
      }
      if (unknown.includes(recipient)) {
        errors.push({ code: 'unknown_recipient', message: 'The organisation has no such member or team.', pointer });
      }
    }
    const metrics = metricsOf(subject);
    if (fields.condition && !metrics.includes(fields.condition.metric)) {
      errors.push({
        code: 'unknown_metric',
        message: `The report does not have this metric; it has ${metrics.join(', ')}.`,
        pointer: '/condition/metric',
      });
    }
    const [first] = errors;
    if (first) throw unprocessable(first.code, errors.map(({ message }) => message).join(' '), errors);
  }

  private async zoneOf(organizationId: string): Promise<string> {
    return (await this.database.manager.findOneByOrFail(Organization, { id: organizationId })).time_zone;
  }

  private async skipped(manager: EntityManager, id: string): Promise<ReadonlySet<string>> {
    const rows = await manager.query<{ due_local: string }[]>(
      `SELECT due_local FROM occurrences WHERE schedule_id = $1 AND state = 'skipped' AND due_at > now()`,
      [id],
    );
    return new Set(rows.map(({ due_local }) => due_local));
  }

  private async presented(manager: EntityManager, id: string, now: Date = new Date()): Promise<ScheduleDto> {
    const schedule = await manager.findOneByOrFail(ReportSchedule, { id });
    return presentSchedule(schedule, await this.skipped(manager, id), now);
  }

  private record(
    manager: EntityManager,
    identity: Identity,
    action: `schedule.${string}`,
    id: string,
    before: unknown,
    after: unknown,
  ): Promise<void> {
    return this.audit.record(manager, {
      organizationId: identity.organizationId,
      actor: actorOf(identity),
      action,
      entity: ['schedule', id],
      before,
      after,
    });
  }
}

/** Keys of all metrics that a report asks for, of a dashboard those of all its widgets. */
const metricsOf = ({ requests }: ReportSubject): readonly string[] => [
  ...new Set(requests.flatMap(({ metrics }) => metrics)),
];
