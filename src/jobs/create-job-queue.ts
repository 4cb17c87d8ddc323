import { BullmqJobQueue } from './bullmq-job-queue.js';
import { FallbackJobQueue, type JobRun } from './fallback-job-queue.js';
import type { JobQueue } from './job-queue.js';
import { PgBossJobQueue } from './pg-boss-job-queue.js';

export interface JobQueueSettings {
  /** `redis://…`; when set, jobs live there. */
  readonly redisUrl: string | null;
  /** `postgres://…`; used when there is no `redisUrl`. */
  readonly databaseUrl: string | null;
  /** Keeps installations apart that share one Redis (key prefix) or one Postgres (schema). Default `tributary`/`pgboss`. */
  readonly prefix?: string;
  /** Told about trouble that no caller sees: lost connections, jobs that threw. */
  readonly onError?: (error: Error) => void;
  /** Told about every run of a job in this process. */
  readonly onRun?: (run: JobRun) => void;
}

/** The queue on Redis when there is one, else on Postgres; while the store is away, the process helps itself. */
export function createJobQueue(settings: JobQueueSettings): JobQueue {
  const onError = settings.onError ?? (() => undefined);
  return new FallbackJobQueue(openStore(settings, onError), onError, settings.onRun ?? (() => undefined));
}

function openStore(settings: JobQueueSettings, onError: (error: Error) => void): JobQueue {
  if (settings.redisUrl !== null) {
    return new BullmqJobQueue(settings.redisUrl, settings.prefix ?? 'tributary', onError);
  }
  if (settings.databaseUrl !== null) {
    return new PgBossJobQueue(settings.databaseUrl, settings.prefix ?? 'pgboss', onError);
  }
  throw new Error('The job queue needs a Redis or a Postgres: set REDIS_URL or DATABASE_URL.');
}
