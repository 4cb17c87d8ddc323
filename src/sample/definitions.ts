/** Metrics and report views of the sample organisation, as its analyst would have sent them to the API. */
import type { CreateMetricDto } from '../metrics/metric.dto.js';

export const SAMPLE_METRICS: readonly CreateMetricDto[] = [
  {
    metric_key: 'net_sales',
    display_label: 'Net sales',
    description: 'Goods sold by the shop after discounts and refunds, without shipping and taxes.',
    category: 'calculated',
    metric_type: 'metric',
    data_type: 'currency',
    formula: 'coalesce(subtotal, 0) - coalesce(refunds, 0)',
    unit: 'USD',
  },
  {
    metric_key: 'blended_roas',
    display_label: 'Blended ROAS',
    description: 'Net sales of the shop over the spend of all platforms, whichever platform claims the sale.',
    category: 'calculated',
    metric_type: 'metric',
    data_type: 'float',
    formula: 'net_sales / spend',
    unit: 'x',
    alias_keys: ['mer'],
  },
  {
    metric_key: 'margin_after_ads',
    display_label: 'Margin after ads',
    description: 'Gross margin of 58 % on net sales, less ad spend.',
    category: 'calculated',
    metric_type: 'metric',
    data_type: 'currency',
    formula: 'net_sales * 0.58 - coalesce(spend, 0)',
    unit: 'USD',
  },
  {
    metric_key: 'mail_clicks',
    display_label: 'Newsletter clicks',
    description: 'Clicks in newsletters, as the mail platform counts them.',
    category: 'platform',
    metric_type: 'metric',
    data_type: 'integer',
    aggregation: 'sum',
  },
  {
    metric_key: 'mail_click_rate',
    display_label: 'Newsletter click rate',
    description: 'Clicks per delivered newsletter.',
    category: 'calculated',
    metric_type: 'metric',
    data_type: 'float',
    formula: 'mail_clicks / delivered',
    unit: '%',
  },
];

const AD_PLATFORMS = {
  member: 'data_source',
  operator: 'equals',
  values: ['meta_ads', 'google_ads', 'tiktok_ads', 'linkedin_ads'],
} as const;

type SampleView = Readonly<Record<string, unknown>> & { readonly report_name: string };

/** Bodies of `POST /api/reports/views`; the first one is sent as the first report. */
export const SAMPLE_VIEWS: readonly [SampleView, ...SampleView[]] = [
  {
    report_name: 'Sales and ad spend by week',
    report_category: 'roas_analysis',
    dimensions: [],
    metrics: ['net_sales', 'spend', 'orders', 'blended_roas', 'margin_after_ads'],
    filters: null,
    date_range: { last: 26, unit: 'week', complete: true },
    time_grain: 'weekly',
    totals: true,
    visibility: 'organization',
    dashboard_config: { chart: 'combo', metrics: ['net_sales', 'spend', 'blended_roas'] },
  },
  {
    report_name: 'Ad platforms, last 30 days',
    report_category: 'roas_analysis',
    dimensions: ['data_source'],
    metrics: ['spend', 'impressions', 'clicks', 'ctr', 'cpc', 'conversions', 'revenue', 'roas'],
    filters: { and: [AD_PLATFORMS] },
    date_range: { last: 30, unit: 'day', complete: true },
    order: [{ member: 'spend', direction: 'desc' }],
    totals: true,
    visibility: 'organization',
    dashboard_config: { chart: 'bar', metrics: ['spend', 'revenue'] },
  },
  {
    report_name: 'Campaigns, last 90 days',
    report_category: 'campaign_performance',
    dimensions: ['data_source', 'campaign_name'],
    metrics: ['spend', 'impressions', 'clicks', 'conversions', 'revenue', 'roas'],
    filters: { and: [AD_PLATFORMS] },
    date_range: { last: 90, unit: 'day', complete: true },
    order: [{ member: 'spend', direction: 'desc' }],
    limit: 25,
    totals: true,
    visibility: 'organization',
    dashboard_config: { chart: 'bar', metrics: ['spend'] },
  },
  {
    report_name: 'Newsletter by month',
    report_category: 'campaign_performance',
    dimensions: [],
    metrics: ['delivered', 'open_rate', 'mail_click_rate', 'unsubscribes'],
    filters: { and: [{ member: 'data_source', operator: 'equals', values: ['newsletter'] }] },
    date_range: { last: 12, unit: 'month', complete: true },
    time_grain: 'monthly',
    totals: true,
    visibility: 'organization',
    dashboard_config: { chart: 'line', metrics: ['open_rate', 'mail_click_rate'] },
  },
];
