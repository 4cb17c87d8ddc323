import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import type { ReportRun, ReportRunOptions, ReportRunner } from '../delivery/report-runner.port.js';
import type { SubjectRef } from '../delivery/report-subject.port.js';
import { ViewRunner } from '../reports/view-runner.js';
import { DashboardRunner } from './dashboard-runner.js';

/** Runs whatever can be sent. */
@Injectable()
export class SubjectRunner implements ReportRunner {
  constructor(
    private readonly views: ViewRunner,
    private readonly dashboards: DashboardRunner,
  ) {}

  run({ view_id, dashboard_id }: SubjectRef, asker: Identity, options?: ReportRunOptions): Promise<ReportRun> {
    return dashboard_id === null
      ? this.views.run(view_id ?? '', asker, options)
      : this.dashboards.run(dashboard_id, asker, options);
  }
}
