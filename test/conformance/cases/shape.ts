import { ask, type ConformanceCase } from './case.js';

/** Order, pages, totals, aliases, warnings. */
export const SHAPE_CASES: readonly ConformanceCase[] = [
  {
    name: 'without an order: first metric, largest first, then dimensions',
    request: ask('groups', { metrics: ['spend'], dimensions: ['device'], limit: 3 }),
    rows: [
      ['d9', '10.00'],
      ['d8', '9.00'],
      ['d7', '8.00'],
    ],
    truncated: true,
  },
  {
    name: 'a last page is not truncated',
    request: ask('groups', { metrics: ['spend'], dimensions: ['device'], limit: 3, offset: 8 }),
    rows: [
      ['d1', '2.00'],
      ['d0', '1.00'],
    ],
  },
  {
    name: 'exactly as many rows as the limit are not truncated',
    request: ask('groups', { metrics: ['spend'], dimensions: ['channel'], limit: 1 }),
    rows: [['groups', '55.00']],
  },
  {
    name: 'time comes first, then dimensions',
    request: ask('groups', {
      metrics: ['spend'],
      dimensions: ['device', 'recorded_at'],
      time_grain: 'daily',
      date_range: { from: '2026-02-02', to: '2026-02-03' },
      filters: { member: 'device', operator: 'equals', values: ['d1', 'd2', 'd7'] },
    }),
    rows: [
      ['2026-02-02', 'd7', '2.00'],
      ['2026-02-02', 'd1', '1.00'],
      ['2026-02-02', 'd2', '1.00'],
      ['2026-02-03', 'd7', '2.00'],
      ['2026-02-03', 'd2', '1.00'],
    ],
  },
  {
    name: 'text is ordered by code point, rows without a value last',
    request: ask('filtered', {
      metrics: ['rows'],
      dimensions: ['device'],
      order: [{ member: 'device_type', direction: 'asc' }],
    }),
    rows: [
      ['100 per cent', 1],
      ['100% _sure_', 1],
      ['Banana', 1],
      ['O\'Brien "q" \\ back', 1],
      ['apple', 1],
      ['Ünïcode 日本', 1],
      [null, 1],
    ],
    aliases: { device_type: 'device' },
  },
  {
    name: 'rows without a value come last downwards too',
    request: ask('mixed', {
      metrics: ['roas'],
      dimensions: ['device'],
      order: [
        { member: 'roas', direction: 'desc' },
        { member: 'device', direction: 'desc' },
      ],
    }),
    rows: [
      ['mobile', 33.333333333],
      ['desktop', 1.75],
      ['', null],
      [null, null],
    ],
  },
  {
    name: 'dimensions alone are the values that occur',
    request: ask('mixed', { dimensions: ['device', 'currency'] }),
    rows: [
      ['', 'USD'],
      ['desktop', 'USD'],
      ['mobile', 'USD'],
      [null, 'USD'],
    ],
  },
  {
    name: 'aliases resolve everywhere, and columns have the key',
    request: ask('mixed', {
      metrics: ['cost', 'roas_old', 'ad_spend'],
      dimensions: ['device_type'],
      filters: { member: 'cost', operator: 'gt', values: [0] },
      order: [{ member: 'ad_spend', direction: 'asc' }],
    }),
    rows: [
      ['desktop', '0.20', 1.75],
      ['mobile', '0.30', 33.333333333],
    ],
    aliases: { cost: 'spend', roas_old: 'roas', ad_spend: 'spend', device_type: 'device' },
  },
  {
    name: 'totals are computed by the engine, over all rows and not those of the page',
    request: ask('groups', { metrics: ['spend', 'roas', 'devices'], dimensions: ['device'], limit: 1, totals: true }),
    rows: [['d9', '10.00', 9, 1]],
    totals: ['55.00', 6, 10],
    truncated: true,
  },
  {
    name: 'totals below a filter on metrics are refused',
    request: ask('groups', {
      metrics: ['spend'],
      dimensions: ['device'],
      filters: { member: 'spend', operator: 'gt', values: [9] },
      totals: true,
    }),
    rows: [['d9', '10.00']],
    totals: null,
    warnings: ['totals_refused'],
  },
  {
    name: 'what can’t be added up is refused where a group has several rows, and never added',
    request: ask('groups', { metrics: ['spend', 'reach', 'frequency'], dimensions: ['channel'] }),
    rows: [['groups', '55.00', null, null]],
    refused: 'non_additive',
  },
  {
    name: 'also where it is behind a filter on a metric',
    request: ask('groups', {
      metrics: ['spend'],
      dimensions: ['channel'],
      filters: { member: 'frequency', operator: 'notSet' },
    }),
    rows: [['groups', '55.00']],
    refused: 'non_additive',
  },
  {
    name: 'what can’t be added up is shown by the grain at which it was counted, without a total',
    request: ask('groups', {
      metrics: ['reach', 'frequency'],
      dimensions: ['device'],
      time_grain: 'daily',
      date_range: { from: '2026-02-01', to: '2026-02-02' },
      filters: { member: 'device', operator: 'equals', values: ['d0', 'd1'] },
      totals: true,
    }),
    rows: [
      ['2026-02-01', 'd0', 10, 2],
      ['2026-02-01', 'd1', 10, 2],
      ['2026-02-02', 'd1', 10, 2],
    ],
    totals: [null, null],
    warnings: ['non_additive', 'non_additive'],
  },
  {
    name: 'a state adds up over what was recorded at one instant, not over time',
    request: ask('groups', {
      metrics: ['followers'],
      time_grain: 'daily',
      date_range: { from: '2026-02-01', to: '2026-02-01' },
      filters: { member: 'device', operator: 'equals', values: ['d0', 'd1'] },
    }),
    rows: [['2026-02-01', 20]],
  },
  {
    name: 'a state over several days is refused',
    request: ask('groups', { metrics: ['followers'], dimensions: ['device'] }),
    rows: [['d0', 10], ...Array.from({ length: 9 }, (_, index) => [`d${index + 1}`, null] as const)],
    refused: 'non_additive',
  },
];
