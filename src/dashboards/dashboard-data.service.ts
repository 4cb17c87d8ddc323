import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import { policyOf } from '../access/policy.js';
import { QueryService, type QueryAnswer } from '../query/query.service.js';
import { ReportViewService } from '../reports/report-view.service.js';
import { PAGE_ROWS } from '../reports/request-runner.service.js';
import { requestOf } from '../reports/view-request.js';
import { DashboardService } from './dashboard.service.js';
import type { LoadedDashboardDto, LoadedWidgetDto, WidgetLibraryDto } from './dashboard.dto.js';
import { DashboardWidgets, type WorkedWidget } from './dashboard-widgets.service.js';
import { presentWidget, titleOf } from './present-dashboard.js';
import { lacks, WIDGET_KINDS } from './widget-types.js';

/** Views that the library lists. */
const MOST_VIEWS = 1_000;

/** Numbers for whoever draws a dashboard of its own. */
@Injectable()
export class DashboardData {
  constructor(
    private readonly dashboards: DashboardService,
    private readonly widgets: DashboardWidgets,
    private readonly queries: QueryService,
    private readonly views: ReportViewService,
  ) {}

  /** Kinds of widgets, and saved reports with those that suit them. */
  async library(identity: Identity): Promise<WidgetLibraryDto> {
    const { data } = await this.views.list(identity, { limit: MOST_VIEWS });
    return {
      data: WIDGET_KINDS,
      views: data.map((view) => ({
        view_id: view.id,
        report_name: view.report_name,
        report_category: view.report_category,
        types: WIDGET_KINDS.flatMap(({ type }) => {
          const request = { ...view, time_grain: view.time_grain as ReturnType<typeof requestOf>['time_grain'] };
          return type === 'text' || lacks(type, request) !== null ? [] : [type];
        }),
      })),
    };
  }

  /** A dashboard with the numbers of all its widgets; one that fails says why in its place. */
  async load(identity: Identity, id: string, signal?: AbortSignal): Promise<LoadedDashboardDto> {
    const started = performance.now();
    const dashboard = await this.dashboards.find(identity, id);
    const policy = policyOf(identity);
    const { widgets, isOneVersion } = await this.widgets.each(
      identity,
      await this.widgets.find(identity, dashboard),
      ({ request }) =>
        this.queries.run(
          policy,
          { ...request, totals: true, limit: Math.min(request.limit ?? PAGE_ROWS, PAGE_ROWS) },
          signal ? { signal } : {},
        ),
      signal,
    );
    const presented = await this.dashboards.presented(identity, dashboard);
    return {
      ...presented,
      widgets: widgets.map(loaded),
      meta: {
        failed: widgets.filter(({ kind }) => kind === 'broken').length,
        is_one_version: isOneVersion,
        generated_at: new Date().toISOString(),
        took_ms: Math.round(performance.now() - started),
      },
    };
  }
}

function loaded(worked: WorkedWidget<QueryAnswer>): LoadedWidgetDto {
  const shown = presentWidget(worked.widget);
  switch (worked.kind) {
    case 'text':
      return { ...shown, state: 'text', data: null, problem: null };
    case 'broken':
      return { ...shown, state: 'failed', data: null, problem: worked.problem };
    case 'done': {
      const { found, widget, result } = worked;
      const title = widget.title ?? found.view?.report_name ?? titleOf(result.columns, widget.metrics);
      return { ...shown, title, state: 'ready', data: result, problem: null };
    }
    default:
      return worked satisfies never;
  }
}
