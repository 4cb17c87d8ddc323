import { AsyncLocalStorage } from 'node:async_hooks';
import { runJob, type RegisteredJob } from './handlers.js';
import type { EnqueueOptions, JobPayload } from './job-queue.js';

/** More than this wait nowhere: what is lost is found again by whoever looks through the ledger. */
const MOST_WAITING = 10_000;

interface Waiting {
  readonly job: RegisteredJob;
  readonly payload: JobPayload;
  readonly key: string | null;
  readonly attempt: number;
}

/** Runs jobs in this very process, from memory: what is left when the queue's store is away. */
export class LocalJobs {
  private readonly waiting: Waiting[] = [];
  private readonly running = new Map<Promise<void>, string>();
  /** Jobs with an id that wait or run. */
  private readonly known = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly stopping = new AbortController();
  /** Jobs run in the scope of whoever started the queue, not of whoever brings one. */
  private inScope: (<T>(work: () => T) => T) | null = null;

  constructor(private readonly onError: (error: Error) => void) {}

  start(): void {
    this.inScope = AsyncLocalStorage.snapshot() as <T>(work: () => T) => T;
  }

  /** @returns false where this process runs no jobs, or has too many waiting already */
  take(job: RegisteredJob, payload: JobPayload, { id, delayMs = 0 }: EnqueueOptions): boolean {
    const key = id === undefined ? null : `${job.name}:${id}`;
    if (this.inScope === null || this.waiting.length + this.timers.size >= MOST_WAITING) return false;
    if (key !== null && this.known.has(key)) return true;
    if (key !== null) this.known.add(key);
    this.later({ job, payload, key, attempt: 1 }, delayMs);
    return true;
  }

  /** Waits for running jobs, then aborts what is left. What waits is forgotten. */
  async stop(timeoutMs: number): Promise<void> {
    this.inScope = null;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.waiting.length = 0;
    const timer = setTimeout(() => this.stopping.abort(new Error('The job queue is stopping.')), timeoutMs);
    await Promise.all(this.running.keys());
    clearTimeout(timer);
  }

  private later(task: Waiting, delayMs: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.waiting.push(task);
      this.fill();
    }, delayMs);
    this.timers.add(timer);
  }

  /** Begins what there is room for. */
  private fill(): void {
    for (let at = 0; at < this.waiting.length; at++) {
      const { job } = this.waiting[at] as Waiting;
      const busy = [...this.running.values()].filter((name) => name === job.name).length;
      if (busy >= job.options.concurrency) continue;
      const [task] = this.waiting.splice(at--, 1) as [Waiting];
      const run = this.run(task).finally(() => {
        this.running.delete(run);
        if (this.inScope !== null) this.fill();
      });
      this.running.set(run, job.name);
    }
  }

  private async run({ job, payload, key, attempt }: Waiting): Promise<void> {
    try {
      await this.inScope?.(() => runJob(job, payload, attempt, this.stopping.signal));
    } catch (error) {
      this.onError(error as Error);
      if (attempt < job.options.attempts && this.inScope !== null) {
        this.later({ job, payload, key, attempt: attempt + 1 }, job.options.backoffMs * 2 ** (attempt - 1));
        return;
      }
    }
    if (key !== null) this.known.delete(key);
  }
}
