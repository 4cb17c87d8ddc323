import { badRequest } from '../common/problem.js';
import { ShapeReader } from '../query/request.js';
import { REPORT_CATEGORIES, VISIBILITIES, type ReportView } from './report-view.entity.js';

/** What a user may set of a view. */
export type ReportViewFields = Omit<
  ReportView,
  'id' | 'organization_id' | 'created_by_user' | 'created_at' | 'updated_at'
>;

const FIELDS = [
  'report_name',
  'report_category',
  'dimensions',
  'metrics',
  'filters',
  'date_range',
  'attribution_model',
  'time_grain',
  'time_zone',
  'order',
  'limit',
  'totals',
  'compare',
  'fill',
  'top',
  'subtotals',
  'currency',
  'on_missing_rate',
  'visibility',
  'team_id',
  'schedule_config',
  'dashboard_config',
] as const;

/**
 * The body of a view: the FSD's fields, the query fields as in `POST /api/query`.
 * @param existing for a PATCH, what stands where a field is absent
 * @throws Problem 400 `invalid_request` with every mistake and its JSON pointer
 */
export function readReportView(body: unknown, existing?: ReportView): ReportViewFields {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('invalid_request', 'Expected a JSON object with the fields of a report view.');
  }
  const reader = new ShapeReader();
  reader.onlyKeys(body as Record<string, unknown>, FIELDS, '');
  const before: Record<string, unknown> = existing
    ? { ...existing, order: existing.sort_order, limit: existing.row_limit }
    : { report_category: 'campaign_performance', visibility: 'private' };
  const merged: Record<string, unknown> = { ...before, ...(body as Record<string, unknown>) };
  const request = reader.requestParts(merged);
  const optional = <T>(key: string, read: (value: unknown, pointer: string) => T | undefined): T | null =>
    merged[key] === undefined || merged[key] === null ? null : (read(merged[key], `/${key}`) ?? null);
  const object = (value: unknown, pointer: string): Record<string, unknown> | undefined => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    return reader.fail('wrong_type', pointer, 'Expected a JSON object.');
  };
  const name = reader.text(merged.report_name, '/report_name', 'the report’s title');
  if (name !== undefined && (name.trim() === '' || name.length > 200)) {
    reader.fail('wrong_value', '/report_name', 'The title must have 1 to 200 characters.');
  }
  const category = reader.oneOf(merged.report_category, REPORT_CATEGORIES, '/report_category');
  const visibility = reader.oneOf(merged.visibility, VISIBILITIES, '/visibility');
  const fields: ReportViewFields = {
    report_name: name ?? '',
    report_category: category ?? 'campaign_performance',
    dimensions: [...request.dimensions],
    metrics: [...request.metrics],
    filters: (request.filters ?? null) as ReportView['filters'],
    date_range: request.date_range ?? null,
    attribution_model: optional('attribution_model', (value, at) =>
      reader.text(value, at, 'the key of an attribution model'),
    ),
    time_grain: request.time_grain ?? null,
    time_zone: request.time_zone ?? null,
    sort_order: request.order && request.order.length > 0 ? [...request.order] : null,
    row_limit: request.limit ?? null,
    totals: request.totals ?? false,
    compare: request.compare ?? null,
    fill: request.fill ?? null,
    top: request.top ?? null,
    subtotals: request.subtotals ? (request.subtotals as ReportView['subtotals']) : null,
    currency: request.currency ?? null,
    on_missing_rate: request.on_missing_rate ?? null,
    visibility: visibility ?? 'private',
    team_id: visibility === 'team' ? optional('team_id', (value, at) => reader.uuid(value, at)) : null,
    schedule_config: optional('schedule_config', object),
    dashboard_config: optional('dashboard_config', object),
  };
  reader.done();
  return fields;
}
