import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import type { ReportSubject, ReportSubjects, SubjectRef } from '../delivery/report-subject.port.js';
import { ReportViewService } from '../reports/report-view.service.js';
import { requestOf } from '../reports/view-request.js';
import { DashboardWidgets } from './dashboard-widgets.service.js';
import { DashboardService } from './dashboard.service.js';

/** Report views and dashboards, for everything that sends them. */
@Injectable()
export class ReportSubjectsService implements ReportSubjects {
  constructor(
    private readonly views: ReportViewService,
    private readonly dashboards: DashboardService,
    private readonly widgets: DashboardWidgets,
  ) {}

  async find(asker: Identity, { view_id, dashboard_id }: SubjectRef): Promise<ReportSubject> {
    if (dashboard_id === null) {
      const view = await this.views.find(asker, view_id ?? '');
      return { view_id: view.id, dashboard_id, name: view.report_name, requests: [requestOf(view)] };
    }
    const dashboard = await this.dashboards.find(asker, dashboard_id);
    const found = await this.widgets.find(asker, dashboard);
    const requests = found.flatMap((item) => (item.kind === 'ready' ? [item.request] : []));
    return { view_id, dashboard_id: dashboard.id, name: dashboard.dashboard_name, requests };
  }

  async readableIds(asker: Identity): ReturnType<ReportSubjects['readableIds']> {
    const views = await this.views.readableIds(asker);
    const dashboards = await this.dashboards.readableIds(asker);
    return views === null || dashboards === null ? null : { views, dashboards };
  }
}
