import { createHash } from 'node:crypto';
import { Queue, Worker, type ConnectionOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { JobHandlers, runJob, type RegisteredJob } from './handlers.js';
import type { EnqueueOptions, JobCounts, JobHandler, JobOptions, JobPayload, JobQueue } from './job-queue.js';

/** The queue on Redis, by BullMQ: one BullMQ queue and one worker a job name. */
export class BullmqJobQueue implements JobQueue {
  readonly backend = 'bullmq';
  private readonly handlers = new JobHandlers();
  private readonly queues = new Map<string, Queue>();
  private readonly workers: Worker[] = [];
  private readonly connections: Redis[] = [];
  private shared: Redis | null = null;
  private readonly stopping = new AbortController();

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
    const jobs = this.handlers.seal();
    await this.commands().ping();
    for (const job of jobs) this.workers.push(this.openWorker(job));
    await Promise.all(this.workers.map((worker) => worker.waitUntilReady()));
  }

  async enqueue(name: string, payload: JobPayload, options: EnqueueOptions = {}): Promise<void> {
    const job = this.handlers.get(name);
    await this.queue(name).add(name, payload, {
      // BullMQ refuses some characters in ids; a digest has none of them.
      ...(options.id === undefined ? {} : { jobId: createHash('sha256').update(options.id).digest('hex') }),
      ...(options.delayMs ? { delay: options.delayMs } : {}),
      attempts: job.options.attempts,
      backoff: { type: 'exponential', delay: job.options.backoffMs },
      removeOnComplete: true,
      removeOnFail: true,
    });
  }

  async stop({ timeoutMs = 30_000 } = {}): Promise<void> {
    const timer = setTimeout(() => this.stopping.abort(new Error('The job queue is stopping.')), timeoutMs);
    await Promise.all(this.workers.map((worker) => worker.close()));
    clearTimeout(timer);
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    for (const connection of this.connections) connection.disconnect();
  }

  async stats(): Promise<Readonly<Record<string, JobCounts>>> {
    const counts: Record<string, JobCounts> = {};
    for (const { name } of this.handlers.all()) {
      const { active = 0, ...waiting } = await this.queue(name).getJobCounts('waiting', 'delayed', 'active');
      counts[name] = { waiting: Object.values(waiting).reduce((sum, count) => sum + count, 0), active };
    }
    return counts;
  }

  private queue(name: string): Queue {
    const open = this.queues.get(name);
    if (open) return open;
    const queue = new Queue(name, { connection: asConnection(this.commands()), prefix: this.prefix });
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
    const worker = new Worker<JobPayload>(
      job.name,
      (task) => runJob(job, task.data, task.attemptsMade + 1, this.stopping.signal),
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
    this.connections.push(connection);
    return connection;
  }
}

/** BullMQ types its own view of ioredis; the class is the same. */
const asConnection = (connection: Redis): ConnectionOptions => connection as unknown as ConnectionOptions;
