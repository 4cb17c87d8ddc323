/** What a change of the model does to dashboards: what it does to the requests of their widgets. Pure. */
import type { SavedRequest, ViewImpact } from '../metrics/impact.js';
import type { ReportRequest } from '../compiler/query/types.js';
import type { Dashboard } from './dashboard.entity.js';
import { widgetRequest } from './widget-request.js';

export interface DashboardImpact {
  readonly id: string;
  readonly dashboard_name: string;
  /**
   * `stops`: some of its widgets show the reason in place of numbers. `changes`: a metric is missing from one, or a number
   * in it means something else.
   */
  readonly effect: 'stops' | 'changes';
  readonly reasons: readonly string[];
  /** Ids of the widgets. */
  readonly widgets: readonly string[];
}

/** The requests of all widgets, each named by its dashboard and itself. */
export const widgetsAsSaved = (
  dashboards: readonly Dashboard[],
  views: ReadonlyMap<string, ReportRequest>,
): SavedRequest[] =>
  dashboards.flatMap((dashboard) =>
    dashboard.widgets.flatMap((widget): SavedRequest[] => {
      if (widget.type === 'text') return [];
      const own = widget.query ?? views.get(widget.view_id ?? '');
      if (!own) return [];
      const request = widgetRequest(dashboard, widget, own);
      return [{ id: `${dashboard.id} ${widget.id}`, report_name: dashboard.dashboard_name, request }];
    }),
  );

/** One entry a dashboard, of what was found about the requests of {@link widgetsAsSaved}. */
export function impactByDashboard(affected: readonly ViewImpact[]): DashboardImpact[] {
  const found = new Map<string, DashboardImpact>();
  for (const { id, report_name, effect, reasons } of affected) {
    const [dashboard = '', widget = ''] = id.split(' ');
    const known = found.get(dashboard);
    found.set(dashboard, {
      id: dashboard,
      dashboard_name: report_name,
      effect: effect === 'stops' || known?.effect === 'stops' ? 'stops' : 'changes',
      reasons: [...new Set([...(known?.reasons ?? []), ...reasons])],
      widgets: [...(known?.widgets ?? []), widget],
    });
  }
  return [...found.values()];
}
