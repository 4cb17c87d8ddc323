/**
 * The fault run: workers are killed, or stopped past their lease and woken, at every named point between planning a report
 * and recording its end, while a mail host misbehaves. Then the ledger is compared with what the mail host saw.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import { databaseOptions, migrateDatabase } from '../../src/database.js';
import { FAULT_POINTS } from '../../src/delivery/fault-point.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { Witness } from './witness.js';

export interface FaultRunOptions {
  /** How often a worker is killed at each named point. */
  readonly killsAtEachPoint: number;
  /** How often one is stopped there instead, and woken after its lease. */
  readonly stopsAtEachPoint: number;
  /** Workers, each with a planner, at a time. */
  readonly workers: number;
  /** Occurrences that are due at once when the run begins. */
  readonly occurrences: number;
  /** Postgres is restarted so often in the course of it. */
  readonly restarts: number;
  readonly redisUrl: string | null;
  readonly say: (line: string) => void;
}

export interface FaultReport {
  readonly kills: number;
  readonly stops: number;
  readonly restarts: number;
  readonly occurrences: number;
  readonly deliveries: number;
  /** Due times without their occurrence, or recipients without an end. */
  readonly misses: number;
  /** Mails that the host took more than once for one delivery. */
  readonly duplicates: number;
  /** Entries whose state is not what the host saw; each in words. */
  readonly contradictions: readonly string[];
  /** Deliveries by state. */
  readonly states: Readonly<Record<string, number>>;
}

/** Longest conversation with the mail host; leases follow from it. */
const MAIL_SECONDS = 3;
const STEP_MINUTES = 5;
const SCHEDULES = 40;
const MOST_SECONDS = 1_500;
const BEHAVIOURS = ['ok', 'refuse', 'busy', 'closing', 'hang-rcpt', 'hang-data', 'hang-dot', 'reset'];

export async function faultRun(options: FaultRunOptions): Promise<FaultReport> {
  const folder = mkdtempSync(join(tmpdir(), 'fault-'));
  const witness = await Witness.start();
  let postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  await migrateDatabase(postgres.url);
  const run = new FaultRun(options, folder, witness, () => postgres);
  try {
    return await run.run(async () => {
      await postgres.stop();
      postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    });
  } finally {
    run.stop();
    await witness.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

class FaultRun {
  private readonly organization = randomUUID();
  private readonly user = randomUUID();
  private readonly view = randomUUID();
  private readonly workers = new Set<ChildProcess>();
  private readonly sleeping = new Map<ChildProcess, { since: number; readonly wake: () => void }>();
  private readonly faults: string[];
  private kills = 0;
  private stops = 0;
  private restarts = 0;
  private isEnding = false;

  constructor(
    private readonly options: FaultRunOptions,
    private readonly folder: string,
    private readonly witness: Witness,
    private readonly postgres: () => EmbeddedPostgres,
  ) {
    const { killsAtEachPoint, stopsAtEachPoint } = options;
    this.faults = Array.from({ length: Math.max(killsAtEachPoint, stopsAtEachPoint) }, (_value, round) =>
      FAULT_POINTS.flatMap((point) => [
        ...(round < killsAtEachPoint ? [point] : []),
        ...(round < stopsAtEachPoint ? [`${point}:stop`] : []),
      ]),
    ).flat();
  }

  async run(restartPostgres: () => Promise<void>): Promise<FaultReport> {
    const begun = Date.now();
    await this.prepare(begun);
    const wanted = this.faults.length;
    let restartAt = Math.ceil(wanted / (this.options.restarts + 1));
    for (let at = 0; at < this.options.workers; at++) this.startWorker();
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      this.wakeSleepers();
      if (Date.now() - begun > MOST_SECONDS * 1_000) throw new Error(`Not done in ${MOST_SECONDS} s.`);
      const done = wanted - this.faults.length;
      if (this.restarts < this.options.restarts && done >= restartAt) {
        this.restarts += 1;
        restartAt += Math.ceil(wanted / (this.options.restarts + 1));
        this.options.say('restarting Postgres');
        await restartPostgres();
      }
      const open = await this.open();
      this.options.say(`${this.kills} kills, ${this.stops} stops of ${wanted}; ${open} occurrences open`);
      const isBusy = this.faults.length > 0 || this.sleeping.size > 0;
      if (isBusy && open < 20) await this.feed();
      if (!isBusy && open === 0 && !(await this.noticesWait())) break;
    }
    this.stop();
    return this.judge(begun);
  }

  stop(): void {
    this.isEnding = true;
    for (const worker of this.workers) worker.kill('SIGKILL');
  }

  private async query<T>(sql: string, values: unknown[] = []): Promise<T> {
    const database = await new DataSource(databaseOptions(this.postgres().url)).initialize();
    try {
      return await database.query<T>(sql, values);
    } finally {
      await database.destroy();
    }
  }

  /** Schedules that were last planned a while ago, as after a night with the server down. */
  private async prepare(now: number): Promise<void> {
    await this.query(
      `INSERT INTO organizations (id, name, slug, currency, time_zone, week_start) VALUES ($1, 'Fault', 'fault', 'USD', 'UTC', 1)`,
      [this.organization],
    );
    await this.query(`INSERT INTO users (id, email, display_name) VALUES ($1, 'ok-owner@example.com', 'Owner')`, [
      this.user,
    ]);
    await this.query(`INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'organization_admin')`, [
      this.organization,
      this.user,
    ]);
    await this.query(
      `INSERT INTO marketing_report_views (id, organization_id, created_by_user, report_name, report_category, dimensions, metrics, totals, visibility)
       VALUES ($1, $2, $3, 'Fault', 'roas_analysis', '{}', '{spend}', true, 'organization')`,
      [this.view, this.organization, this.user],
    );
    const minutes = Math.ceil(this.options.occurrences / SCHEDULES) * STEP_MINUTES;
    for (let at = 0; at < SCHEDULES; at++) {
      const behaviour = BEHAVIOURS[at % BEHAVIOURS.length] ?? 'ok';
      await this.query(
        `INSERT INTO report_schedules (id, organization_id, view_id, owner_user_id, recurrence, time_zone, formats,
           recipients, period, is_active, active_until, planned_until)
         VALUES ($1, $2, $3, $4, $5, 'UTC', '{csv}', $6, 'as_saved', true, $7, $8)`,
        [
          randomUUID(),
          this.organization,
          this.view,
          this.user,
          JSON.stringify({ cron: `*/${STEP_MINUTES} * * * *`, short_months: 'skip' }),
          JSON.stringify([{ email: `ok-${at}@example.com` }, { email: `${behaviour}-${at}@example.net` }]),
          new Date(now),
          new Date(now - minutes * 60_000),
        ],
      );
    }
  }

  private startWorker(): void {
    if (this.isEnding) return;
    let fault = this.faults.shift() ?? '';
    const worker = spawn(process.execPath, [fileURLToPath(new URL('worker.js', import.meta.url))], {
      env: {
        PATH: process.env.PATH ?? '',
        DATA_DIR: this.folder,
        DATABASE_URL: this.postgres().url,
        SMTP_URL: this.witness.url,
        MAIL_FROM: 'Reports <reports@example.com>',
        MAIL_SECONDS: String(MAIL_SECONDS),
        SCHEDULE_SPREAD_SECONDS: '0',
        FAULT_POINT: fault,
        ...(this.options.redisUrl === null ? {} : { REDIS_URL: this.options.redisUrl }),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.workers.add(worker);
    if (fault.endsWith(':stop')) {
      this.sleeping.set(worker, {
        since: 0,
        wake: () => {
          fault = '';
          worker.kill('SIGCONT');
          // It has time to do harm with what it still believes, then makes room.
          setTimeout(() => worker.kill('SIGKILL'), 4_000);
        },
      });
    }
    worker.once('exit', (_code, signal) => {
      this.workers.delete(worker);
      this.sleeping.delete(worker);
      if (this.isEnding) return;
      // One that ended otherwise than by its fault (its Postgres was away when it began) has its turn again.
      if (signal === 'SIGKILL' && fault !== '') this.kills += 1;
      else if (fault !== '') this.faults.unshift(fault);
      this.startWorker();
    });
  }

  /** Workers that stopped themselves are woken once every lease that they held is over. */
  private wakeSleepers(): void {
    for (const [worker, sleeper] of this.sleeping) {
      if (sleeper.since === 0) {
        if (stateOf(worker.pid) === 'T') sleeper.since = Date.now();
      } else if (Date.now() - sleeper.since > (2 * MAIL_SECONDS + 2) * 1_000) {
        this.sleeping.delete(worker);
        this.stops += 1;
        sleeper.wake();
      }
    }
  }

  /** More reports to send, so that each fault finds work. */
  private async feed(): Promise<void> {
    await this.query(
      `INSERT INTO occurrences (id, organization_id, view_id, schedule_id, report_name, due_at, due_local, formats)
       SELECT gen_random_uuid(), organization_id, view_id, id, 'Fault', clock_timestamp(), gen_random_uuid()::text, formats
       FROM report_schedules`,
    );
  }

  private async open(): Promise<number> {
    const [row] = await this.query<{ count: string }[]>(
      `SELECT count(*) FROM occurrences WHERE state IN ('planned', 'running', 'sending')`,
    );
    return Number(row?.count);
  }

  private async noticesWait(): Promise<boolean> {
    const rows = await this.query<unknown[]>(`SELECT FROM deliveries WHERE state IN ('pending', 'sending') LIMIT 1`);
    return rows.length > 0;
  }

  private async judge(now: number): Promise<FaultReport> {
    const step = STEP_MINUTES * 60_000;
    const minutes = Math.ceil(this.options.occurrences / SCHEDULES) * STEP_MINUTES;
    const due = new Set<number>();
    for (let at = Math.ceil((now - minutes * 60_000 + 1) / step) * step; at < now; at += step) due.add(at);
    const rows = await this.query<
      { schedule_id: string; due_at: Date; due_local: string; state: string; id: string }[]
    >(`SELECT id, schedule_id, due_at, due_local, state FROM occurrences`);
    const deliveries = await this.query<
      { id: string; occurrence_id: string; recipient: string; kind: string; state: string; evidence: unknown[] }[]
    >(`SELECT id, occurrence_id, recipient, kind, state, evidence FROM deliveries`);
    const planned = rows.filter(({ due_local }) => /^\d{4}-/.test(due_local));
    const found = new Set(planned.map(({ schedule_id, due_at }) => `${schedule_id} ${due_at.getTime()}`));
    const schedules = new Set(rows.map(({ schedule_id }) => schedule_id));
    const missing = [...schedules].flatMap((id) => [...due].filter((at) => !found.has(`${id} ${at}`)));
    const perOccurrence = new Map<string, number>();
    const states: Record<string, number> = {};
    const taken = new Map<string, number>();
    for (const { messageId } of this.witness.taken) taken.set(messageId, (taken.get(messageId) ?? 0) + 1);
    const acknowledged = new Set(this.witness.acknowledged.map(({ messageId }) => messageId));
    const contradictions: string[] = [];
    for (const { id, occurrence_id, recipient, kind, state, evidence } of deliveries) {
      if (kind === 'report') perOccurrence.set(occurrence_id, (perOccurrence.get(occurrence_id) ?? 0) + 1);
      states[state] = (states[state] ?? 0) + 1;
      const messageId = `<${id}@example.com>`;
      const count = taken.get(messageId) ?? 0;
      const isRight =
        evidence.length > 0 &&
        ((state === 'accepted' && count === 1 && acknowledged.has(messageId)) ||
          (state === 'rejected' && count === 0 && recipient.startsWith('refuse-')) ||
          state === 'unknown');
      if (!isRight) contradictions.push(`${recipient} is ${state}; the mail host took it ${count} times`);
    }
    const unended = rows.filter(({ state }) => state !== 'finished');
    for (const { id, state } of unended) contradictions.push(`occurrence ${id} is ${state}`);
    const short = rows.filter(({ id }) => perOccurrence.get(id) !== 2);
    return {
      kills: this.kills,
      stops: this.stops,
      restarts: this.restarts,
      occurrences: rows.length,
      deliveries: deliveries.length,
      misses: missing.length + short.length + SCHEDULES - schedules.size + planned.length - found.size,
      duplicates: [...taken.values()].filter((count) => count > 1).length,
      contradictions,
      states,
    };
  }
}

/** `T` for a process that is stopped. */
function stateOf(pid: number | undefined): string {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
