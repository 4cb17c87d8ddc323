/** Injection token of the {@link JobQueue}. */
export const JOB_QUEUE = Symbol('JOB_QUEUE');

/** JSON object that travels with a job. Holds ids, never secrets: it is kept in the queue's store. */
export type JobPayload = Readonly<Record<string, unknown>>;

export interface Job<P extends JobPayload = JobPayload> {
  readonly payload: P;
  /** Counts runs of this job, from 1. */
  readonly attempt: number;
  /** True when a thrown error will not be tried again. */
  readonly lastAttempt: boolean;
  /** Aborted when the job's time is up, and when the queue stops without waiting any longer. */
  readonly signal: AbortSignal;
}

/**
 * Runs one job. Returning completes it; throwing runs it again later, up to `attempts`. It may run more than once (a
 * process died, a worker stalled), so a handler asks its own ledger what is left to do.
 */
export type JobHandler<P extends JobPayload = JobPayload> = (job: Job<P>) => Promise<void>;

export interface JobOptions {
  /** Most runs of one job, including the first. Default 5. */
  readonly attempts?: number;
  /** Wait before the second run; doubles with each further one. Default 2000 ms; whole seconds on pg-boss, at least 1. */
  readonly backoffMs?: number;
  /** Jobs of this name that one process runs at a time. Default 1. */
  readonly concurrency?: number;
  /** Time for one run; then `signal` aborts and the run counts as failed. Default 300 s. */
  readonly timeoutSeconds?: number;
}

export interface EnqueueOptions {
  /** While a job with the same name and id waits or runs, enqueueing it again does nothing. */
  readonly id?: string;
  /** Not before this many milliseconds from now. */
  readonly delayMs?: number;
}

export interface JobCounts {
  /** Not finished and not running: due now, due later, or waiting to be tried again. */
  readonly waiting: number;
  readonly active: number;
  /** For how long the oldest job that may run has waited for it; 0 when none does. */
  readonly lagSeconds: number;
}

/**
 * A wake-up service and nothing more: what must happen is recorded in the system of record, the queue says when to look.
 */
export interface JobQueue {
  /** `bullmq` or `pg-boss`. */
  readonly backend: 'bullmq' | 'pg-boss';
  /**
   * Says who handles a job name. Only before `start`.
   * @throws Error when the name has a handler already, or after `start`
   */
  register<P extends JobPayload>(name: string, handler: JobHandler<P>, options?: JobOptions): void;
  /** Names that will be enqueued; `start` refuses one without a handler. */
  declare(...names: string[]): void;
  /**
   * Works before `start` too; the job is then run once it has started. Where the store does not take it, this process runs
   * it from memory if it works on jobs, and else forgets it: whoever enqueues keeps a ledger that is looked through.
   * @throws Error for a name that has no handler
   */
  enqueue(name: string, payload: JobPayload, options?: EnqueueOptions): Promise<void>;
  /**
   * Checks that every declared name has exactly one handler, then starts working, as soon as the store answers.
   * @throws Error that names each job without a handler
   */
  start(): Promise<void>;
  /** Takes no new jobs, waits for running ones (default 30 s), aborts what is left, closes connections. */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Counts by job name. @throws Error when the store does not answer */
  stats(): Promise<Readonly<Record<string, JobCounts>>>;
}
