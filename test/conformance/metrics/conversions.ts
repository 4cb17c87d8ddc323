import type { Filter, ReportRequest } from '../../../src/compiler/query/types.js';
import type { ConformanceCase } from '../cases/case.js';
import { FIRST_VISIT } from './rows.js';

const JANUARY = { from: '2026-01-01', to: '2026-01-31' };
const asked = (metrics: readonly string[], more: Partial<ReportRequest> = {}): ReportRequest => ({
  metrics,
  dimensions: [],
  date_range: JANUARY,
  ...more,
});
const from = (...sources: string[]): Filter => ({ member: 'data_source', operator: 'equals', values: sources });

/**
 * Worked out by hand from `STEPS`. In January 1 to 6 click first, on ads but for 2. Within seven days 1 and 2 order, and
 * 5, who does in February, and 6, at once; 3 is late, and 4 ordered before.
 */
export const CONVERSION_CASES: readonly ConformanceCase[] = [
  {
    name: 'rate, count and what is calculated from them',
    request: asked(['order_rate', 'ordered', 'ordered_soon', 'click_spend', 'cost_per_order'], { totals: true }),
    rows: [[0.666666667, 4, 1, '255.00', '63.75']],
    totals: [0.666666667, 4, 1, '255.00', '63.75'],
  },
  {
    name: 'a row is not its own conversion',
    // 1 to 6 order, 6 once more.
    request: asked(['repeated', 'repeat_rate'], { date_range: { from: '2026-01-01', to: '2026-01-16' } }),
    rows: [[1, 0.2]],
    warnings: ['conversion_open'],
  },
  {
    name: 'by the dimensions of the first event',
    request: asked(['order_rate', 'ordered', 'clicks'], {
      dimensions: ['data_source'],
      filters: [from('ads', 'social', 'shop')],
      totals: true,
    }),
    rows: [
      ['social', 1, 1, null],
      ['ads', 0.6, 3, null],
      ['shop', null, 0, null],
    ],
    totals: [0.666666667, 4, null],
  },
  {
    name: 'a filter chooses among the first events; later clicks of the same customer are none',
    request: asked(['ordered', 'order_rate'], { filters: [from('social')] }),
    rows: [[1, 1]],
  },
  {
    name: 'and its opposite chooses the rest',
    request: asked(['ordered', 'order_rate'], {
      filters: [{ member: 'data_source', operator: 'notEquals', values: ['social'] }],
    }),
    rows: [[3, 0.6]],
  },
  {
    name: 'the first event is the first in the range',
    request: asked(['ordered'], { dimensions: ['data_source'], date_range: { from: '2026-01-03', to: '2026-01-31' } }),
    // 1 comes by social media now; 4, 5 and 6 by ads.
    rows: [
      ['ads', 2],
      ['social', 1],
    ],
  },
  {
    name: 'over time, in a time zone',
    request: asked(['ordered', 'order_rate'], {
      date_range: { from: '2026-01-01', to: '2026-02-07' },
      time_grain: 'monthly',
      time_zone: 'Europe/Berlin',
      totals: true,
    }),
    rows: [
      ['2026-01-01', 3, 0.6],
      ['2026-02-01', 1, 1],
    ],
    totals: [4, 0.666666667],
  },
  {
    name: 'in all time, and in every group of the customer',
    request: {
      metrics: ['ordered'],
      dimensions: ['customer_id'],
      time_grain: 'yearly',
      limit: 2,
      filters: [from('ads')],
    },
    rows: [
      ['2026-01-01', 'cccccccc-0000-4000-8000-000000000001', 1],
      ['2026-01-01', 'cccccccc-0000-4000-8000-000000000005', 1],
    ],
    truncated: true,
    warnings: ['conversion_open'],
  },
  {
    name: 'with gaps filled: nobody is 0 where that is what is asked for',
    request: asked(['ordered', 'order_rate'], {
      date_range: { from: '2026-01-02', to: '2026-01-04' },
      time_grain: 'daily',
      fill: 'zero',
    }),
    rows: [
      ['2026-01-02', 2, 0.666666667],
      ['2026-01-03', 0, null],
      ['2026-01-04', 0, 0],
    ],
  },
  {
    name: 'with gaps filled by null',
    request: asked(['ordered'], {
      date_range: { from: '2026-01-11', to: '2026-01-13' },
      time_grain: 'daily',
      fill: 'null',
      filters: [from('ads')],
    }),
    // On the 12th somebody clicked who is not known.
    rows: [
      ['2026-01-11', null],
      ['2026-01-12', 0],
      ['2026-01-13', null],
    ],
  },
  {
    name: 'compared with the days before',
    request: asked(['ordered', 'order_rate'], {
      date_range: { from: '2026-01-09', to: '2026-01-16' },
      compare: 'previous_period',
    }),
    // 6; before that 1 to 4.
    rows: [[1, 2, -0.5, 1, 0.5, 1]],
    compared: ['2026-01-01', '2026-01-09'],
  },
  {
    name: 'compared by day',
    request: asked(['ordered'], {
      date_range: { from: '2026-01-09', to: '2026-01-10' },
      time_grain: 'daily',
      compare: 'previous_period',
      fill: 'zero',
    }),
    rows: [
      ['2026-01-09', 0, 0, null],
      ['2026-01-10', 1, 0, null],
    ],
  },
  {
    name: 'the top source and the rest, with subtotals',
    request: asked(['ordered'], {
      dimensions: ['data_source', 'device'],
      top: { limit: 1, by: 'ordered', dimension: 'data_source' },
      subtotals: ['data_source'],
    }),
    rows: [
      ['ads', false, 'm', 2],
      ['ads', false, 'd', 1],
      [null, true, 'd', 1],
    ],
    subtotals: [
      [
        ['ads', false, 3],
        [null, true, 1],
      ],
    ],
  },
  {
    name: 'the week before, and shares',
    request: asked(['ordered', 'ordered_before', 'order_share'], {
      date_range: { from: '2026-01-05', to: '2026-01-18' },
      time_grain: 'weekly',
    }),
    // The week of the 5th has 6 only; the one before 1, 2, 3 and 4.
    rows: [
      ['2026-01-05', 1, 2, 1],
      ['2026-01-12', 0, 1, 0],
    ],
  },
  {
    name: 'a filter on the number of conversions',
    request: asked(['click_spend'], {
      dimensions: ['data_source'],
      filters: [{ member: 'ordered', operator: 'gte', values: [2] }],
    }),
    rows: [['ads', '249.00']],
  },
  {
    name: 'of events at one instant, the one with the lower id',
    request: asked(['signed'], { dimensions: ['data_source'] }),
    rows: [[FIRST_VISIT?.data_source ?? '', 1]],
  },
];
