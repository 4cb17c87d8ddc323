import { ask, type ConformanceCase } from './case.js';

export const WINDOW_CASES: readonly ConformanceCase[] = [
  {
    name: 'cumulative counts what was before the range',
    request: ask('periods', {
      metrics: ['spend', 'spend_so_far'],
      date_range: { from: '2026-01-01', to: '2026-03-31' },
      time_grain: 'monthly',
    }),
    rows: [
      ['2026-01-01', '15.00', '911.00'],
      ['2026-02-01', '112.00', '1023.00'],
      ['2026-03-01', null, '1023.00'],
    ],
  },
  {
    name: 'rolling days reach back before the range',
    request: ask('periods', {
      metrics: ['spend_30_days', 'customers_60_days'],
      date_range: { from: '2026-02-14', to: '2026-02-16' },
      time_grain: 'daily',
    }),
    // 2026-02-14: since 2026-01-16, and since 2025-12-17.
    rows: [
      ['2026-02-14', '24.00', 2],
      ['2026-02-15', '120.00', 2],
      ['2026-02-16', '120.00', 2],
    ],
  },
  {
    name: 'distinct customers are counted anew in each window, by dimension',
    request: ask('periods', {
      metrics: ['customers_60_days'],
      dimensions: ['device'],
      date_range: { from: '2026-03-10', to: '2026-03-16' },
      time_grain: 'weekly',
    }),
    // The week ends with 2026-03-15, the last day with 2026-03-16: since 2026-01-15 and 2026-01-16.
    rows: [
      ['2026-03-09', 'm', 2],
      ['2026-03-09', 'd', 1],
      ['2026-03-16', 'd', 1],
      ['2026-03-16', 'm', 1],
    ],
  },
  {
    name: 'a ratio to date is the ratio of sums to date',
    request: ask('periods', {
      metrics: ['roas_month_to_date', 'spend_year_to_date'],
      date_range: { from: '2026-01-30', to: '2026-02-02' },
      time_grain: 'daily',
    }),
    // January to date: revenue 2, spend 7, then 15; February: 8 ÷ 16.
    rows: [
      ['2026-01-30', 0.285714286, '7.00'],
      ['2026-01-31', 0.133333333, '15.00'],
      ['2026-02-01', 0.5, '31.00'],
      ['2026-02-02', 0.5, '31.00'],
    ],
  },
  {
    name: 'to date from the start of the fiscal year',
    request: ask('periods', { metrics: ['spend_year_to_date'], date_range: { from: '2026-02-15', to: '2026-02-15' } }),
    rows: [['112.00']],
    settings: { fiscal_year_start: 2 },
  },
  {
    name: 'without a grain: the value at the end of the range',
    request: ask('periods', {
      metrics: ['spend_so_far', 'spend_30_days', 'spend_month_before', 'spend_period_before', 'spend_growth'],
      date_range: { from: '2026-02-01', to: '2026-02-28' },
      totals: true,
    }),
    // 30 days: since 2026-01-30. A month before: January 1–31. The 28 days before: since 2026-01-04.
    rows: [['1023.00', '120.00', '15.00', '98.00', 7]],
    totals: ['1023.00', '120.00', '15.00', '98.00', 7],
  },
  {
    name: 'the month before, and the change since the bucket before',
    request: ask('periods', {
      metrics: ['spend_month_before', 'spend_period_before', 'spend_growth'],
      date_range: { from: '2026-01-01', to: '2026-03-31' },
      time_grain: 'monthly',
    }),
    rows: [
      ['2026-01-01', null, null, null],
      ['2026-02-01', '15.00', '97.00', 6.466666667],
      ['2026-03-01', '112.00', null, null],
    ],
  },
  {
    name: 'a day that the month before does not have has no value there',
    request: ask('periods', {
      metrics: ['spend_month_before'],
      date_range: { from: '2025-03-27', to: '2025-03-31' },
      time_grain: 'daily',
    }),
    rows: [['2025-03-28', '256.00']],
  },
  {
    name: 'shares are of the total before the limit, and the total is whole',
    request: ask('groups', {
      metrics: ['spend_share'],
      dimensions: ['device'],
      limit: 2,
      totals: true,
    }),
    rows: [
      ['d9', 0.181818182],
      ['d8', 0.163636364],
    ],
    truncated: true,
    totals: [1],
  },
  {
    name: 'shares of a distinct count are of all that are counted, not of the sum',
    request: ask('periods', { metrics: ['customer_share'], dimensions: ['device'] }),
    rows: [
      ['m', 1],
      ['d', 0.5],
    ],
  },
  {
    name: 'shares within days and within a dimension',
    request: ask('periods', {
      metrics: ['spend_share', 'daily_spend_share', 'device_spend_share'],
      dimensions: ['device'],
      time_grain: 'monthly',
      date_range: { from: '2026-02-01', to: '2026-02-28' },
    }),
    rows: [
      ['2026-02-01', 'm', 0.714285714, 0.714285714, 1],
      ['2026-02-01', 'd', 0.285714286, 0.285714286, 1],
    ],
  },
  {
    name: 'whole numbers made of parts are rounded once, at the end of each window',
    request: ask('periods', {
      metrics: ['items', 'items_so_far'],
      date_range: { from: '2026-01-01', to: '2026-02-28' },
      time_grain: 'monthly',
    }),
    // Half an item a row: 4 rows in January after 3 before, 3 in February.
    rows: [
      ['2026-01-01', 2, 4],
      ['2026-02-01', 2, 5],
    ],
  },
  {
    name: 'filters on a window metric',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: { from: '2026-01-01', to: '2026-03-31' },
      time_grain: 'monthly',
      filters: { member: 'spend_so_far', operator: 'gt', values: [1000] },
    }),
    rows: [
      ['2026-02-01', '112.00'],
      ['2026-03-01', null],
    ],
  },
  {
    name: 'formulas over windows, and over such formulas',
    request: ask('periods', {
      metrics: ['spent_before', 'part_so_far', 'part_before', 'roas_gained'],
      date_range: { from: '2026-01-01', to: '2026-03-31' },
      time_grain: 'monthly',
      totals: true,
    }),
    // 15 of 911, then 112 of 1023. Roas: 2 ÷ 15, then 24 ÷ 112.
    rows: [
      ['2026-01-01', '896.00', 0.016465423, 0.983534577, null],
      ['2026-02-01', '911.00', 0.109481916, 0.890518084, 0.080952381],
      ['2026-03-01', null, null, null, null],
    ],
    // 127 of 1023. A month before the three months there was the same: 26 ÷ 127.
    totals: ['896.00', 0.124144673, 0.875855327, 0],
  },
  {
    name: 'the change of what has come together so far, and shares of the last days',
    request: ask('periods', {
      metrics: ['growth_so_far', 'share_30_days'],
      dimensions: ['device'],
      date_range: { from: '2026-02-01', to: '2026-02-28' },
      time_grain: 'monthly',
    }),
    // So far m: 135, then 215; d: 776, then 808. Since 2026-01-30 m: 80, d: 40.
    rows: [
      ['2026-02-01', 'm', 0.592592593, 0.666666667],
      ['2026-02-01', 'd', 0.041237113, 0.333333333],
    ],
  },
  {
    name: 'windows are compared with the windows of the earlier range',
    request: ask('periods', {
      metrics: ['spend_so_far'],
      date_range: { last: 2, unit: 'month', complete: false },
      time_grain: 'monthly',
      compare: 'previous_year',
    }),
    // Up to 2026-02-15 12:00, and up to 2025-02-15 12:00.
    rows: [
      ['2026-01-01', '911.00', '512.00', 0.779296875],
      ['2026-02-01', '959.00', '640.00', 0.4984375],
    ],
  },
  {
    name: 'to date compared, without a grain',
    request: ask('periods', {
      metrics: ['spend_year_to_date', 'part_so_far'],
      date_range: { from: '2026-02-01', to: '2026-02-14' },
      compare: 'previous_year',
    }),
    // 15 + 16, and 128. Of all so far: 16 of 927, 128 of 640.
    rows: [['31.00', '128.00', -0.7578125, 0.017259978, 0.2, -0.91370011]],
    compared: ['2025-02-01', '2025-02-15'],
  },
  {
    name: 'shares compared are of the earlier total',
    request: ask('periods', {
      metrics: ['spend_share'],
      dimensions: ['device'],
      date_range: { from: '2026-02-01', to: '2026-02-14' },
      compare: 'previous_period',
    }),
    rows: [
      ['m', 1, null, null],
      ['d', null, 1, null],
    ],
    compared: ['2026-01-18', '2026-02-01'],
  },
  {
    name: 'averages over windows that overlap are of their rows, not of the averages of days',
    request: ask('measured', {
      metrics: ['score_so_far', 'mobile_score_so_far'].concat([
        ...['weighted_score_3_days', 'average_spend_2_days', 'six_scores_3_days'],
      ]),
      date_range: { from: '2026-01-01', to: '2026-01-07' },
      time_grain: 'daily',
      totals: true,
    }),
    // Scores 1 and 2, none on the 2nd, 0.5 and -1 on the 4th, 4 on the 6th; 2 weighs nothing, -1 weighs 0.
    rows: [
      ['2026-01-01', 1.5, 1, 1, '3.00', 9],
      ['2026-01-02', 1.5, 1, 1, '3.00', 9],
      ['2026-01-03', 1.5, 1, 1, null, 9],
      ['2026-01-04', 0.625, 0.75, 0.5, '4.00', -1.5],
      ['2026-01-05', 0.625, 0.75, 0.5, '4.00', -1.5],
      ['2026-01-06', 1.3, 0.75, 1.9, '0.01', 7],
      ['2026-01-07', 1.3, 0.75, 4, '0.01', 24],
    ],
    totals: [1.3, 0.75, 4, '0.01', 24],
  },
  {
    name: 'averages over windows, compared, of some rows',
    request: ask('measured', {
      metrics: ['score_so_far'],
      date_range: { from: '2026-01-05', to: '2026-01-07' },
      time_grain: 'daily',
      compare: 'previous_period',
      totals: true,
      filters: { member: 'device', operator: 'equals', values: ['d'] },
    }),
    // 2 on the 1st, -1 on the 4th, 4 on the 6th.
    rows: [
      ['2026-01-05', 0.5, 2, -0.75],
      ['2026-01-06', 1.666666667, 2, -0.166666667],
      ['2026-01-07', 1.666666667, 0.5, 2.333333334],
    ],
    totals: [1.666666667, 0.5, 2.333333334],
  },
  {
    name: 'a formula with a distinct count, over windows that overlap',
    request: ask('periods', {
      metrics: ['revenue_per_customer_60_days'],
      dimensions: ['device'],
      date_range: { from: '2026-02-14', to: '2026-02-16' },
      time_grain: 'daily',
      order: [
        { member: 'device', direction: 'asc' },
        { member: 'recorded_at', direction: 'asc' },
      ],
    }),
    // Since 2025-12-17, 18 and 19. On m: Anna and Bert with 2 + 8; on d: Anna with 16 from the 15th.
    rows: [
      ['2026-02-14', 'd', null],
      ['2026-02-15', 'd', '16.00'],
      ['2026-02-16', 'd', '16.00'],
      ['2026-02-14', 'm', '5.00'],
      ['2026-02-15', 'm', '5.00'],
      ['2026-02-16', 'm', '5.00'],
    ],
  },
  {
    name: 'top values by a window',
    request: ask('periods', {
      metrics: ['spend'],
      dimensions: ['device'],
      date_range: { from: '2026-02-01', to: '2026-02-28' },
      top: { limit: 1, by: 'spend_so_far' },
    }),
    rows: [
      ['d', false, '32.00'],
      [null, true, '80.00'],
    ],
  },
];
