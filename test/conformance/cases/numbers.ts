import { ask, total, type ConformanceCase } from './case.js';

/** Aggregations and formulas: exact, and null where there is nothing to count with. */
export const NUMBER_CASES: readonly ConformanceCase[] = [
  total('sums leave out what is missing or no number', 'mixed', {
    spend: '0.50',
    revenue: '10.35',
    clicks: 10,
    impressions: 457,
    score: 3.75,
    fees: null,
  }),
  total('a whole sum of parts is rounded once, at the end', 'mixed', { items: 3 }),
  total('counts: rows, and values that are there, whatever they are', 'mixed', { rows: 5, scored: 4, priced: 3 }),
  total('distinct values of an untyped, a typed and a base column', 'mixed', { devices: 3, spends: 2, customers: 2 }),
  total('averages are over the values that are there', 'mixed', { average_spend: '0.166666667', average_score: 1.25 }),
  // (0.5 × 100 + 2 × 300 + 1.25 × 7) ÷ (100 + 300 + 7): a score that is no number takes its weight with it.
  total('a weighted average leaves out rows without value or weight', 'mixed', { weighted_score: 1.618550369 }),
  total('formulas are over aggregates, never averages of ratios', 'mixed', {
    roas: 20.7,
    cost_per_click: '0.05',
    click_share: 2.19,
    margin: '9.85',
    verdict: 1,
  }),
  total('a formula over a formula builds on all its decimals', 'mixed', {
    third: 0.166666667,
    three_thirds: 0.5,
    six_average_scores: 7.5,
  }),
  {
    name: 'formulas by group, where some have nothing to divide',
    request: ask('mixed', {
      metrics: ['roas', 'cost_per_click', 'six_average_scores', 'click_share', 'margin', 'verdict'],
      dimensions: ['device'],
    }),
    rows: [
      ['mobile', 33.333333333, '0.075', 3, 2.67, '9.70', 1],
      ['desktop', 1.75, '0.033333333', 12, 2, '0.15', 1],
      ['', null, null, null, null, null, 0],
      [null, null, null, 7.5, null, null, 0],
    ],
  },
  total('ten tenths are one', 'tenths', { spend: '1.00', score: 1 }),
  total('sums beyond what a float or 2^53 can hold', 'large', {
    spend: '299999999999999999.999999997',
    clicks: '27021597764222973',
  }),
  total('sums of whole numbers beyond 2^63', 'huge_clicks', {
    clicks: '9907919180215090100',
    items: '9907919180215090100',
  }),
  total('quotients that do not end are rounded to nine decimals', 'thirds', {
    average_score: 0.666666667,
    cost_per_click: '0.333333333',
    roas: 1e-9,
  }),
  total('division by zero is null', 'free', { roas: null, cost_per_click: null, average_spend: '0.00' }),
  total('halves are rounded away from zero', 'negative', {
    cost_per_click: '-0.000000003',
    third: -2e-9,
    roas: 500000000,
  }),
  total('nothing at all', 'no such source', { spend: null, rows: 0, devices: 0, roas: null, average_score: null }),
  {
    name: 'nested paths, keys with spaces, and values of another shape',
    request: ask('nested', { metrics: ['rows', 'fees'], dimensions: ['system', 'model_used'] }),
    rows: [
      [null, null, 2, null],
      ['Android', null, 1, '2.00'],
      ['iOS', 'linear', 1, '0.25'],
    ],
  },
  {
    name: 'every type of dimension, as a value and as null',
    request: ask('filtered', {
      metrics: ['spend'],
      dimensions: ['device', 'landed', 'is_new', 'position', 'bid', 'price', 'channel'],
      order: [{ member: 'spend', direction: 'asc' }],
    }),
    rows: [
      ['Ünïcode 日本', '2026-01-01', true, 1, 1.5, '1.00', 'filtered', '1.00'],
      ['O\'Brien "q" \\ back', '2026-01-31', false, 2, 2, '2.00', 'filtered', '2.00'],
      ['100% _sure_', '2026-02-01', true, 3, 2.000000001, '4.00', 'filtered', '4.00'],
      ['100 per cent', null, false, 10, -1, '8.00', 'filtered', '8.00'],
      ['apple', null, null, 10, 10, '16.00', 'filtered', '16.00'],
      ['Banana', null, true, null, null, '32.00', 'filtered', '32.00'],
      [null, null, null, null, null, '64.00', 'filtered', '64.00'],
    ],
  },
  {
    name: 'texts that are nearly numbers, days or truth values',
    request: ask('odd', {
      metrics: ['rows', 'average_score'],
      dimensions: ['landed', 'is_new', 'bid'],
      order: [{ member: 'landed', direction: 'asc' }],
    }),
    rows: [
      ['2024-02-29', false, null, 1, -1e-9],
      ['2026-01-01', true, null, 1, 1],
      // “2026-01-01 ”: a day, and then something after a space.
      ['2026-01-01', null, null, 1, null],
      ['2026-12-31', true, null, 1, 1e20],
      [null, null, null, 25, null],
    ],
  },
];
