/** The definitions of each kind of metric that the cases ask for. */
import { buildModel } from '../../../src/compiler/model/build.js';
import type { Aggregation, MemberDefinition, Model } from '../../../src/compiler/model/types.js';
import { BERT } from '../rows.js';
import { DEFINITIONS } from '../model.js';
import { HOSTILE } from './rows.js';

export const define = (given: Partial<MemberDefinition> & Pick<MemberDefinition, 'metric_key'>): MemberDefinition => ({
  standard_key: null,
  display_label: given.metric_key,
  description: null,
  category: 'external',
  metric_type: 'metric',
  data_type: 'float',
  aggregation: null,
  formula: null,
  expression: null,
  weight: null,
  additivity: 'non_additive',
  unit: null,
  alias_keys: [],
  source_tables: [],
  ...given,
});

const AGGREGATED: readonly (readonly [Aggregation, string, MemberDefinition['data_type']])[] = (
  ['min', 'max', 'median', 'last'] as const
).flatMap((aggregation) => [
  [aggregation, 'stock', 'float'] as const,
  [aggregation, 'clicks', 'integer'] as const,
  [aggregation, 'spend', 'currency'] as const,
]);

const spendWhere = (metric_key: string, filter: unknown, more: Partial<MemberDefinition> = {}): MemberDefinition =>
  define({ metric_key, aggregation: 'sum', expression: 'spend', additivity: 'additive', filter, ...more });
const on = (member: string, operator: string, ...values: unknown[]): unknown =>
  values.length === 0 ? { member, operator } : { member, operator, values };

/** Filters over the rows of the scenario `filtered`, by the key of the metric that has them. */
export const FILTERS: Readonly<Record<string, unknown>> = {
  text_equals: on('device', 'equals', 'apple', 'Banana'),
  text_contains: on('device_type', 'contains', 'ANA', '%'),
  text_not: on('device', 'notContains', '100'),
  text_above: on('device', 'gte', 'apple'),
  text_list: on('device', 'equals', 'apple', ...Array.from({ length: 30 }, (_, index) => `none ${index}`)),
  number_above: on('position', 'gt', 2),
  number_list: on('bid', 'equals', '2.000000001', ...Array.from({ length: 30 }, (_, index) => index + 50)),
  truth: on('is_new', 'equals', true),
  no_truth: on('is_new', 'notSet'),
  days: on('landed', 'inDateRange', '2026-01-31', '2026-02-01'),
  earlier: on('landed', 'beforeDate', '2026-01-31'),
  instants: on('recorded_at', 'afterDate', '2026-01-04'),
  no_instants: on('recorded_at', 'lt', '2026-01-05T00:00:00Z'),
  source: on('channel', 'equals', 'filtered'),
  base_column: on('currency', 'notEquals', 'USD'),
  both: [on('position', 'lte', 3), on('is_new', 'equals', true)],
  nested: { or: [{ and: [on('position', 'gte', 2), on('bid', 'lt', 0)] }, on('device', 'notSet')] },
};

const computed = (
  metric_key: string,
  formula: string,
  data_type: MemberDefinition['data_type'] = 'string',
): MemberDefinition => define({ metric_key, metric_type: 'dimension', formula, data_type, additivity: 'additive' });

const COMPUTED: readonly MemberDefinition[] = [
  computed('band', 'if(spend >= 16, "high", if(spend >= 4, "middle", "low"))'),
  computed('is_big', 'spend > 8', 'boolean'),
  computed('is_small', 'not is_big', 'boolean'),
  computed('shouted', 'concat(upper(coalesce(device, "none")), "/", lower(channel))'),
  computed('half', 'position / 2 + bid', 'float'),
  computed('tens', 'floor(spend / 10) * 10', 'integer'),
  computed('price_now', 'spend * 1.5', 'currency'),
  computed('hour_of_day', 'hour(recorded_at)', 'integer'),
  computed('day_of_week', 'weekday(recorded_at)', 'integer'),
  computed('on_day', 'date(recorded_at)', 'date'),
  computed('part_of_week', 'if(weekday(recorded_at) >= 6, "weekend", "week")'),
  computed('landed_on', 'weekday(landed)', 'integer'),
  computed('landed_in', 'year(landed) * 100 + month(landed)', 'integer'),
  computed('landed_then', 'day(landed)', 'integer'),
  computed('landed_late', 'if(landed >= "2024-02-29" and landed != "2026-01-01", "late", "early")'),
  computed('same', 'device == "apple" or device > "É"', 'boolean'),
  computed('by_customer', `if(customer_id == "${BERT}", "Bert", coalesce(customer_id, "nobody"))`),
];

const conversion = (
  metric_key: string,
  [from, to]: readonly [string, string],
  days: number,
  output: 'rate' | 'count',
): MemberDefinition =>
  define({
    metric_key,
    data_type: output === 'count' ? 'integer' : 'float',
    conversion: { from: on('step', 'equals', from), to: on('step', 'equals', to), days, output },
  });

const CONVERSIONS: readonly MemberDefinition[] = [
  define({ metric_key: 'step', metric_type: 'dimension', data_type: 'string', additivity: 'additive' }),
  conversion('ordered', ['click', 'order'], 7, 'count'),
  conversion('order_rate', ['click', 'order'], 7, 'rate'),
  conversion('ordered_soon', ['click', 'order'], 1, 'count'),
  conversion('repeated', ['order', 'order'], 30, 'count'),
  conversion('repeat_rate', ['order', 'order'], 30, 'rate'),
  conversion('signed', ['visit', 'sign'], 1, 'count'),
  conversion('reached', ['seen', 'reached'], 5, 'count'),
  conversion('returned', ['seen', 'seen'], 5, 'count'),
  spendWhere('click_spend', on('step', 'equals', 'click'), { data_type: 'currency' }),
  define({ metric_key: 'cost_per_order', formula: 'click_spend / ordered', data_type: 'currency' }),
  define({
    metric_key: 'ordered_before',
    data_type: 'integer',
    window: { kind: 'previous', metric: 'ordered', count: 1, unit: 'period', output: 'value' },
  }),
  define({ metric_key: 'order_share', window: { kind: 'share', metric: 'ordered', within: [] } }),
];

export const KIND_DEFINITIONS: readonly MemberDefinition[] = [
  ...DEFINITIONS,
  ...AGGREGATED.map(([aggregation, expression, data_type]) =>
    define({ metric_key: `${aggregation}_${expression}`, aggregation, expression, data_type }),
  ),
  define({ metric_key: 'whole_median', aggregation: 'median', expression: 'stock', data_type: 'integer' }),
  define({ metric_key: 'whole_max', aggregation: 'max', expression: 'stock', data_type: 'integer' }),
  define({ metric_key: 'phones', aggregation: 'count', expression: '*', filter: on('device', 'equals', 'mobile') }),
  define({ metric_key: 'squares', formula: 'rows ^ 2 + pow(phones, 2) / 100 + sqrt(rows - 1) / 1000' }),
  define({ metric_key: 'spread', formula: 'max_stock - min_stock + median_stock / 3' }),
  define({ metric_key: 'some_devices', aggregation: 'approx_distinct', expression: 'device', data_type: 'integer' }),
  ...Object.entries(FILTERS).map(([key, filter]) => spendWhere(`spend_${key}`, filter)),
  ...HOSTILE.map((value, index) => spendWhere(`hostile_${index}`, on('device', 'equals', value))),
  ...HOSTILE.map((value, index) => spendWhere(`hostile_part_${index}`, on('device', 'contains', value))),
  spendWhere('hostile_all', on('device', 'equals', ...HOSTILE, ...HOSTILE.map((value) => `${value}${value}`))),
  ...(['count', 'distinct', 'approx_distinct', 'avg', 'min', 'max', 'median', 'last', 'weighted_avg'] as const).map(
    (aggregation) =>
      define({
        metric_key: `a_${aggregation}`,
        aggregation,
        expression: aggregation === 'weighted_avg' ? 'stock' : 'clicks',
        weight: aggregation === 'weighted_avg' ? 'clicks' : null,
        data_type: aggregation === 'avg' || aggregation === 'weighted_avg' ? 'float' : 'integer',
        filter: on('device', 'equals', 'a'),
      }),
  ),
  define({
    metric_key: 'rows_of_bert',
    aggregation: 'count',
    expression: '*',
    data_type: 'integer',
    filter: on('customer_id', 'equals', BERT),
  }),
  ...COMPUTED,
  spendWhere('spend_high', on('band', 'equals', 'high')),
  spendWhere('spend_weekend', on('part_of_week', 'equals', 'weekend')),
  define({
    metric_key: 'clicks_at_night',
    additivity: 'additive',
    aggregation: 'sum',
    expression: 'clicks',
    data_type: 'integer',
    filter: on('hour_of_day', 'lt', 1),
  }),
  ...CONVERSIONS,
  define({ metric_key: 'share_of_a', formula: 'a_count / clicks' }),
];

export const kindModel = (): Model =>
  buildModel({
    standard: [],
    organization: KIND_DEFINITIONS,
    settings: { currency: 'USD', time_zone: 'UTC', week_start: 1 },
  });
