import type { ReportRequest } from '../compiler/query/types.js';
import type { ReportView } from './report-view.entity.js';

/** The request that a view stands for: also when a metric of it has gone since, and then its answer says so. */
export const requestOf = (
  view: Pick<
    ReportView,
    | 'metrics'
    | 'dimensions'
    | 'filters'
    | 'date_range'
    | 'time_grain'
    | 'time_zone'
    | 'sort_order'
    | 'row_limit'
    | 'totals'
    | 'compare'
    | 'fill'
    | 'top'
    | 'subtotals'
    | 'attribution_model'
    | 'currency'
    | 'on_missing_rate'
  >,
): ReportRequest => ({
  metrics: view.metrics,
  on_missing_metric: 'leave_out',
  dimensions: view.dimensions,
  filters: view.filters,
  date_range: view.date_range,
  time_grain: view.time_grain,
  time_zone: view.time_zone,
  order: view.sort_order ?? [],
  limit: view.row_limit,
  totals: view.totals,
  ...(view.compare ? { compare: view.compare } : {}),
  ...(view.fill ? { fill: view.fill } : {}),
  ...(view.top ? { top: view.top } : {}),
  ...(view.subtotals ? { subtotals: view.subtotals } : {}),
  ...(view.attribution_model === null ? {} : { attribution_model: view.attribution_model }),
  ...(view.currency === null ? {} : { currency: view.currency }),
  ...(view.on_missing_rate === null ? {} : { on_missing_rate: view.on_missing_rate }),
});

/** The request as it has to be when it is saved: with all that it names. */
export const whole = ({ on_missing_metric: _, ...request }: ReportRequest): ReportRequest => request;

/** One page of a request. */
export const pageOf = (
  request: ReportRequest,
  { limit, cursor }: { readonly limit?: string | number | null; readonly cursor?: string | null },
): ReportRequest => ({
  ...request,
  ...(limit == null ? {} : { limit: Number(limit) }),
  ...(cursor == null ? {} : { cursor }),
});
