import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { JobRun } from './fallback-job-queue.js';
import type { JobQueue } from './job-queue.js';

/** What the queue and this process' work on it look like to Prometheus. */
@Injectable()
export class JobMetrics {
  private readonly depth = new Gauge({
    name: 'tributary_jobs',
    help: 'Jobs in the queue, by name and state',
    labelNames: ['name', 'state'] as const,
    registers: [],
  });
  private readonly lag = new Gauge({
    name: 'tributary_job_lag_seconds',
    help: 'For how long the oldest job that may run has waited for it, by name',
    labelNames: ['name'] as const,
    registers: [],
  });
  private readonly up = new Gauge({
    name: 'tributary_job_store_up',
    help: '1 when the store of the queue answers, 0 when it is away and wake-ups come from the ledger alone',
    labelNames: ['backend'] as const,
    registers: [],
  });
  private readonly failures = new Counter({
    name: 'tributary_job_failures_total',
    help: 'Runs of jobs in this process that ended with an error, by name',
    labelNames: ['name'] as const,
    registers: [],
  });
  private readonly seconds = new Histogram({
    name: 'tributary_job_seconds',
    help: 'Time of a run of a job in this process, by name and outcome',
    labelNames: ['name', 'outcome'] as const,
    buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
    registers: [],
  });
  /** To be registered where metrics are rendered. */
  readonly all = [this.depth, this.lag, this.up, this.failures, this.seconds] as const;

  note({ name, outcome, seconds }: JobRun): void {
    this.seconds.observe({ name, outcome }, seconds);
    this.failures.inc({ name }, outcome === 'failed' ? 1 : 0);
  }

  /** Reads the queue as it is now; without its store there is nothing to read but that. */
  async read(queue: JobQueue): Promise<void> {
    this.depth.reset();
    this.lag.reset();
    try {
      for (const [name, { waiting, active, lagSeconds }] of Object.entries(await queue.stats())) {
        this.depth.set({ name, state: 'waiting' }, waiting);
        this.depth.set({ name, state: 'active' }, active);
        this.lag.set({ name }, lagSeconds);
        this.failures.inc({ name }, 0);
      }
      this.up.set({ backend: queue.backend }, 1);
    } catch {
      this.up.set({ backend: queue.backend }, 0);
    }
  }
}
