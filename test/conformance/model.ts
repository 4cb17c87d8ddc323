/** The organisation whose numbers the conformance cases ask for. */
import type { MemberDefinition, Model, ModelSettings } from '../../src/compiler/model/types.js';
import { definition } from '../support/definition.js';
import { buildModel } from '../../src/compiler/model/build.js';

/** Standard payload fields; ClickHouse keeps them as typed sub-columns, everything else is untyped. */
export const TYPED_FIELDS = {
  clicks: 'integer',
  impressions: 'integer',
  reach: 'integer',
  revenue: 'decimal',
  spend: 'decimal',
} as const;

const SETTINGS: ModelSettings = { currency: 'USD', time_zone: 'UTC', week_start: 1 };

type Given = Partial<MemberDefinition> & Pick<MemberDefinition, 'metric_key' | 'data_type'>;

const define = (given: Given, metric_type: MemberDefinition['metric_type']): MemberDefinition =>
  definition({ metric_type, ...given });
const metric = (given: Given): MemberDefinition => define({ aggregation: 'sum', ...given }, 'metric');
const formula = (metric_key: string, text: string, given: Partial<MemberDefinition> = {}): MemberDefinition =>
  define({ metric_key, data_type: 'float', formula: text, category: 'calculated', ...given }, 'metric');
const windowed = (metric_key: string, window: NonNullable<MemberDefinition['window']>): MemberDefinition => {
  const isFraction = window.kind === 'share' || (window.kind === 'previous' && window.output === 'change');
  const data_type = isFraction
    ? 'float'
    : ['customers', 'items'].includes(window.metric)
      ? 'integer'
      : /^roas|score/.test(window.metric)
        ? 'float'
        : 'currency';
  return define({ metric_key, data_type, window, additivity: 'non_additive', category: 'calculated' }, 'metric');
};
const dimension = (given: Given): MemberDefinition => define(given, 'dimension');

export const DEFINITIONS: readonly MemberDefinition[] = [
  metric({ metric_key: 'spend', data_type: 'currency', alias_keys: ['cost', 'ad_spend'], display_label: 'Spend' }),
  metric({ metric_key: 'revenue', data_type: 'currency' }),
  metric({ metric_key: 'clicks', data_type: 'integer' }),
  metric({ metric_key: 'impressions', data_type: 'integer' }),
  metric({ metric_key: 'reach', data_type: 'integer', additivity: 'non_additive' }),
  metric({ metric_key: 'followers', data_type: 'integer', expression: 'reach', additivity: 'semi_additive' }),
  // Not among the standard fields: read from the untyped part of the payload.
  metric({ metric_key: 'fees', data_type: 'currency', expression: 'costs.fees' }),
  metric({ metric_key: 'score', data_type: 'float' }),
  metric({ metric_key: 'items', data_type: 'integer' }),
  metric({ metric_key: 'rows', data_type: 'integer', aggregation: 'count', expression: '*' }),
  metric({ metric_key: 'scored', data_type: 'integer', aggregation: 'count', expression: 'score' }),
  metric({ metric_key: 'priced', data_type: 'integer', aggregation: 'count', expression: 'spend' }),
  metric({ metric_key: 'devices', data_type: 'integer', aggregation: 'distinct', expression: 'device' }),
  metric({ metric_key: 'spends', data_type: 'integer', aggregation: 'distinct', expression: 'spend' }),
  metric({ metric_key: 'customers', data_type: 'integer', aggregation: 'distinct', expression: 'customer_id' }),
  metric({ metric_key: 'average_spend', data_type: 'currency', aggregation: 'avg', expression: 'spend' }),
  metric({ metric_key: 'average_score', data_type: 'float', aggregation: 'avg', expression: 'score' }),
  metric({
    metric_key: 'weighted_score',
    data_type: 'float',
    aggregation: 'weighted_avg',
    expression: 'score',
    weight: 'impressions',
  }),
  formula('roas', 'revenue / spend', { alias_keys: ['roas_old'] }),
  formula('cost_per_click', 'spend / clicks', { data_type: 'currency' }),
  formula('third', 'spend / 3'),
  formula('three_thirds', 'third * 3'),
  formula('six_average_scores', 'average_score * 6'),
  formula('click_share', 'round(100 * clicks / impressions, 2)', { unit: '%' }),
  formula('margin', 'revenue - spend - coalesce(fees, 0)', { data_type: 'currency' }),
  formula('verdict', 'if(revenue > spend, 1, 0)', { data_type: 'integer' }),
  formula('frequency', 'impressions / reach'),
  formula('broken', 'revenue / nothing_like_this'),
  windowed('spend_so_far', { kind: 'cumulative', metric: 'spend' }),
  windowed('spend_30_days', { kind: 'rolling', metric: 'spend', count: 30, unit: 'day' }),
  windowed('customers_60_days', { kind: 'rolling', metric: 'customers', count: 60, unit: 'day' }),
  windowed('roas_month_to_date', { kind: 'to_date', metric: 'roas', unit: 'month' }),
  windowed('spend_year_to_date', { kind: 'to_date', metric: 'spend', unit: 'year' }),
  windowed('spend_month_before', { kind: 'previous', metric: 'spend', count: 1, unit: 'month', output: 'value' }),
  windowed('spend_period_before', {
    kind: 'previous',
    metric: 'spend',
    count: 1,
    unit: 'period',
    output: 'difference',
  }),
  windowed('spend_growth', { kind: 'previous', metric: 'spend', count: 1, unit: 'period', output: 'change' }),
  windowed('items_so_far', { kind: 'cumulative', metric: 'items' }),
  windowed('margin_quarter_to_date', { kind: 'to_date', metric: 'margin', unit: 'quarter' }),
  windowed('spend_share', { kind: 'share', metric: 'spend', within: [] }),
  windowed('customer_share', { kind: 'share', metric: 'customers', within: [] }),
  windowed('daily_spend_share', { kind: 'share', metric: 'spend', within: ['recorded_at'] }),
  windowed('device_spend_share', { kind: 'share', metric: 'spend', within: ['device'] }),
  windowed('growth_so_far', { kind: 'previous', metric: 'spend_so_far', count: 1, unit: 'period', output: 'change' }),
  windowed('share_30_days', { kind: 'share', metric: 'spend_30_days', within: [] }),
  windowed('roas_month_before', { kind: 'previous', metric: 'roas', count: 1, unit: 'month', output: 'value' }),
  formula('spent_before', 'spend_so_far - spend', { data_type: 'currency', additivity: 'non_additive' }),
  formula('revenue_per_customer', 'revenue / customers', { data_type: 'currency' }),
  windowed('revenue_per_customer_60_days', {
    ...{ kind: 'rolling', metric: 'revenue_per_customer', count: 60, unit: 'day' },
  }),
  metric({
    metric_key: 'mobile_score',
    data_type: 'float',
    aggregation: 'avg',
    expression: 'score',
    filter: { member: 'device', operator: 'equals', values: ['m'] },
  }),
  windowed('score_so_far', { kind: 'cumulative', metric: 'average_score' }),
  windowed('mobile_score_so_far', { kind: 'cumulative', metric: 'mobile_score' }),
  windowed('weighted_score_3_days', { kind: 'rolling', metric: 'weighted_score', count: 3, unit: 'day' }),
  windowed('average_spend_2_days', { kind: 'rolling', metric: 'average_spend', count: 2, unit: 'day' }),
  windowed('six_scores_3_days', { kind: 'rolling', metric: 'six_average_scores', count: 3, unit: 'day' }),
  windowed('score_month_to_date', { kind: 'to_date', metric: 'average_score', unit: 'month' }),
  formula('part_so_far', 'spend / spend_so_far'),
  formula('roas_gained', 'roas - roas_month_before'),
  formula('part_before', 'spent_before / coalesce(spend_so_far, 1)'),
  dimension({ metric_key: 'device', data_type: 'string', alias_keys: ['device_type'] }),
  dimension({ metric_key: 'system', data_type: 'string', expression: 'client.os name' }),
  dimension({ metric_key: 'landed', data_type: 'date' }),
  dimension({ metric_key: 'is_new', data_type: 'boolean' }),
  dimension({ metric_key: 'position', data_type: 'integer' }),
  dimension({ metric_key: 'bid', data_type: 'float' }),
  dimension({ metric_key: 'price', data_type: 'currency', expression: 'spend' }),
  dimension({ metric_key: 'model_used', data_type: 'string', expression: 'attribution_data.model' }),
  dimension({ metric_key: 'channel', data_type: 'string', expression: 'data_source' }),
];

export const conformanceModel = (settings: Partial<ModelSettings> = {}): Model =>
  buildModel({ standard: [], organization: DEFINITIONS, settings: { ...SETTINGS, ...settings } });
