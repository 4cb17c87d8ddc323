import { setTimeout as sleep } from 'node:timers/promises';
import PgBoss from 'pg-boss';
import { uuidV5 } from '../common/uuid.js';
import { JobHandlers, runJob, type RegisteredJob } from './handlers.js';
import type { EnqueueOptions, JobCounts, JobHandler, JobOptions, JobPayload, JobQueue } from './job-queue.js';

const POLL_MS = 1_000;
/** Namespace of job ids, which pg-boss wants as UUIDs. */
const JOB_IDS = '6f0d3f1c-52f5-4d0e-9a39-1d8d0a1f7a55';

/**
 * The queue on Postgres, by pg-boss, in a schema of its own. pg-boss keeps the jobs, expires those of dead workers and
 * cleans up; the loop that fetches and settles them is here, so that stopping can wait for the last answer to be written.
 */
export class PgBossJobQueue implements JobQueue {
  readonly backend = 'pg-boss';
  private readonly handlers = new JobHandlers();
  private boss: PgBoss;
  private readonly loops: Promise<void>[] = [];
  /** No more jobs are fetched. */
  private readonly draining = new AbortController();
  /** Running jobs are told to give up. */
  private readonly stopping = new AbortController();
  /** Wakes the loops of a job name at once when this very process enqueues one. */
  private readonly wakeUps = new Map<string, Set<() => void>>();
  private opening: Promise<void> | null = null;
  /** Job names whose pg-boss queue is there. */
  private readonly created = new Map<string, Promise<void>>();

  constructor(
    private readonly databaseUrl: string,
    private readonly schema: string,
    private readonly onError: (error: Error) => void,
  ) {
    this.boss = this.create();
  }

  register<P extends JobPayload>(name: string, handler: JobHandler<P>, options?: JobOptions): void {
    this.handlers.register(name, handler, options);
  }

  declare(...names: string[]): void {
    this.handlers.declare(names);
  }

  async start(): Promise<void> {
    const jobs = this.handlers.seal();
    for (const job of jobs) await this.ready(job.name);
    await this.open();
    for (const job of jobs) this.loops.push(this.work(job));
  }

  async enqueue(name: string, payload: JobPayload, options: EnqueueOptions = {}): Promise<void> {
    const job = this.handlers.get(name);
    await this.ready(name);
    const id = options.id === undefined ? undefined : uuidV5(`${name}:${options.id}`, JOB_IDS);
    if (id !== undefined) await this.forgetFinished(name, id);
    await this.boss.send(name, payload, {
      ...(id === undefined ? {} : { id }),
      ...(options.delayMs ? { startAfter: new Date(Date.now() + options.delayMs) } : {}),
      retryLimit: job.options.attempts - 1,
      retryDelay: Math.max(1, Math.round(job.options.backoffMs / 1_000)),
      retryBackoff: true,
      expireInSeconds: job.options.timeoutSeconds + 30,
    });
    if (!options.delayMs) for (const wake of this.wakeUps.get(name) ?? []) wake();
  }

  async stop({ timeoutMs = 30_000 } = {}): Promise<void> {
    this.draining.abort();
    const timer = setTimeout(() => this.stopping.abort(new Error('The job queue is stopping.')), timeoutMs);
    await Promise.all(this.loops);
    clearTimeout(timer);
    if (this.opening) {
      await this.opening;
      await this.boss.stop({ graceful: false });
    }
  }

  async stats(): Promise<Readonly<Record<string, JobCounts>>> {
    const counts: Record<string, JobCounts> = {};
    await this.open();
    for (const { name } of this.handlers.all()) {
      // pg-boss counts all states up to, but not including, the one named.
      const waiting = await this.boss.getQueueSize(name, { before: 'active' });
      const active = (await this.boss.getQueueSize(name, { before: 'completed' })) - waiting;
      counts[name] = { waiting, active, lagSeconds: waiting === 0 ? 0 : await this.lag(name) };
    }
    return counts;
  }

  private async lag(name: string): Promise<number> {
    const { rows } = await this.boss.getDb().executeSql(
      `SELECT coalesce(extract(epoch FROM now() - min(start_after)), 0) AS seconds FROM "${this.schema}".job
       WHERE name = $1 AND state < 'active' AND start_after <= now()`,
      [name],
    );
    return Number((rows as { seconds: string }[])[0]?.seconds ?? 0);
  }

  private open(): Promise<void> {
    this.opening ??= this.boss.start().then(
      () => undefined,
      async (error: unknown) => {
        // One that failed to start takes itself for started ever after; what it opened is closed.
        await (this.boss.getDb() as PgBoss.Db & { close?: () => Promise<void> }).close?.().catch(this.onError);
        this.boss = this.create();
        this.opening = null;
        throw error;
      },
    );
    return this.opening;
  }

  private create(): PgBoss {
    const boss = new PgBoss({
      connectionString: this.databaseUrl,
      schema: this.schema,
      application_name: 'tributary-jobs',
      max: 4,
      schedule: false,
      supervise: true,
      maintenanceIntervalSeconds: 30,
      archiveCompletedAfterSeconds: 3_600,
      deleteAfterDays: 7,
    });
    boss.on('error', this.onError);
    return boss;
  }

  private ready(name: string): Promise<void> {
    const known = this.created.get(name);
    if (known) return known;
    const created = this.open().then(() => this.boss.createQueue(name));
    this.created.set(name, created);
    // It is tried again when somebody asks again.
    created.catch(() => this.created.delete(name));
    return created;
  }

  /** A finished job's row would swallow a new one with the same id. */
  private async forgetFinished(name: string, id: string): Promise<void> {
    const job = await this.boss.getJobById(name, id);
    if (job && ['completed', 'failed', 'cancelled'].includes(job.state)) await this.boss.deleteJob(name, id);
  }

  /** Fetches as many at a time as there is room for, so that an idle queue asks once a poll, whatever it may run at once. */
  private async work(job: RegisteredJob): Promise<void> {
    const running = new Set<Promise<void>>();
    while (!this.draining.signal.aborted) {
      const room = job.options.concurrency - running.size;
      if (room === 0) {
        await Promise.race(running);
        continue;
      }
      try {
        const tasks = await this.boss.fetch<JobPayload>(job.name, { includeMetadata: true, batchSize: room });
        for (const task of tasks) {
          const run = this.settle(job, task)
            .catch((error: unknown) => this.onError(error as Error))
            .finally(() => running.delete(run));
          running.add(run);
        }
        if (tasks.length < room) await this.idle(job.name);
      } catch (error) {
        this.onError(error as Error);
        await this.idle(job.name);
      }
    }
    await Promise.all(running);
  }

  private async settle(job: RegisteredJob, task: PgBoss.JobWithMetadata<JobPayload>): Promise<void> {
    try {
      await runJob(job, task.data, task.retryCount + 1, this.stopping.signal);
    } catch (error) {
      this.onError(error as Error);
      await this.boss.fail(job.name, task.id, { message: (error as Error).message });
      return;
    }
    await this.boss.complete(job.name, task.id);
  }

  /** Waits for the next poll, a wake-up or the end. */
  private async idle(name: string): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    const waiting = this.wakeUps.get(name) ?? new Set();
    this.wakeUps.set(name, waiting.add(wake));
    try {
      await sleep(POLL_MS, undefined, { signal: AbortSignal.any([woken.signal, this.draining.signal]) });
    } catch {
      // Woken early, which is no error.
    } finally {
      waiting.delete(wake);
    }
  }
}
