import { Global, Inject, Injectable, Logger, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { createJobQueue } from './create-job-queue.js';
import { JobMetrics } from './job-metrics.js';
import { JOB_NAMES } from './job-names.js';
import { JOB_QUEUE, type JobQueue } from './job-queue.js';

/** A store that is away says the same again and again. */
const SAY_AGAIN_MS = 30_000;

/**
 * Lets running jobs end while everything that they need is still open. Starting is up to the application: after every
 * feature has registered its handlers (`onModuleInit`), on `onApplicationBootstrap`.
 */
@Injectable()
class JobQueueLifecycle implements BeforeApplicationShutdown {
  private started = false;

  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.started = true;
    if (!this.config.works) return;
    this.queue.declare(...JOB_NAMES);
    await this.queue.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.started) await this.queue.stop();
  }
}

@Global()
@Module({
  providers: [
    {
      provide: JOB_QUEUE,
      inject: [APP_CONFIG, JobMetrics],
      useFactory: (config: AppConfig, metrics: JobMetrics): JobQueue => {
        const logger = new Logger('Jobs');
        const said = new LRUCache<string, true>({ max: 1_000, ttl: SAY_AGAIN_MS });
        return createJobQueue({
          redisUrl: config.redisUrl,
          databaseUrl: config.databaseUrl,
          onError: ({ message }) => {
            if (!said.has(message)) logger.warn(message);
            said.set(message, true);
          },
          onRun: (run) => metrics.note(run),
        });
      },
    },
    JobMetrics,
    JobQueueLifecycle,
  ],
  exports: [JOB_QUEUE, JobMetrics],
})
export class JobsModule {}
