import { JobHandlers } from './handlers.js';
import type { EnqueueOptions, JobCounts, JobHandler, JobOptions, JobPayload, JobQueue } from './job-queue.js';
import { LocalJobs } from './local-jobs.js';

/** How one run of a job ended, for whoever counts. */
export interface JobRun {
  readonly name: string;
  readonly outcome: 'done' | 'failed';
  readonly seconds: number;
}

/**
 * A queue that goes on while its store is away. A job is a wake-up for what stands in a ledger, so it needs no store: the
 * process that wakes also works, or else the wake-up is lost and a sweep of the ledger gives it again.
 */
export class FallbackJobQueue implements JobQueue {
  private readonly handlers = new JobHandlers();
  private readonly local: LocalJobs;

  constructor(
    private readonly store: JobQueue,
    private readonly onError: (error: Error) => void,
    private readonly onRun: (run: JobRun) => void,
  ) {
    this.local = new LocalJobs(onError);
  }

  get backend(): JobQueue['backend'] {
    return this.store.backend;
  }

  register<P extends JobPayload>(name: string, handler: JobHandler<P>, options?: JobOptions): void {
    const told: JobHandler<P> = async (job) => {
      const started = performance.now();
      const tell = (outcome: JobRun['outcome']): void =>
        this.onRun({ name, outcome, seconds: (performance.now() - started) / 1_000 });
      try {
        await handler(job);
      } catch (error) {
        tell('failed');
        throw error;
      }
      tell('done');
    };
    this.handlers.register(name, told, options);
    this.store.register(name, told, options);
  }

  declare(...names: string[]): void {
    this.handlers.declare(names);
    this.store.declare(...names);
  }

  async start(): Promise<void> {
    this.handlers.seal();
    this.local.start();
    await this.store.start();
  }

  async enqueue(name: string, payload: JobPayload, options: EnqueueOptions = {}): Promise<void> {
    const job = this.handlers.get(name);
    try {
      await this.store.enqueue(name, payload, options);
    } catch (error) {
      const isTaken = this.local.take(job, payload, options);
      const what = isTaken ? 'is run by this process' : 'waits for the next look through its ledger';
      this.onError(new Error(`A job "${name}" could not be queued and ${what}: ${(error as Error).message}`));
    }
  }

  async stop({ timeoutMs = 30_000 } = {}): Promise<void> {
    await Promise.all([this.local.stop(timeoutMs), this.store.stop({ timeoutMs })]);
  }

  stats(): Promise<Readonly<Record<string, JobCounts>>> {
    return this.store.stats();
  }
}
