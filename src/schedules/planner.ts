import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { newId } from '../common/uuid.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { Faults } from '../delivery/fault-point.js';
import { CATCH_UP_MS } from '../delivery/occurrence-ledger.js';
import type { OccurrencePlanner } from '../delivery/occurrence-planner.port.js';
import { dueTimes } from '../recurrence/due-times.js';
import type { DueTime } from '../recurrence/recurrence.js';
import { kept } from '../reports/render/words/said.js';
import { timingOf } from './rule.js';
import { ReportSchedule } from './schedule.entity.js';

/** Occurrences are written so far ahead… */
const AHEAD_MS = 24 * 3_600_000;
/** …and again when less than this is left. */
const REPLAN_MS = 12 * 3_600_000;
const SCHEDULES_A_TURN = 50;
/** After a long time down, single rows are kept for so many of a schedule's missed times; the last says how many there were. */
const MOST_MISSED = 100;

/** Plans occurrences. Many may plan at once: each schedule is held by one transaction at a time, and each time is one row. */
@Injectable()
export class SchedulePlanner implements OccurrencePlanner {
  private readonly faults: Faults;
  private readonly spreadMs: number;
  /** The zone data may be new in a new process, so the first look goes over what was planned before. */
  private seen: Date | null = new Date();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    this.faults = new Faults(config.faultPoint);
    this.spreadMs = config.scheduleSpreadSeconds * 1_000;
  }

  async plan(): Promise<void> {
    const startedAt = this.seen;
    let more = true;
    let after = '00000000-0000-0000-0000-000000000000';
    while (more) {
      [more, after] = await this.database.transaction((manager) => this.turn(manager, startedAt !== null, after));
    }
    this.seen = null;
    this.faults.at('planned');
  }

  /** Plans one schedule within a transaction, right after it was made or changed. */
  async planOne(manager: EntityManager, schedule: ReportSchedule, now: Date = new Date()): Promise<void> {
    const until = new Date(now.getTime() + AHEAD_MS);
    const missedBefore = now.getTime() - CATCH_UP_MS;
    const givenUp = await this.giveUp(manager, schedule, new Date(missedBefore));
    // What lies ahead is looked at anew: new zone data may have moved it.
    const from = Math.min(schedule.planned_until.getTime(), now.getTime());
    const { rule, zone } = timingOf(schedule);
    const missed: DueTime[] = [];
    let missedCount = 0;
    for (const due of dueTimes(rule, zone, from, until.getTime())) {
      if (schedule.active_from && due.at < schedule.active_from.getTime()) continue;
      if (schedule.active_until && due.at >= schedule.active_until.getTime()) break;
      if (due.at >= missedBefore) {
        await this.write(manager, schedule, due, null);
        continue;
      }
      missedCount += 1;
      missed.push(due);
      if (missed.length > MOST_MISSED) missed.shift();
    }
    for (const due of missed) await this.write(manager, schedule, due, kept('missed'));
    const all = [...givenUp, ...missed.map(({ at }) => at)];
    if (all.length > 0) await this.tellOwner(manager, schedule, Math.max(...all), givenUp.length + missedCount);
    await manager.query('UPDATE report_schedules SET planned_until = $2 WHERE id = $1', [schedule.id, until]);
  }

  private async turn(manager: EntityManager, anew: boolean, after: string): Promise<[boolean, string]> {
    const due = await manager
      .createQueryBuilder(ReportSchedule, 'schedule')
      .where('schedule.is_active')
      .andWhere(anew ? 'schedule.id > :after' : 'schedule.planned_until < :soon', {
        after,
        soon: new Date(Date.now() + REPLAN_MS),
      })
      .orderBy(anew ? 'schedule.id' : 'schedule.planned_until')
      .limit(SCHEDULES_A_TURN)
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getMany();
    for (const schedule of due) await this.planOne(manager, schedule);
    return [due.length === SCHEDULES_A_TURN, due.at(-1)?.id ?? after];
  }

  /** @param missed why it will not run; null when it will */
  private async write(
    manager: EntityManager,
    schedule: ReportSchedule,
    { at, local }: DueTime,
    missed: string | null,
  ): Promise<void> {
    const dueAt = new Date(at);
    await manager.query(
      `INSERT INTO occurrences (id, organization_id, view_id, dashboard_id, schedule_id, report_name, due_at, due_local, not_before,
         formats, state, reason, finished_at)
       SELECT $1, $2, $3, $12, $4, thing.name, $5, $6, $7, $8, $9, $10, $11
       FROM (
         SELECT report_name AS name FROM marketing_report_views WHERE id = $3
         UNION ALL SELECT dashboard_name FROM dashboards WHERE id = $12
       ) AS thing
       WHERE NOT EXISTS (
         SELECT FROM occurrences WHERE schedule_id = $4 AND due_at = $5 AND due_local <> $6
       )
       ON CONFLICT (schedule_id, due_local) WHERE schedule_id IS NOT NULL DO UPDATE
         SET due_at = excluded.due_at, not_before = excluded.not_before
         WHERE occurrences.state = 'planned' AND occurrences.due_at > now() AND occurrences.due_at <> excluded.due_at`,
      [
        newId(),
        schedule.organization_id,
        schedule.view_id,
        schedule.id,
        dueAt,
        local,
        new Date(at + this.spread(schedule.id)),
        schedule.formats,
        missed === null ? 'planned' : 'missed',
        missed,
        missed === null ? null : new Date(),
        schedule.dashboard_id,
      ],
    );
  }

  /**
   * What was planned ahead and nobody has begun until now is missed, too; not what waited for an earlier one.
   * @returns the due times
   */
  private async giveUp(manager: EntityManager, { id }: ReportSchedule, before: Date): Promise<readonly number[]> {
    const [rows] = await manager.query<[{ due_at: Date }[], number]>(
      `UPDATE occurrences AS mine SET state = 'missed', reason = $3, finished_at = now()
       WHERE schedule_id = $1 AND state = 'planned' AND attempt = 0 AND due_at < $2 AND NOT EXISTS (
         SELECT FROM occurrences AS earlier WHERE earlier.schedule_id = $1 AND earlier.due_at < mine.due_at
           AND earlier.attempt > 0 AND coalesce(earlier.finished_at, now()) > mine.due_at)
       RETURNING due_at`,
      [id, before, kept('missed')],
    );
    return rows.map(({ due_at }) => due_at.getTime());
  }

  /** One notice for all that was missed together, at its last; the sweep sends it. */
  private async tellOwner(manager: EntityManager, schedule: ReportSchedule, at: number, count: number): Promise<void> {
    await manager.query(
      `WITH last AS (
         UPDATE occurrences SET reason = $5 WHERE schedule_id = $3 AND due_at = $4 AND state = 'missed'
         RETURNING id, organization_id)
       INSERT INTO deliveries (id, organization_id, occurrence_id, recipient, kind)
       SELECT $1, last.organization_id, last.id, users.email, 'failure_notice' FROM last JOIN users ON users.id = $2
       ON CONFLICT DO NOTHING`,
      [
        newId(),
        schedule.owner_user_id,
        schedule.id,
        new Date(at),
        count === 1 ? kept('missed') : kept('missed_several', { count: count - 1 }),
      ],
    );
  }

  /** Always the same part of the spread for a schedule, so that its reports keep their distance. */
  private spread(scheduleId: string): number {
    if (this.spreadMs === 0) return 0;
    return createHash('sha256').update(scheduleId).digest().readUInt32BE(0) % this.spreadMs;
  }
}
