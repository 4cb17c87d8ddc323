import type { PlannedColumn } from '../compiler/query/types.js';
import type { Dashboard, Widget } from './dashboard.entity.js';
import type { DashboardDto, DashboardNoticeDto, DashboardSummaryDto, WidgetDto } from './dashboard.dto.js';

export const presentWidget = (widget: Widget): WidgetDto => ({
  id: widget.id,
  type: widget.type,
  title: widget.title,
  width: widget.width,
  view_id: widget.type === 'text' ? null : (widget.view_id ?? null),
  query: widget.type === 'text' ? null : (widget.query ?? null),
  metrics: widget.type === 'text' ? null : widget.metrics,
  rows: widget.type === 'text' ? null : widget.rows,
  columns: widget.type === 'text' ? null : widget.columns,
  own_period: widget.type === 'text' ? false : widget.own_period,
  text: widget.type === 'text' ? widget.text : null,
});

export const presentDashboard = (dashboard: Dashboard, warnings: readonly DashboardNoticeDto[]): DashboardDto => ({
  id: dashboard.id,
  created_by_user: dashboard.created_by_user,
  dashboard_name: dashboard.dashboard_name,
  description: dashboard.description,
  widgets: dashboard.widgets.map(presentWidget),
  filters: dashboard.filters,
  date_range: dashboard.date_range,
  time_zone: dashboard.time_zone,
  visibility: dashboard.visibility,
  team_id: dashboard.team_id,
  warnings,
  created_at: dashboard.created_at.toISOString(),
  updated_at: dashboard.updated_at.toISOString(),
});

export const presentSummary = (dashboard: Dashboard): DashboardSummaryDto => ({
  id: dashboard.id,
  dashboard_name: dashboard.dashboard_name,
  description: dashboard.description,
  widgets: dashboard.widgets.length,
  visibility: dashboard.visibility,
  team_id: dashboard.team_id,
  created_by_user: dashboard.created_by_user,
  created_at: dashboard.created_at.toISOString(),
  updated_at: dashboard.updated_at.toISOString(),
});

/** A title for a widget that has none: what it shows. */
export function titleOf(columns: readonly PlannedColumn[], drawn: readonly string[] | null): string {
  const isTwin = (name: string): boolean => name.endsWith('__previous') || name.endsWith('__change');
  const metrics = columns.filter(({ role, name }) => role === 'metric' && !isTwin(name));
  const chosen = drawn === null ? metrics : metrics.filter(({ name }) => drawn.includes(name));
  const shown = (chosen.length > 0 ? chosen : metrics).map(({ label }) => label);
  const keys = columns.filter(({ role }) => role !== 'metric').map(({ label }) => label.toLowerCase());
  const what = shown.length > 3 ? `${shown.slice(0, 2).join(', ')} and ${shown.length - 2} more` : inWords(shown);
  return [what || inWords(keys), ...(what && keys.length > 0 ? [`by ${inWords(keys)}`] : [])].join(' ');
}

const inWords = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
