import type { JobHandler, JobOptions, JobPayload } from './job-queue.js';

export interface RegisteredJob {
  readonly name: string;
  readonly handler: JobHandler;
  readonly options: Required<JobOptions>;
}

const DEFAULTS: Required<JobOptions> = { attempts: 5, backoffMs: 2_000, concurrency: 1, timeoutSeconds: 300 };
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Who handles which job name: exactly one handler each, proven before the queue starts. */
export class JobHandlers {
  private readonly jobs = new Map<string, RegisteredJob>();
  private readonly declared = new Set<string>();
  private sealed = false;

  register<P extends JobPayload>(name: string, handler: JobHandler<P>, options: JobOptions = {}): void {
    if (this.sealed) throw new Error(`Job "${name}" is registered after the queue has started; register it before.`);
    if (!NAME.test(name)) throw new Error(`Job name "${name}" must be lower-case letters, digits and dashes.`);
    if (this.jobs.has(name)) throw new Error(`Job "${name}" has two handlers; it must have exactly one.`);
    // The payload's shape is the business of whoever enqueues and handles this name; the queue carries it unread.
    this.jobs.set(name, {
      name,
      handler: handler as unknown as JobHandler,
      options: { ...DEFAULTS, ...options },
    });
  }

  declare(names: readonly string[]): void {
    for (const name of names) this.declared.add(name);
  }

  /** No more changes from here on. @throws Error that names each job without a handler */
  seal(): readonly RegisteredJob[] {
    const orphans = [...this.declared].filter((name) => !this.jobs.has(name)).sort();
    if (orphans.length > 0) {
      throw new Error(`No handler for the job${orphans.length > 1 ? 's' : ''} ${orphans.join(', ')}.`);
    }
    this.sealed = true;
    return this.all();
  }

  all(): readonly RegisteredJob[] {
    return [...this.jobs.values()];
  }

  get(name: string): RegisteredJob {
    const job = this.jobs.get(name);
    if (!job) throw new Error(`Job "${name}" has no handler; register one before it is enqueued.`);
    return job;
  }
}

/**
 * Runs a handler with a time limit. The signal aborts when time is up or `stopping` aborts; a handler that ignores it
 * still counts as failed at that moment, so that it can't hold up the queue.
 */
export async function runJob(
  job: RegisteredJob,
  payload: JobPayload,
  attempt: number,
  stopping: AbortSignal,
): Promise<void> {
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(new Error(`Job "${job.name}" ran longer than ${job.options.timeoutSeconds} s.`)),
    job.options.timeoutSeconds * 1_000,
  );
  const signal = AbortSignal.any([timeout.signal, stopping]);
  let onAbort: (() => void) | undefined;
  try {
    signal.throwIfAborted();
    await Promise.race([
      job.handler({ payload, attempt, lastAttempt: attempt >= job.options.attempts, signal }),
      new Promise<never>((_resolve, reject) => {
        onAbort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
