import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { ConnectionOptions, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { JobHandlers, runJob, type RegisteredJob } from './handlers.js';
import type { EnqueueOptions, JobCounts, JobHandler, JobOptions, JobPayload, JobQueue } from './job-queue.js';

/** A Redis that has not answered for so long counts as away… */
const PATIENCE_MS = 2_000;
/** …and is not asked for so long. */
const AWAY_MS = 5_000;

const require = createRequire(import.meta.url);
/** Loaded where there is a Redis only. */
const bullmq = (): typeof import('bullmq') => require('bullmq') as typeof import('bullmq');

/** The queue on Redis, by BullMQ: one BullMQ queue and one worker a job name. */
export class BullmqJobQueue implements JobQueue {
  readonly backend = 'bullmq';
  private readonly handlers = new JobHandlers();
  private readonly queues = new Map<string, Queue>();
  private readonly workers: Worker[] = [];
  private readonly connections: Redis[] = [];
  private shared: Redis | null = null;
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private awayUntil = 0;

  constructor(
    private readonly url: string,
    private readonly prefix: string,
    private readonly onError: (error: Error) => void,
  ) {}

  register<P extends JobPayload>(name: string, handler: JobHandler<P>, options?: JobOptions): void {
    this.handlers.register(name, handler, options);
  }

  declare(...names: string[]): void {
    this.handlers.declare(names);
  }

  async start(): Promise<void> {
    for (const job of this.handlers.seal()) this.workers.push(this.openWorker(job));
    // They begin by themselves when a Redis that is away comes back.
    await this.answer(Promise.all(this.workers.map((worker) => worker.waitUntilReady()))).catch(this.onError);
  }

  async enqueue(name: string, payload: JobPayload, options: EnqueueOptions = {}): Promise<void> {
    const job = this.handlers.get(name);
    if (Date.now() < this.awayUntil) throw new Error('Redis does not answer.');
    const added = this.queue(name).add(name, payload, {
      // BullMQ refuses some characters in ids; a digest has none of them.
      ...(options.id === undefined ? {} : { jobId: createHash('sha256').update(options.id).digest('hex') }),
      ...(options.delayMs ? { delay: options.delayMs } : {}),
      attempts: job.options.attempts,
      backoff: { type: 'exponential', delay: job.options.backoffMs },
      removeOnComplete: true,
      removeOnFail: true,
    });
    await this.answer(added);
  }

  async stop({ timeoutMs = 30_000 } = {}): Promise<void> {
    const timer = setTimeout(() => this.stopping.abort(new Error('The job queue is stopping.')), timeoutMs);
    // A worker that closes in order waits for a Redis that is away, and keeps its timers until then.
    const isAway = this.connections.some(({ status }) => status !== 'ready');
    const closing = Promise.allSettled(this.workers.map((worker) => worker.close(isAway)));
    await Promise.allSettled(this.running);
    clearTimeout(timer);
    // Without Redis, closing would wait for it.
    await this.answer(closing).catch(this.onError);
    await this.answer(Promise.allSettled([...this.queues.values()].map((queue) => queue.close()))).catch(this.onError);
    for (const connection of this.connections) connection.disconnect();
  }

  async stats(): Promise<Readonly<Record<string, JobCounts>>> {
    const names = this.handlers.all().map(({ name }) => name);
    const counts = await this.answer(Promise.all(names.map((name) => this.count(this.queue(name)))));
    return Object.fromEntries(names.map((name, index) => [name, counts[index] as JobCounts]));
  }

  private async count(queue: Queue): Promise<JobCounts> {
    const [{ active = 0, waiting = 0, delayed = 0 }, [oldest]] = await Promise.all([
      queue.getJobCounts('waiting', 'delayed', 'active'),
      queue.getJobs(['waiting'], 0, 0, true),
    ]);
    const since = oldest && oldest.timestamp + (oldest.opts.delay ?? 0);
    const lagSeconds = since === undefined ? 0 : Math.max(0, Date.now() - since) / 1_000;
    return { waiting: waiting + delayed, active, lagSeconds };
  }

  /** What Redis says, if it does so in time. @throws Error when not, and it is left alone for a while */
  private async answer<T>(asked: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.awayUntil = Date.now() + AWAY_MS;
        reject(new Error('Redis does not answer.'));
      }, PATIENCE_MS);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
      // What comes later is nobody's business any more.
      asked.catch(() => undefined);
    }
  }

  private queue(name: string): Queue {
    const open = this.queues.get(name);
    if (open) return open;
    const queue = new (bullmq().Queue)(name, { connection: asConnection(this.commands()), prefix: this.prefix });
    queue.on('error', this.onError);
    this.queues.set(name, queue);
    return queue;
  }

  /** The connection that all queues share; each worker needs one of its own, since it blocks on it. */
  private commands(): Redis {
    this.shared ??= this.connect();
    return this.shared;
  }

  private openWorker(job: RegisteredJob): Worker {
    const worker = new (bullmq().Worker)<JobPayload>(
      job.name,
      (task) => {
        const run = runJob(job, task.data, task.attemptsMade + 1, this.stopping.signal);
        this.running.add(run);
        return run.finally(() => this.running.delete(run));
      },
      {
        connection: asConnection(this.connect()),
        prefix: this.prefix,
        concurrency: job.options.concurrency,
      },
    );
    worker.on('error', this.onError);
    worker.on('failed', (_task, error) => this.onError(error));
    return worker;
  }

  private connect(): Redis {
    const connection = new Redis(this.url, { maxRetriesPerRequest: null });
    connection.on('error', this.onError);
    connection.on('ready', () => (this.awayUntil = 0));
    this.connections.push(connection);
    return connection;
  }
}

/** BullMQ types its own view of ioredis; the class is the same. */
const asConnection = (connection: Redis): ConnectionOptions => connection as unknown as ConnectionOptions;
