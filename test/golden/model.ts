import type { Rate } from '../../src/compiler/currency/rate-book.js';
import { buildModel } from '../../src/compiler/model/build.js';
import type { MemberDefinition, Model } from '../../src/compiler/model/types.js';
import type { ReportRequest } from '../../src/compiler/query/types.js';
import { definition, type GivenDefinition } from '../support/definition.js';

const define = (given: GivenDefinition): MemberDefinition => definition({ data_type: 'currency', ...given });

/** One of each kind, and labels that try to get out of their quotes. */
const DEFINITIONS: readonly MemberDefinition[] = [
  define({ metric_key: 'spend', display_label: 'Spend', description: 'What it cost, `before` ${tax} \\ "fees"\n' }),
  define({ metric_key: 'clicks', data_type: 'integer' }),
  define({ metric_key: 'items', data_type: 'integer', expression: 'basket.item count' }),
  define({ metric_key: 'rows', data_type: 'integer', aggregation: 'count', expression: '*' }),
  define({ metric_key: 'devices', data_type: 'integer', aggregation: 'distinct', expression: 'device' }),
  define({ metric_key: 'average_score', data_type: 'float', aggregation: 'avg', expression: 'score' }),
  define({
    metric_key: 'weighted_score',
    data_type: 'float',
    aggregation: 'weighted_avg',
    expression: 'score',
    weight: 'impressions',
  }),
  define({ metric_key: 'median_score', data_type: 'float', aggregation: 'median', expression: 'score' }),
  define({ metric_key: 'last_items', data_type: 'integer', aggregation: 'last', expression: 'basket.item count' }),
  define({
    metric_key: 'mobile_spend',
    expression: 'spend',
    filter: {
      or: [
        { member: 'device', operator: 'equals', values: ['mobile', "`}); drop('"] },
        { member: 'band', operator: 'equals', values: ['high'] },
      ],
    },
  }),
  define({
    metric_key: 'band',
    metric_type: 'dimension',
    data_type: 'string',
    formula: 'if(spend >= 0.2 and weekday(recorded_at) < 6, "high", "low")',
  }),
  define({ metric_key: 'cost_per_click', formula: 'spend / clicks', category: 'calculated' }),
  define({ metric_key: 'ten_clicks', formula: 'round(cost_per_click * 10, 2)', category: 'calculated' }),
  define({ metric_key: 'spend_7_days', window: { kind: 'rolling', metric: 'spend', count: 7, unit: 'day' } }),
  define({ metric_key: 'part_of_week', data_type: 'float', formula: 'spend / spend_7_days', category: 'calculated' }),
  define({
    metric_key: 'came_back',
    data_type: 'float',
    conversion: {
      from: { member: 'device', operator: 'equals', values: ['mobile'] },
      to: { member: 'spend_is_set', operator: 'equals', values: [true] },
      days: 30,
      output: 'rate',
    },
  }),
  define({ metric_key: 'spend_is_set', metric_type: 'dimension', data_type: 'boolean', formula: 'spend >= 0' }),
  define({ metric_key: 'broken', formula: 'spend / nothing_like_this', category: 'calculated' }),
  define({ metric_key: 'device', data_type: 'string', metric_type: 'dimension', display_label: "`}); drop('" }),
  define({ metric_key: 'landed', data_type: 'date', metric_type: 'dimension' }),
  define({ metric_key: 'is_new', data_type: 'boolean', metric_type: 'dimension' }),
  define({ metric_key: 'position', data_type: 'integer', metric_type: 'dimension' }),
];

export const goldenModel = (): Model =>
  buildModel({
    standard: [],
    organization: DEFINITIONS,
    settings: { currency: 'EUR', time_zone: 'Europe/Berlin', week_start: 7 },
  });

export const GOLDEN_NOW = '2026-02-15T12:00:00Z';

/** Requests by the name of their files in `expected/`. */
/** For dollars on the 2nd and the 3rd; for pounds on the 4th only. */
export const GOLDEN_RATES: readonly Rate[] = [
  { base: 'EUR', quote: 'USD', day: '2026-01-02', rate: '1.1', source: 'ecb', as_of: '2026-01-02T15:00:00.000Z' },
  { base: 'EUR', quote: 'USD', day: '2026-01-03', rate: '1.25', source: 'ecb', as_of: '2026-01-03T15:00:00.000Z' },
  { base: 'EUR', quote: 'GBP', day: '2026-01-04', rate: '0.8', source: 'ecb', as_of: '2026-01-04T15:00:00.000Z' },
];

export const GOLDEN_REQUESTS: Readonly<Record<string, ReportRequest>> = {
  'every-metric': {
    metrics: ['spend', 'clicks', 'items', 'rows', 'devices', 'average_score', 'weighted_score', 'ten_clicks'],
    dimensions: [],
    filters: { member: 'data_source', operator: 'equals', values: ['mixed'] },
  },
  'metric-kinds': {
    metrics: ['median_score', 'last_items', 'mobile_spend'],
    dimensions: ['band'],
    filters: { member: 'data_source', operator: 'equals', values: ['mixed'] },
    order: [{ member: 'band', direction: 'asc' }],
    totals: true,
  },
  'weekly-by-device': {
    metrics: ['clicks', 'cost_per_click'],
    dimensions: ['device'],
    date_range: { from: '2026-01-01', to: '2026-01-31' },
    time_grain: 'weekly',
    filters: [{ member: 'data_source', operator: 'startsWith', values: ['MIX', 'cal'] }],
    order: [{ member: 'device', direction: 'desc' }],
    limit: 4,
    totals: true,
  },
  'filtered-groups': {
    metrics: ['spend', 'rows'],
    dimensions: ['is_new', 'position', 'landed', 'recorded_at'],
    filters: {
      and: [
        {
          or: [
            { member: 'position', operator: 'gt', values: [1] },
            { member: 'landed', operator: 'notSet' },
          ],
        },
        { member: 'device', operator: 'notContains', values: ['%', "'"] },
        { member: 'is_new', operator: 'notEquals', values: [true] },
        {
          or: [
            { member: 'spend', operator: 'gte', values: ['16.00'] },
            { member: 'rows', operator: 'lt', values: [1] },
          ],
        },
      ],
    },
    offset: 1,
    limit: 10,
  },
  'compared-and-filled': {
    metrics: ['clicks', 'cost_per_click'],
    dimensions: [],
    filters: { member: 'data_source', operator: 'equals', values: ['calendar'] },
    date_range: { from: '2026-01-01', to: '2026-04-30' },
    time_grain: 'monthly',
    compare: 'previous_period',
    fill: 'zero',
    totals: true,
  },
  'quarter-hours': {
    metrics: ['clicks'],
    dimensions: [],
    filters: { member: 'data_source', operator: 'equals', values: ['half_hour'] },
    time_grain: 'fifteen_minutes',
  },
  'windows-and-customers': {
    metrics: ['part_of_week', 'came_back'],
    dimensions: ['device'],
    date_range: { from: '2026-01-01', to: '2026-02-14' },
    time_grain: 'monthly',
    limit: 5,
  },
};
