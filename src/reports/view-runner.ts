import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import type { ReportRunOptions, ViewRun } from '../delivery/report-runner.port.js';
import type { ChartConfig } from './render/document.js';
import { ReportViewService } from './report-view.service.js';
import { RequestRunner } from './request-runner.service.js';
import { requestOf } from './view-request.js';

/** Runs saved views with what their asker may see. */
@Injectable()
export class ViewRunner {
  constructor(
    private readonly views: ReportViewService,
    private readonly requests: RequestRunner,
  ) {}

  /** @throws Problem `not_found`, or whatever makes the view refuse to run */
  async run(viewId: string, asker: Identity, options: ReportRunOptions = {}): Promise<ViewRun> {
    const view = await this.views.find(asker, viewId);
    const chart = view.dashboard_config as ChartConfig | null;
    return this.requests.run(asker, { title: view.report_name, request: requestOf(view), chart }, options);
  }
}
