import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import { policyOf } from '../access/policy.js';
import { Problem } from '../common/problem.js';
import { ModelService } from '../metrics/model.service.js';
import { QueryService, type QueryAnswer } from '../query/query.service.js';
import { additiveOf } from '../reports/additive.js';
import { checkChart } from '../reports/render/charts/shape.js';
import type { ReportView } from '../reports/report-view.entity.js';
import { ReportViewService } from '../reports/report-view.service.js';
import { PAGE_ROWS } from '../reports/request-runner.service.js';
import { requestOf, whole } from '../reports/view-request.js';
import { DashboardService } from './dashboard.service.js';
import type { LoadedDashboardDto, LoadedWidgetDto, WidgetLibraryDto } from './dashboard.dto.js';
import { DashboardWidgets, type WorkedWidget } from './dashboard-widgets.service.js';
import { presentWidget, titleOf } from './present-dashboard.js';
import { WIDGET_KINDS, WIDGET_TYPES, type WidgetType } from './widget-types.js';

/** Views that the library lists. */
const MOST_VIEWS = 1_000;

/** Numbers for whoever draws a dashboard of its own. */
@Injectable()
export class DashboardData {
  constructor(
    private readonly dashboards: DashboardService,
    private readonly widgets: DashboardWidgets,
    private readonly queries: QueryService,
    private readonly models: ModelService,
    private readonly views: ReportViewService,
  ) {}

  /** Kinds of widgets, and saved reports with those that suit them. */
  async library(identity: Identity): Promise<WidgetLibraryDto> {
    const views = (await this.views.readable(identity)).slice(0, MOST_VIEWS);
    return {
      data: WIDGET_KINDS,
      views: await Promise.all(
        views.map(async (view) => ({
          view_id: view.id,
          report_name: view.report_name,
          report_category: view.report_category,
          types: await this.suiting(identity, view),
        })),
      ),
    };
  }

  /** The kinds that can show what a saved report gives; none for one that can't be run. */
  private async suiting(identity: Identity, view: ReportView): Promise<WidgetType[]> {
    try {
      const columns = await this.queries.check(policyOf(identity), whole(requestOf(view)));
      const { model } = (await this.models.live(identity.organizationId)).snapshot;
      const data = { columns, additive: additiveOf(columns, model) };
      return WIDGET_TYPES.filter((type) => type !== 'text' && checkChart({ chart: type }, data).length === 0);
    } catch (error) {
      if (error instanceof Problem && error.status < 500) return [];
      throw error;
    }
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
