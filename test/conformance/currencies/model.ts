/** An organisation that sells in dollars, buys in euros and pounds, and has a shop in yen without any rate. */
import type { Rate } from '../../../src/compiler/currency/rate-book.js';
import type { MemberDefinition } from '../../../src/compiler/model/types.js';
import type { UnifiedRow } from '../../../src/engine/engine.js';
import { definition, type GivenDefinition } from '../../support/definition.js';
import { createHash } from 'node:crypto';

type Given = GivenDefinition & Pick<MemberDefinition, 'data_type'>;
const define = (given: Given): MemberDefinition => definition(given);
const spend = (metric_key: string, aggregation: MemberDefinition['aggregation']): MemberDefinition =>
  define({ metric_key, data_type: 'currency', aggregation, expression: 'spend' });
const dimension = (given: Given): MemberDefinition => define({ metric_type: 'dimension', aggregation: null, ...given });
const window = (metric_key: string, given: NonNullable<MemberDefinition['window']>): MemberDefinition =>
  define({
    metric_key,
    data_type: given.kind === 'share' || given.metric === 'score_by_spend' ? 'float' : 'currency',
    window: given,
    additivity: 'non_additive',
    category: 'calculated',
  });

export const CURRENCY_DEFINITIONS: readonly MemberDefinition[] = [
  define({ metric_key: 'spend', data_type: 'currency' }),
  define({ metric_key: 'revenue', data_type: 'currency' }),
  define({ metric_key: 'clicks', data_type: 'integer' }),
  define({ metric_key: 'rows', data_type: 'integer', aggregation: 'count', expression: '*' }),
  spend('average_spend', 'avg'),
  spend('least_spend', 'min'),
  spend('most_spend', 'max'),
  spend('median_spend', 'median'),
  spend('last_spend', 'last'),
  define({
    metric_key: 'big_spend',
    data_type: 'currency',
    expression: 'spend',
    filter: { member: 'band', operator: 'equals', values: ['high'] },
  }),
  define({
    metric_key: 'score_by_spend',
    data_type: 'float',
    aggregation: 'weighted_avg',
    expression: 'score',
    weight: 'spend',
  }),
  define({ metric_key: 'roas', data_type: 'float', formula: 'revenue / spend', category: 'calculated' }),
  define({ metric_key: 'cost_per_click', data_type: 'currency', formula: 'spend / clicks', category: 'calculated' }),
  window('spend_so_far', { kind: 'cumulative', metric: 'spend' }),
  window('average_spend_so_far', { kind: 'cumulative', metric: 'average_spend' }),
  window('score_so_far', { kind: 'cumulative', metric: 'score_by_spend' }),
  window('revenue_so_far', { kind: 'cumulative', metric: 'revenue' }),
  window('spend_2_days', { kind: 'rolling', metric: 'spend', count: 2, unit: 'day' }),
  window('average_spend_2_days', { kind: 'rolling', metric: 'average_spend', count: 2, unit: 'day' }),
  window('score_2_days', { kind: 'rolling', metric: 'score_by_spend', count: 2, unit: 'day' }),
  window('least_spend_2_days', { kind: 'rolling', metric: 'least_spend', count: 2, unit: 'day' }),
  window('cost_per_click_so_far', { kind: 'cumulative', metric: 'cost_per_click' }),
  window('spend_share', { kind: 'share', metric: 'spend', within: [] }),
  dimension({ metric_key: 'label', data_type: 'string' }),
  dimension({ metric_key: 'price', data_type: 'currency', expression: 'spend' }),
  // €50 is above 52 only in dollars.
  dimension({ metric_key: 'band', data_type: 'string', formula: 'if(spend > 52, "high", "low")' }),
];

const rate = (day: string, quote: string, value: string): Rate => ({
  base: 'EUR',
  quote,
  day,
  rate: value,
  source: 'ecb',
  as_of: `${day}T15:00:00.000Z`,
});
export const RATES: readonly Rate[] = [
  rate('2026-01-02', 'USD', '1.10'),
  rate('2026-01-05', 'USD', '1.20'),
  rate('2026-01-06', 'USD', '1.30'),
  rate('2026-01-02', 'GBP', '0.80'),
  rate('2026-01-05', 'GBP', '0.80'),
  rate('2026-01-06', 'GBP', '0.80'),
];

/** A row with money, ready to be stored. */
export function moneyRow(
  line: number,
  recorded_at: string,
  data_source: string,
  currency: string | null,
  payload: Readonly<Record<string, string | number>>,
): UnifiedRow {
  const hash = createHash('sha256')
    .update(JSON.stringify([line, recorded_at, data_source, currency, payload]))
    .digest('hex');
  return {
    id: `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`,
    recorded_at,
    data_source,
    source_category: 'external_marketing',
    campaign_id: null,
    customer_id: null,
    asset_id: null,
    currency,
    data_payload: JSON.stringify(payload),
    attribution_data: null,
    content_hash: hash.slice(32, 48),
    line: line + 1,
  };
}

const GIVEN: readonly [string, string, string | null, Readonly<Record<string, string | number>>][] = [
  ['2026-01-02T08:00:00.000Z', 'meta_ads', 'USD', { spend: 100, revenue: 300, clicks: 7, score: 2 }],
  ['2026-01-02T09:00:00.000Z', 'google_ads', 'EUR', { spend: 50, revenue: 100, clicks: 3, score: 8 }],
  // A Sunday, for which nobody publishes rates.
  ['2026-01-04T10:00:00.000Z', 'google_ads', 'EUR', { spend: '10.01' }],
  ['2026-01-05T10:00:00.000Z', 'tiktok_ads', 'GBP', { spend: 20 }],
  ['2026-01-05T11:00:00.000Z', 'meta_ads', null, { spend: 7 }],
  ['2026-01-05T23:30:00.000Z', 'google_ads', 'EUR', { spend: 1, label: 'midnight' }],
  ['2026-01-06T00:30:00.000Z', 'google_ads', 'EUR', { spend: 1, label: 'midnight' }],
  ['2026-02-10T10:00:00.000Z', 'shop', 'JPY', { revenue: 9000, clicks: 2 }],
  ['2026-02-11T10:00:00.000Z', 'shop', 'JPY', { revenue: 1000 }],
];
export const ROWS: readonly UnifiedRow[] = GIVEN.map(([at, source, currency, payload], index) =>
  moneyRow(index, at, source, currency, payload),
);
