import { Inject, Injectable } from '@nestjs/common';
import { Histogram, Registry, collectDefaultMetrics, type Metric } from 'prom-client';
import { LedgerMetrics } from '../delivery/ledger-metrics.js';
import { RenderMetrics } from '../delivery/render-metrics.js';
import { JobMetrics } from '../jobs/job-metrics.js';
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

  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    private readonly jobs: JobMetrics,
    private readonly ledger: LedgerMetrics,
    renderers: RenderMetrics,
    rollups: RollupPlans,
  ) {
    this.registry.registerMetric(rollups.answers);
    for (const metric of [...jobs.all, ...ledger.all, ...renderers.all]) this.registry.registerMetric(metric as Metric);
    collectDefaultMetrics({ register: this.registry, prefix: 'tributary_' });
  }

  async render(): Promise<string> {
    await Promise.all([this.jobs.read(this.queue), this.ledger.read()]);
    return this.registry.metrics();
  }
}
