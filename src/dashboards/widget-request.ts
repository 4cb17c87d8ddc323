/** What a widget asks for within its dashboard. Pure. */
import type { Filter, ReportRequest } from '../compiler/query/types.js';
import type { ChartConfig } from '../reports/render/document.js';
import type { Dashboard, DataWidget } from './dashboard.entity.js';

type Common = Pick<Dashboard, 'filters' | 'date_range' | 'time_zone'>;

/** The widget's own request, under the period, the clock and the filters that the dashboard sets for all. */
export function widgetRequest(
  { filters, date_range, time_zone }: Common,
  widget: DataWidget,
  own: ReportRequest,
): ReportRequest {
  return {
    ...own,
    on_missing_metric: 'leave_out',
    filters: both(own.filters, filters),
    date_range: widget.own_period || date_range === null ? (own.date_range ?? null) : date_range,
    time_zone: time_zone ?? own.time_zone ?? null,
  };
}

/** How the widget is drawn: its own type, whatever a view’s picture was. */
export const widgetChart = ({ type, metrics, rows, columns }: DataWidget): ChartConfig =>
  ({
    chart: type,
    ...(metrics ? { metrics } : {}),
    ...(rows === null ? {} : { rows }),
    ...(columns === null ? {} : { columns }),
  }) as ChartConfig;

function both(own: ReportRequest['filters'], common: Dashboard['filters']): ReportRequest['filters'] {
  const parts = [...conditions(own), ...conditions(common)];
  return parts.length === 0 ? null : { and: parts };
}

function conditions(filters: ReportRequest['filters']): readonly Filter[] {
  if (!filters) return [];
  if (Array.isArray(filters)) return filters as readonly Filter[];
  return 'and' in (filters as Filter) ? (filters as { and: readonly Filter[] }).and : [filters as Filter];
}
