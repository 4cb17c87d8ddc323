import { Inject, Injectable } from '@nestjs/common';
import { Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { RollupPlans } from '../rollups/rollup-plans.service.js';

/** What the process tells Prometheus. Labels never hold an organisation or a person. */
@Injectable()
export class MetricsRegistry {
  private readonly registry = new Registry();
  readonly contentType = this.registry.contentType;

  readonly requestSeconds = new Histogram({
    name: 'tributary_http_request_seconds',
    help: 'Time to answer a request, by route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });

  private readonly jobs = new Gauge({
    name: 'tributary_jobs',
    help: 'Jobs in the queue, by name and state',
    labelNames: ['name', 'state'] as const,
    registers: [this.registry],
  });

  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    rollups: RollupPlans,
  ) {
    this.registry.registerMetric(rollups.answers);
    collectDefaultMetrics({ register: this.registry, prefix: 'tributary_' });
  }

  async render(): Promise<string> {
    this.jobs.reset();
    for (const [name, counts] of Object.entries(await this.queue.stats())) {
      this.jobs.set({ name, state: 'waiting' }, counts.waiting);
      this.jobs.set({ name, state: 'active' }, counts.active);
    }
    return this.registry.metrics();
  }
}
