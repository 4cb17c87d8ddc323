import { ask, total, type ConformanceCase } from '../cases/case.js';
import type { FILTERS } from './model.js';
import { HOSTILE } from './rows.js';

/** Worked out by hand from `rows.ts`. */
export const AGGREGATION_CASES: readonly ConformanceCase[] = [
  // Stock, where there is one: 5, 7.25, 2, 0; the latest is 0. Spend: 1.5, 0.000000001, -4, 2.5, 1.5.
  total('least, greatest, middle and latest value', 'stock', {
    min_stock: 0,
    max_stock: 7.25,
    median_stock: 3.5,
    last_stock: 0,
    min_spend: '-4.00',
    max_spend: '2.50',
    median_spend: '1.50',
    last_spend: '1.50',
    min_clicks: 1,
    max_clicks: 9,
    median_clicks: 3,
    last_clicks: 2,
    whole_median: 4,
    whole_max: 7,
    some_devices: 2,
  }),
  {
    name: 'by group, where each has its own latest moment',
    request: ask('stock', {
      metrics: ['min_clicks', 'median_clicks', 'median_stock', 'last_stock', 'max_spend'],
      dimensions: ['device'],
      totals: true,
    }),
    rows: [
      ['a', 3, 6, 5, 0, '2.50'],
      ['b', 1, 2, 2, 2, '1.50'],
    ],
    totals: [1, 3, 3.5, 0, '2.50'],
  },
  {
    name: 'by day; the rows of the latest moment are added up',
    request: ask('stock', { metrics: ['last_stock', 'median_stock', 'last_clicks'], time_grain: 'daily' }),
    rows: [
      ['2026-01-05', 9.25, 5, 10],
      ['2026-01-06', 0, 0, 2],
    ],
  },
  total('nothing where there is no value', 'letters', {
    min_stock: null,
    max_stock: null,
    median_stock: null,
    last_stock: null,
    spread: null,
  }),
  // 7.25 - 0 + 3.5 ÷ 3
  total('in formulas, with all decimals', 'stock', { spread: 8.416666667 }),
  total('counts of rows within functions of a formula', 'mixed', { rows: 5, phones: 2, squares: 25.042 }),
  total('the largest values', 'edge', {
    // As JSON numbers, which floats are.
    median_stock: 1e20,
    median_spend: '99999999999999999998.50',
    max_spend: '99999999999999999999.00',
    median_clicks: 9007199254740990,
  }),
];

/** Spends of the scenario `filtered` are powers of two, so that a sum says which rows it holds. */
const FILTERED: Readonly<Record<keyof typeof FILTERS, number | null>> = {
  text_equals: 48,
  text_contains: 36,
  text_not: 1 + 2 + 16 + 32 + 64,
  text_above: 1 + 16,
  text_list: 16,
  number_above: 4 + 8 + 16,
  number_list: 4,
  truth: 1 + 4 + 32,
  no_truth: 16 + 64,
  days: 2 + 4,
  earlier: 1,
  instants: 127,
  no_instants: null,
  source: 127,
  base_column: null,
  both: 1 + 4,
  nested: 8 + 64,
};

const grouped = (
  scenario: string,
  dimension: string,
  metric: string,
  rows: ConformanceCase['rows'],
  request: Partial<ConformanceCase['request']> = {},
): ConformanceCase => ({
  name: `${metric} of ${scenario} by ${dimension}${request.time_zone ? ` in ${request.time_zone}` : ''}`,
  request: ask(scenario, {
    metrics: [metric],
    dimensions: [dimension],
    order: [{ member: dimension, direction: 'asc' }],
    ...request,
  }),
  rows,
});
const zone = (time_zone: string): Partial<ConformanceCase['request']> => ({ time_zone });

/** Spends of `filtered`: 1 Ünïcode 日本, 2 O'Brien, 4 100% _sure_, 8 100 per cent, 16 apple, 32 Banana, 64 none. */
export const COMPUTED_CASES: readonly ConformanceCase[] = [
  grouped('filtered', 'band', 'spend', [
    ['high', '112.00'],
    ['low', '3.00'],
    ['middle', '12.00'],
  ]),
  grouped('filtered', 'is_big', 'spend', [
    [false, '15.00'],
    [true, '112.00'],
  ]),
  grouped('filtered', 'is_small', 'spend', [
    [false, '112.00'],
    [true, '15.00'],
  ]),
  grouped('filtered', 'shouted', 'spend', [
    ['100 PER CENT/filtered', '8.00'],
    ['100% _SURE_/filtered', '4.00'],
    ['APPLE/filtered', '16.00'],
    ['BANANA/filtered', '32.00'],
    ['NONE/filtered', '64.00'],
    [`O'BRIEN "Q" \\ BACK/filtered`, '2.00'],
    ['ÜNÏCODE 日本/filtered', '1.00'],
  ]),
  // Positions 1, 2, 3, 10, 10 and none; bids 1.5, 2, 2.000000001, -1, 10, no number, none.
  grouped('filtered', 'half', 'spend', [
    [2, '1.00'],
    [3, '2.00'],
    [3.500000001, '4.00'],
    [4, '8.00'],
    [15, '16.00'],
    [null, '96.00'],
  ]),
  grouped('filtered', 'tens', 'spend', [
    [0, '15.00'],
    [10, '16.00'],
    [30, '32.00'],
    [60, '64.00'],
  ]),
  grouped('thirds', 'price_now', 'rows', [
    ['0.00', 1],
    ['1.50', 1],
    [null, 1],
  ]),
  grouped('filtered', 'same', 'spend', [
    [false, '46.00'],
    [true, '17.00'],
    [null, '64.00'],
  ]),
  grouped('stock', 'by_customer', 'clicks', [
    ['Bert', 1],
    ['aaaaaaaa-0000-4000-8000-000000000001', 12],
    ['nobody', 7],
  ]),
  {
    name: 'filtered by computed dimensions, and by metrics that are',
    request: ask('filtered', {
      metrics: ['spend', 'spend_high'],
      dimensions: [],
      filters: [
        { member: 'band', operator: 'notEquals', values: ['middle'] },
        { member: 'tens', operator: 'lt', values: [60] },
        { member: 'is_small', operator: 'set' },
      ],
    }),
    rows: [['51.00', 48]],
  },
  grouped('clock', 'hour_of_day', 'clicks', [
    [0, 2],
    [1, 4],
    [23, 9],
  ]),
  grouped(
    'clock',
    'hour_of_day',
    'clicks',
    [
      [0, 9],
      [1, 2],
      [3, 4],
    ],
    zone('Europe/Berlin'),
  ),
  // Monday the 5th begins in Berlin half an hour after 23:00 UTC; 1970-01-01 was a Thursday.
  grouped(
    'clock',
    'day_of_week',
    'clicks',
    [
      [1, 3],
      [4, 8],
      [7, 4],
    ],
    zone('Europe/Berlin'),
  ),
  grouped(
    'clock',
    'on_day',
    'clicks',
    [
      ['1969-12-31', 8],
      ['2026-01-04', 3],
      ['2026-03-28', 4],
    ],
    zone('America/New_York'),
  ),
  grouped(
    'clock',
    'part_of_week',
    'clicks',
    [
      ['week', 8],
      ['weekend', 7],
    ],
    zone('America/New_York'),
  ),
  { ...total('parts of the clock in a metric’s filter', 'clock', { clicks_at_night: 2 }) },
  {
    ...total('parts of the clock in a metric’s filter in another zone', 'clock', { clicks_at_night: 9 }),
    request: ask('clock', { metrics: ['clicks_at_night'], time_zone: 'Europe/Berlin' }),
  },
  // A Thursday, a Saturday, 31 February (the 3rd of March, a Tuesday), nothing, a Monday.
  grouped('days', 'landed_on', 'clicks', [
    [1, 16],
    [2, 4],
    [4, 1],
    [6, 2],
    [null, 8],
  ]),
  grouped('days', 'landed_in', 'clicks', [
    [112, 16],
    [200001, 2],
    [202402, 1],
    [202602, 4],
    [null, 8],
  ]),
  grouped('days', 'landed_then', 'clicks', [
    [1, 2],
    [29, 1],
    [31, 20],
    [null, 8],
  ]),
  grouped('days', 'landed_late', 'clicks', [
    ['early', 26],
    ['late', 5],
  ]),
];

export const FILTER_CASES: readonly ConformanceCase[] = [
  ...Object.entries(FILTERED).map(([key, value]) =>
    total(`only the rows of ${key}`, 'filtered', { [`spend_${key}`]: value, spend: '127.00' }),
  ),
  total('a filter under each aggregation', 'stock', {
    a_count: 2,
    a_distinct: 2,
    a_approx_distinct: 2,
    a_avg: 6,
    a_min: 3,
    a_max: 9,
    a_median: 6,
    a_last: 9,
    // (5 × 3 + 7.25 × 9) ÷ (3 + 9)
    a_weighted_avg: 6.6875,
    rows_of_bert: 1,
    // 2 ÷ (3 + 9 + 1 + 5 + 2)
    share_of_a: 0.1,
  }),
  total(
    'values are constants, whatever they hold',
    'hostile',
    Object.fromEntries(HOSTILE.map((_, index) => [`hostile_${index}`, 2 ** index])),
  ),
  total(
    'parts of values, too',
    'hostile',
    Object.fromEntries(
      HOSTILE.map((part, index) => [
        `hostile_part_${index}`,
        HOSTILE.reduce((sum, value, bit) => sum + (value.toLowerCase().includes(part.toLowerCase()) ? 2 ** bit : 0), 0),
      ]),
    ),
  ),
  total('lists of values, too', 'hostile', { hostile_all: 2 ** HOSTILE.length - 1 }),
];
