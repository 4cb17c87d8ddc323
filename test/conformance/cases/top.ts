import { ask, type ConformanceCase } from './case.js';

export const TOP_CASES: readonly ConformanceCase[] = [
  {
    name: 'the rest is one row, computed from its rows',
    request: ask('groups', {
      metrics: ['spend', 'roas', 'devices'],
      dimensions: ['device'],
      top: { limit: 2, by: 'spend' },
      totals: true,
    }),
    // The rest: d0 … d7, 36 rows; revenue 0·1 + 1·2 + … + 7·8 = 168.
    rows: [
      ['d9', false, '10.00', 9, 1],
      ['d8', false, '9.00', 8, 1],
      [null, true, '36.00', 4.666666667, 8],
    ],
    totals: ['55.00', 6, 10],
  },
  {
    name: 'only the first values where the rest is not wanted',
    request: ask('groups', {
      metrics: ['spend'],
      dimensions: ['device'],
      top: { limit: 1, by: 'ad_spend', dimension: 'device_type', other: false },
    }),
    rows: [['d9', false, '10.00']],
    aliases: { ad_spend: 'spend', device_type: 'device' },
  },
  {
    name: 'a missing value is a value, and there is no row for a rest of nothing',
    request: ask('mixed', { metrics: ['rows'], dimensions: ['device'], top: { limit: 9, by: 'rows' } }),
    rows: [
      ['mobile', false, 2],
      ['', false, 1],
      ['desktop', false, 1],
      [null, false, 1],
    ],
  },
  {
    name: 'numbers as values, and a missing value among the rest',
    request: ask('filtered', { metrics: ['spend'], dimensions: ['price'], top: { limit: 2, by: 'spend' } }),
    rows: [
      ['64.00', false, '64.00'],
      ['32.00', false, '32.00'],
      [null, true, '31.00'],
    ],
  },
  {
    name: 'ranked over the whole range, shown by month, compared',
    request: ask('periods', {
      metrics: ['spend'],
      dimensions: ['device'],
      date_range: { from: '2026-01-01', to: '2026-01-31' },
      time_grain: 'monthly',
      compare: 'previous_year',
      top: { limit: 1, by: 'spend' },
    }),
    rows: [
      ['2026-01-01', 'd', false, '8.00', null, null],
      ['2026-01-01', null, true, '7.00', null, null],
    ],
  },
  {
    name: 'a share within the ranked dimension: of the missing value, and of the rest',
    request: ask('filtered', {
      metrics: ['spend', 'device_spend_share'],
      dimensions: ['device', 'is_new'],
      top: { limit: 1, by: 'spend', dimension: 'device' },
      order: [{ member: 'spend', direction: 'desc' }],
    }),
    // Of the rest, 63: 1 + 4 + 32 with true, 16 without a readable value, 2 + 8 with false.
    rows: [
      [null, false, null, '64.00', 1],
      [null, true, true, '37.00', 0.587301587],
      [null, true, null, '16.00', 0.253968254],
      [null, true, false, '10.00', 0.158730159],
    ],
  },
  {
    name: 'values without any metric',
    request: ask('mixed', { dimensions: ['device'], top: { limit: 1, by: 'rows' } }),
    rows: [
      ['mobile', false],
      [null, true],
    ],
  },
  {
    name: 'subtotals by prefixes of the dimensions, by time, and by what is named',
    request: ask('periods', {
      metrics: ['spend', 'customers'],
      dimensions: ['channel', 'device'],
      date_range: { from: '2026-01-01', to: '2026-02-28' },
      time_grain: 'monthly',
      subtotals: ['channel', 'device_type', 'recorded_at', ['device', 'recorded_at']],
      limit: 1,
    }),
    rows: [['2026-01-01', 'periods', 'd', '8.00', 0]],
    truncated: true,
    aliases: { device_type: 'device' },
    subtotals: [
      [['periods', '127.00', 2]],
      [
        ['periods', 'd', '40.00', 1],
        ['periods', 'm', '87.00', 2],
      ],
      [
        ['2026-01-01', '15.00', 2],
        ['2026-02-01', '112.00', 1],
      ],
      [
        ['2026-01-01', 'd', '8.00', 0],
        ['2026-01-01', 'm', '7.00', 2],
        ['2026-02-01', 'd', '32.00', 1],
        ['2026-02-01', 'm', '80.00', 1],
      ],
    ],
  },
];
