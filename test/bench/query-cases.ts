/** What is asked for, and the best SQL that a person who knows the tables would write for the same answer. */
import type { ReportRequest } from '../../src/compiler/query/types.js';
import { DATA_TABLE } from '../../src/engine/clickhouse/tables.js';

export interface QueryCase {
  readonly name: string;
  readonly request: ReportRequest;
  /** Same columns and rows, in the same order. `ORG` stands for the organisation's id. */
  readonly handwritten: string;
}

const THIRTEEN_MONTHS = { from: '2025-01-01', to: '2026-01-31' };
const within = (from: string, to: string): string =>
  `organization_id = 'ORG' AND recorded_at >= toDateTime64('${from}', 3, 'UTC') AND recorded_at < toDateTime64('${to}', 3, 'UTC')`;
const ALL_DAYS = within('2025-01-01 00:00:00', '2026-02-01 00:00:00');
const text = (field: string): string => `data_payload.${field}.:String`;
/** The quotient of two sums, exact and rounded once to nine decimals. */
const ratio = (a: string, b: string): string =>
  `round(toDecimal256(sum(data_payload.${a}), 18) / nullIf(toDecimal256(sum(data_payload.${b}), 9), 0), 9)`;

export const QUERY_CASES: readonly QueryCase[] = [
  {
    name: 'roas_by_campaign_and_day',
    request: {
      metrics: ['spend', 'revenue', 'roas'],
      dimensions: ['campaign_name'],
      time_grain: 'daily',
      date_range: THIRTEEN_MONTHS,
      limit: 20_000,
    },
    handwritten: `SELECT toDate(recorded_at) AS day, ${text('campaign_name')} AS campaign, sum(data_payload.spend) AS spend,
      sum(data_payload.revenue), ${ratio('revenue', 'spend')}
      FROM ${DATA_TABLE} WHERE ${ALL_DAYS} GROUP BY day, campaign ORDER BY day, spend DESC NULLS LAST, campaign`,
  },
  {
    name: 'campaign_totals',
    request: {
      metrics: ['spend', 'revenue', 'roas'],
      dimensions: ['campaign_name'],
      date_range: THIRTEEN_MONTHS,
      order: [{ member: 'spend', direction: 'desc' }],
    },
    handwritten: `SELECT ${text('campaign_name')} AS campaign, sum(data_payload.spend) AS spend,
      sum(data_payload.revenue), ${ratio('revenue', 'spend')}
      FROM ${DATA_TABLE} WHERE ${ALL_DAYS} GROUP BY campaign ORDER BY spend DESC NULLS LAST, campaign`,
  },
  {
    name: 'customers_by_month',
    request: {
      metrics: ['customers', 'orders', 'revenue'],
      dimensions: [],
      time_grain: 'monthly',
      date_range: THIRTEEN_MONTHS,
    },
    handwritten: `SELECT toStartOfMonth(recorded_at) AS month, uniqExact(customer_id), sum(data_payload.orders), sum(data_payload.revenue)
      FROM ${DATA_TABLE} WHERE ${ALL_DAYS} GROUP BY month ORDER BY month`,
  },
  {
    name: 'mobile_by_day_in_new_york',
    request: {
      metrics: ['spend', 'clicks', 'impressions', 'ctr'],
      dimensions: ['data_source'],
      filters: { and: [{ member: 'device', operator: 'equals', values: ['mobile'] }] },
      time_grain: 'daily',
      time_zone: 'America/New_York',
      date_range: { from: '2025-03-01', to: '2025-08-31' },
    },
    handwritten: `SELECT toDate(recorded_at, 'America/New_York') AS day, data_source, sum(data_payload.spend) AS spend, sum(data_payload.clicks),
      sum(data_payload.impressions), ${ratio('clicks', 'impressions')}
      FROM ${DATA_TABLE} WHERE ${within('2025-03-01 05:00:00', '2025-09-01 04:00:00')} AND ${text('device')} = 'mobile'
      GROUP BY day, data_source ORDER BY day, spend DESC NULLS LAST, data_source`,
  },
  {
    name: 'funnel_by_device_and_week',
    request: {
      metrics: ['impressions', 'clicks', 'conversions', 'ctr', 'cpc', 'cpm', 'conversion_rate'],
      dimensions: ['device'],
      time_grain: 'weekly',
      date_range: THIRTEEN_MONTHS,
    },
    handwritten: `SELECT toStartOfWeek(recorded_at, 1) AS week, ${text('device')} AS device, sum(data_payload.impressions) AS impressions,
      sum(data_payload.clicks), sum(data_payload.conversions), ${ratio('clicks', 'impressions')}, ${ratio('spend', 'clicks')},
      round(toDecimal256(sum(data_payload.spend), 18) / nullIf(toDecimal256(sum(data_payload.impressions), 9), 0) * 1000, 9),
      ${ratio('conversions', 'clicks')}
      FROM ${DATA_TABLE} WHERE ${ALL_DAYS} GROUP BY week, device ORDER BY week, impressions DESC NULLS LAST, device`,
  },
];
