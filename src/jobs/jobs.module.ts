import { Global, Inject, Injectable, Logger, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { createJobQueue } from './create-job-queue.js';
import { JOB_QUEUE, type JobQueue } from './job-queue.js';

/**
 * Lets running jobs end while everything that they need is still open. Starting is up to the application: after every
 * feature has registered its handlers (`onModuleInit`), on `onApplicationBootstrap`.
 */
@Injectable()
class JobQueueLifecycle implements BeforeApplicationShutdown {
  private started = false;

  constructor(@Inject(JOB_QUEUE) private readonly queue: JobQueue) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.queue.start();
    this.started = true;
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
      inject: [APP_CONFIG],
      useFactory: (config: AppConfig): JobQueue => {
        const logger = new Logger('Jobs');
        return createJobQueue({
          redisUrl: config.redisUrl,
          databaseUrl: config.databaseUrl,
          onError: (error) => logger.warn(error.message),
        });
      },
    },
    JobQueueLifecycle,
  ],
  exports: [JOB_QUEUE],
})
export class JobsModule {}
