import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { Organization } from '../access/organization.entity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { decodeCursor, encodeCursor } from '../common/page.js';
import { badRequest, notFound, unprocessable, type ProblemItem } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import { isAllowed, MailPermissions } from '../delivery/mail-permissions.js';
import { Occurrence } from '../delivery/occurrence.entity.js';
import { RUN_OCCURRENCE } from '../delivery/delivery-names.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { nextDueTimes, skippedMonths } from '../recurrence/due-times.js';
import { ReportViewService } from '../reports/report-view.service.js';
import type { ReportView } from '../reports/report-view.entity.js';
import { SchedulePlanner } from './planner.js';
import { readSchedule, type ScheduleFields } from './read-schedule.js';
import { Recipients } from './recipients.service.js';
import { timingOf } from './rule.js';
import type { ScheduleDto, ScheduleListDto, ScheduleQuery } from './schedule.dto.js';
import { ReportSchedule } from './schedule.entity.js';

const SHOWN_RUNS = 5;

/** Schedules of report views: made, changed, paused, and planned at once. */
@Injectable()
export class ScheduleService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    private readonly views: ReportViewService,
    private readonly planner: SchedulePlanner,
    private readonly recipients: Recipients,
    private readonly permissions: MailPermissions,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws Problem `not_found`, `invalid_request`, `domain_not_allowed`, `unknown_recipient`, `unknown_metric` */
  async create(identity: Identity, viewId: string, body: unknown): Promise<ScheduleDto> {
    const view = await this.views.find(identity, viewId);
    const fields = readSchedule(body, await this.zoneOf(identity.organizationId));
    await this.check(identity, view, fields);
    return this.database.transaction(async (manager) => {
      const schedule = manager.create(ReportSchedule, {
        id: newId(),
        organization_id: identity.organizationId,
        view_id: view.id,
        owner_user_id: identity.userId,
        owner_key_id: identity.userId === null ? identity.keyId : null,
        observation: null,
        planned_until: new Date(),
        ...fields,
      });
      await manager.insert(ReportSchedule, schedule);
      if (schedule.is_active) await this.planner.planOne(manager, schedule);
      const after = await this.presented(manager, schedule.id);
      await this.record(manager, identity, 'schedule.create', schedule.id, null, after);
      return after;
    });
  }

  /** Only the fields that are given; what was planned for later is planned anew. */
  async update(identity: Identity, id: string, body: unknown): Promise<ScheduleDto> {
    const { schedule, view } = await this.find(identity, id);
    const fields = readSchedule(body, schedule.time_zone, schedule);
    await this.check(identity, view, fields);
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
    const { schedule } = await this.find(identity, id);
    return this.database.transaction(async (manager) => {
      const before = await this.presented(manager, id);
      const [next] = nextRuns(schedule, await this.skipped(manager, id), 1);
      if (!schedule.is_active || !next) {
        throw unprocessable('nothing_planned', 'The schedule is paused or has ended; there is no next time to skip.');
      }
      // It may lie further ahead than occurrences are planned; then its row is written now.
      await manager.query(
        `INSERT INTO occurrences (id, organization_id, view_id, schedule_id, report_name, due_at, due_local, not_before,
           formats, state, reason, finished_at)
         SELECT $1, $2, $3, $4, report_name, $5, $6, $5, $7, 'skipped', $8, now()
         FROM marketing_report_views WHERE id = $3
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
        ],
      );
      const after = await this.presented(manager, id);
      await this.record(manager, identity, 'schedule.skip_next', id, before, after);
      return after;
    });
  }

  /** Sends it now, beside its times, to the schedule's recipients and under its conditions. */
  async runNow(identity: Identity, id: string): Promise<{ occurrence_id: string }> {
    const { schedule, view } = await this.find(identity, id);
    const occurrenceId = newId();
    const now = new Date();
    await this.database.transaction(async (manager) => {
      await manager.insert(Occurrence, {
        id: occurrenceId,
        organization_id: identity.organizationId,
        view_id: schedule.view_id,
        schedule_id: schedule.id,
        report_name: view.report_name,
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

  /** Schedules of the views that the asker may see, oldest first. */
  async list(identity: Identity, query: ScheduleQuery): Promise<ScheduleListDto> {
    const limit = query.limit ?? 100;
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
    if (after !== null && !isUuid(after)) throw badRequest('invalid_cursor', 'The cursor is not one of this list.');
    const rows = await this.database.query<{ id: string; view_id: string }[]>(
      `SELECT id, view_id FROM report_schedules WHERE organization_id = $1 AND ($2::uuid IS NULL OR view_id = $2)
         AND ($3::uuid IS NULL OR (created_at, id) > (SELECT created_at, id FROM report_schedules WHERE id = $3))
       ORDER BY created_at, id`,
      [identity.organizationId, query.view_id ?? null, after],
    );
    const data: ScheduleDto[] = [];
    for (const { id, view_id } of rows) {
      if (data.length > limit) break;
      const isSeen = await this.views.find(identity, view_id).then(
        () => true,
        () => false,
      );
      if (isSeen) data.push(await this.presented(this.database.manager, id));
    }
    const shown = data.slice(0, limit);
    const last = shown.at(-1);
    return { data: shown, next_cursor: last && data.length > limit ? encodeCursor(last.id) : null };
  }

  /** The next due times. */
  async next(identity: Identity, id: string, count: number): Promise<{ data: string[] }> {
    const { schedule } = await this.find(identity, id);
    const runs = nextRuns(schedule, await this.skipped(this.database.manager, id), count);
    return { data: runs.map(({ at }) => new Date(at).toISOString()) };
  }

  /** @throws Problem `not_found` also when the asker may not see the view */
  private async find(identity: Identity, id: string): Promise<{ schedule: ReportSchedule; view: ReportView }> {
    const schedule = isUuid(id)
      ? await this.database.manager.findOneBy(ReportSchedule, { id, organization_id: identity.organizationId })
      : null;
    if (!schedule) throw notFound(`There is no schedule with the id ${id}.`);
    return { schedule, view: await this.views.find(identity, schedule.view_id) };
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

  private async check(identity: Identity, view: ReportView, fields: ScheduleFields): Promise<void> {
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
    if (fields.condition && !view.metrics.includes(fields.condition.metric)) {
      errors.push({
        code: 'unknown_metric',
        message: `The view does not have this metric; it has ${view.metrics.join(', ')}.`,
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

  private async presented(manager: EntityManager, id: string): Promise<ScheduleDto> {
    const schedule = await manager.findOneByOrFail(ReportSchedule, { id });
    const runs = nextRuns(schedule, await this.skipped(manager, id), SHOWN_RUNS).map(({ at }) =>
      new Date(at).toISOString(),
    );
    const { cron, simple, short_months } = schedule.recurrence;
    const months = skippedMonths(timingOf(schedule).rule);
    return {
      id: schedule.id,
      view_id: schedule.view_id,
      owner_user_id: schedule.owner_user_id,
      cron: cron ?? null,
      simple: simple ?? null,
      short_months,
      time_zone: schedule.time_zone,
      formats: schedule.formats,
      recipients: schedule.recipients,
      subject: schedule.subject,
      message: schedule.message,
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

const monthName = (month: number): string =>
  new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2000, month - 1, 1));

/** The next due times of an active schedule within its period, without those that were skipped by hand. */
function nextRuns(
  schedule: ReportSchedule,
  skipped: ReadonlySet<string>,
  count: number,
): readonly { readonly at: number; readonly local: string }[] {
  if (!schedule.is_active) return [];
  const { rule, zone } = timingOf(schedule);
  const from = Math.max(Date.now(), (schedule.active_from?.getTime() ?? 0) - 1);
  return nextDueTimes(rule, zone, from, count + skipped.size)
    .filter(({ at, local }) => !skipped.has(local) && at < (schedule.active_until?.getTime() ?? Infinity))
    .slice(0, count);
}
