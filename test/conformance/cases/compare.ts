import { ask, type ConformanceCase } from './case.js';

const LATER = '2026-03-10T12:00:00Z';

/** Now is 2026-02-15T12:00Z unless a case says otherwise. */
export const COMPARE_CASES: readonly ConformanceCase[] = [
  {
    name: 'of a running month its complete days are compared, with as many of the month before',
    request: ask('periods', {
      metrics: ['spend'],
      dimensions: ['device'],
      date_range: 'this_month',
      compare: 'previous_period',
      totals: true,
    }),
    rows: [['m', '16.00', '1.00', 15]],
    totals: ['16.00', '1.00', 15],
    compared: ['2026-01-01', '2026-01-15'],
    leftOut: ['2026-02-15T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    warnings: ['running_period_left_out'],
  },
  {
    name: 'so is month_to_date, and ratios are computed anew',
    request: ask('periods', {
      metrics: ['roas', 'customers'],
      date_range: 'month_to_date',
      compare: 'previous_period',
    }),
    rows: [[0.5, 2, -0.75, 1, 1, 0]],
    leftOut: ['2026-02-15T00:00:00.000Z', '2026-02-15T12:00:00.000Z'],
    warnings: ['running_period_left_out'],
  },
  {
    name: 'what there is so far is compared with as much of the month before when it is asked for',
    request: ask('periods', {
      metrics: ['spend'],
      dimensions: ['device'],
      date_range: { last: 1, unit: 'month', complete: false },
      compare: 'previous_period',
      totals: true,
    }),
    rows: [
      ['d', '32.00', null, null],
      ['m', '16.00', '3.00', 4.333333333],
    ],
    totals: ['48.00', '3.00', 15],
    compared: ['2026-01-01', '2026-01-15T12:00:00.000Z'],
    leftOut: null,
  },
  {
    name: 'ratios and customers so far',
    request: ask('periods', {
      metrics: ['roas', 'customers'],
      date_range: { last: 1, unit: 'month', complete: false },
      compare: 'previous_period',
    }),
    rows: [[0.5, 0.666666667, -0.25, 1, 2, -0.5]],
  },
  {
    name: 'filters on the change, and on what was before',
    request: ask('periods', {
      metrics: ['spend'],
      dimensions: ['device'],
      date_range: { last: 1, unit: 'month', complete: false },
      compare: 'previous_period',
      filters: [
        { member: 'spend__change', operator: 'gt', values: ['4.333333332'] },
        { member: 'spend__previous', operator: 'equals', values: [3] },
      ],
    }),
    rows: [['m', '16.00', '3.00', 4.333333333]],
  },
  {
    name: 'filters on groups without a change, of a metric that is not selected and goes by an alias',
    request: ask('periods', {
      metrics: ['customers'],
      dimensions: ['device'],
      date_range: { last: 1, unit: 'month', complete: false },
      compare: 'previous_period',
      filters: {
        or: [
          { member: 'cost__change', operator: 'notSet' },
          { member: 'spend__change', operator: 'lt', values: [4] },
        ],
      },
    }),
    rows: [['d', 1, null, null]],
    aliases: { cost: 'spend' },
  },
  {
    name: 'filters on the change of windows and of months',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: 'this_year',
      time_grain: 'monthly',
      compare: 'previous_year',
      filters: [
        { member: 'spend__change', operator: 'lt', values: [0] },
        { member: 'spend_so_far__previous', operator: 'gte', values: [640] },
      ],
    }),
    rows: [['2026-02-01', '16.00', '128.00', -0.875]],
    warnings: ['running_period_left_out'],
  },
  {
    name: 'by month, the days of the last month that are over meet as many of the year before',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: 'this_year',
      time_grain: 'monthly',
      compare: 'previous_year',
      totals: true,
    }),
    rows: [
      ['2026-01-01', '15.00', null, null],
      ['2026-02-01', '16.00', '128.00', -0.875],
    ],
    totals: ['31.00', '128.00', -0.7578125],
    compared: ['2025-01-01', '2025-02-15'],
    leftOut: ['2026-02-15T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    warnings: ['running_period_left_out'],
  },
  {
    name: 'days that reach into the future, week by week',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: { from: '2026-01-26', to: '2026-02-22' },
      time_grain: 'weekly',
      compare: 'previous_period',
    }),
    // 26 January to 14 February, and 29 December to 17 January.
    rows: [
      ['2026-01-26', '24.00', '1.00', 23],
      ['2026-02-09', null, '6.00', null],
    ],
    compared: ['2025-12-29', '2026-01-18'],
    leftOut: ['2026-02-15T00:00:00.000Z', '2026-02-23T00:00:00.000Z'],
    warnings: ['running_period_left_out'],
  },
  {
    name: 'on the first instant of a month the month before is over',
    request: ask('periods', { metrics: ['spend'], date_range: 'last_month', compare: 'previous_period' }),
    now: '2026-03-01T00:00:00Z',
    rows: [['112.00', '15.00', 6.466666667]],
    compared: ['2026-01-01', '2026-02-01'],
    leftOut: null,
  },
  {
    name: 'the year before, also for rows that are there in one range only',
    request: ask('periods', {
      metrics: ['spend'],
      dimensions: ['device'],
      date_range: { from: '2026-02-01', to: '2026-02-10' },
      compare: 'previous_year',
    }),
    rows: [['m', '16.00', '128.00', -0.875]],
    compared: ['2025-02-01', '2025-02-11'],
  },
  {
    name: 'rows that were there before only are kept',
    request: ask('periods', {
      metrics: ['spend', 'rows'],
      dimensions: ['device'],
      date_range: { from: '2026-02-20', to: '2026-02-28' },
      compare: 'previous_year',
      order: [{ member: 'spend__previous', direction: 'desc' }],
    }),
    now: LATER,
    rows: [['d', null, '256.00', null, null, 1, null]],
  },
  {
    name: 'days are compared with the days before them, by position',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: { from: '2026-02-01', to: '2026-02-28' },
      time_grain: 'daily',
      compare: 'previous_period',
    }),
    now: LATER,
    rows: [
      ['2026-02-01', '16.00', null, null],
      ['2026-02-12', null, '6.00', null],
      ['2026-02-15', '96.00', null, null],
      ['2026-02-28', null, '8.00', null],
    ],
    compared: ['2026-01-04', '2026-02-01'],
  },
  {
    name: 'a longer month before goes on after the end of the month',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: 'last_month',
      time_grain: 'daily',
      compare: 'previous_period',
      totals: true,
    }),
    now: LATER,
    rows: [
      ['2026-02-01', '16.00', '1.00', 15],
      ['2026-02-15', '96.00', '6.00', 15],
      ['2026-03-03', null, '8.00', null],
    ],
    totals: ['112.00', '15.00', 6.466666667],
    compared: ['2026-01-01', '2026-02-01'],
  },
  {
    name: 'months of a quarter meet the months of the quarter before',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: { last: 2, unit: 'month', complete: false },
      time_grain: 'monthly',
      compare: 'previous_year',
    }),
    rows: [
      ['2026-01-01', '15.00', null, null],
      ['2026-02-01', '48.00', '128.00', -0.625],
    ],
  },
  {
    name: 'weekdays meet 364 days earlier',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: { from: '2026-02-26', to: '2026-02-28' },
      time_grain: 'daily',
      compare: 'previous_year_weekday',
    }),
    now: LATER,
    rows: [['2026-02-27', null, '256.00', null]],
    compared: ['2025-02-27', '2025-03-02'],
  },
  {
    name: 'a leap day counts with the day before it in the year that has none',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: { from: '2025-02-27', to: '2025-03-01' },
      time_grain: 'daily',
      compare: 'previous_year',
    }),
    rows: [['2025-02-28', '256.00', '512.00', -0.5]],
  },
  {
    name: 'hours meet by the clock on a day without one of them',
    request: ask('spring', {
      metrics: ['clicks'],
      date_range: { from: '2026-03-08', to: '2026-03-08' },
      time_grain: 'hourly',
      time_zone: 'America/New_York',
      compare: 'previous_period',
    }),
    now: LATER,
    rows: [
      ['2026-03-08T00:00:00', 2, null, null],
      ['2026-03-08T01:00:00', 4, null, null],
      ['2026-03-08T03:00:00', 8, null, null],
      ['2026-03-08T23:00:00', 16, 1, 15],
    ],
  },
  {
    name: 'filters on metrics look at the range asked for',
    request: ask('periods', {
      metrics: ['spend'],
      dimensions: ['device'],
      date_range: { last: 1, unit: 'month', complete: false },
      compare: 'previous_period',
      filters: { member: 'rows', operator: 'equals', values: [1] },
      order: [{ member: 'spend', direction: 'asc' }],
      limit: 1,
    }),
    rows: [['m', '16.00', '3.00', 4.333333333]],
    truncated: true,
  },
  {
    name: 'values without any metric, of both ranges',
    request: ask('periods', {
      dimensions: ['device'],
      date_range: { from: '2027-01-01', to: '2027-01-31' },
      compare: 'previous_year',
    }),
    rows: [['d'], ['m']],
  },
];
