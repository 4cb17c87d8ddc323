import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import type { ReportRun, ReportRunOptions, ReportRunner } from '../delivery/report-runner.port.js';
import type { ChartConfig } from './render/document.js';
import { ReportViewService } from './report-view.service.js';
import { RequestRunner } from './request-runner.service.js';
import { requestOf } from './view-request.js';

/** Runs saved views for everything that delivers them. */
@Injectable()
export class ReportRunnerService implements ReportRunner {
  constructor(
    private readonly views: ReportViewService,
    private readonly requests: RequestRunner,
  ) {}

  async run(viewId: string, asker: Identity, options: ReportRunOptions = {}): Promise<ReportRun> {
    const view = await this.views.find(asker, viewId);
    const chart = view.dashboard_config as ChartConfig | null;
    return this.requests.run(asker, { title: view.report_name, request: requestOf(view), chart }, options);
  }
}
