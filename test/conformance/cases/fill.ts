import { ask, type ConformanceCase } from './case.js';

const hour = (at: number): string => `2026-11-01T${String(at).padStart(2, '0')}:00:00`;
const between = Array.from({ length: 21 }, (_, index) => [hour(index + 2), null] as const);

export const FILL_CASES: readonly ConformanceCase[] = [
  {
    name: 'days without rows are zero for what adds up, and null for a ratio',
    request: ask('periods', {
      metrics: ['spend', 'roas', 'rows'],
      date_range: { from: '2026-01-30', to: '2026-02-02' },
      time_grain: 'daily',
      fill: 'zero',
    }),
    rows: [
      ['2026-01-30', '0.00', null, 0],
      ['2026-01-31', '8.00', null, 1],
      ['2026-02-01', '16.00', 0.5, 1],
      ['2026-02-02', '0.00', null, 0],
    ],
  },
  {
    name: 'hours of a day that has 25',
    request: ask('autumn', {
      metrics: ['clicks'],
      date_range: { from: '2026-11-01', to: '2026-11-01' },
      time_grain: 'hourly',
      time_zone: 'America/New_York',
      fill: 'null',
    }),
    rows: [[hour(0), 2], [hour(1), 12], ...between, [hour(23), 16]],
  },
  {
    name: 'each combination of dimension values that occurs has all its months; order and limit come last',
    request: ask('periods', {
      metrics: ['spend'],
      dimensions: ['device'],
      date_range: { from: '2025-12-01', to: '2026-02-28' },
      time_grain: 'monthly',
      fill: 'zero',
      order: [
        { member: 'device', direction: 'asc' },
        { member: 'recorded_at', direction: 'desc' },
      ],
      limit: 5,
      totals: true,
    }),
    rows: [
      ['2026-02-01', 'd', '32.00'],
      ['2026-01-01', 'd', '8.00'],
      ['2025-12-01', 'd', '0.00'],
      ['2026-02-01', 'm', '80.00'],
      ['2026-01-01', 'm', '7.00'],
    ],
    truncated: true,
    totals: ['127.00'],
  },
  {
    name: 'values that are missing are a combination, too',
    request: ask('mixed', {
      metrics: ['clicks'],
      dimensions: ['device'],
      date_range: { from: '2026-01-05', to: '2026-01-06' },
      time_grain: 'daily',
      fill: 'null',
      filters: { member: 'device', operator: 'notEquals', values: ['', 'desktop'] },
    }),
    rows: [
      ['2026-01-05', 'mobile', 4],
      ['2026-01-05', null, null],
      ['2026-01-06', 'mobile', null],
      ['2026-01-06', null, null],
    ],
  },
  {
    name: 'no rows at all are still a dense axis where no dimension is asked for',
    request: ask('nothing', {
      metrics: ['spend', 'devices'],
      date_range: { from: '2026-01-05', to: '2026-01-06' },
      time_grain: 'daily',
      fill: 'zero',
    }),
    rows: [
      ['2026-01-05', '0.00', 0],
      ['2026-01-06', '0.00', 0],
    ],
  },
  {
    name: 'a comparison is filled on both sides',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: { from: '2026-01-31', to: '2026-02-01' },
      time_grain: 'daily',
      fill: 'zero',
      compare: 'previous_year',
    }),
    rows: [
      ['2026-01-31', '8.00', '0.00', null],
      ['2026-02-01', '16.00', '128.00', -0.875],
    ],
  },
  {
    name: 'a filter on a metric looks at the filled rows',
    request: ask('periods', {
      metrics: ['spend'],
      date_range: { from: '2026-01-30', to: '2026-02-02' },
      time_grain: 'daily',
      fill: 'zero',
      filters: { member: 'spend', operator: 'lt', values: [10] },
    }),
    rows: [
      ['2026-01-30', '0.00'],
      ['2026-01-31', '8.00'],
      ['2026-02-02', '0.00'],
    ],
  },
  {
    name: 'values without any metric',
    request: ask('periods', {
      dimensions: ['device'],
      date_range: { from: '2026-02-01', to: '2026-03-31' },
      time_grain: 'monthly',
      fill: 'null',
      order: [{ member: 'device', direction: 'asc' }],
    }),
    rows: [
      ['2026-02-01', 'd'],
      ['2026-03-01', 'd'],
      ['2026-02-01', 'm'],
      ['2026-03-01', 'm'],
    ],
  },
];
