import { planCharts } from './charts/plan.js';
import { renderReportPage } from './report-page.js';
import {
  column,
  fewCategories,
  manyCampaigns,
  report,
  singleRow,
  thirteenMonths,
  totalsOverTime,
} from './sample-reports.js';

const HOSTILE = `<script>alert(1)</script>"><img src=x onerror=alert(1)>'&amp;</style><!--`;

test('hostile text is shown, never obeyed, wherever it stands', () => {
  const name = column('name', HOSTILE, { role: 'dimension', type: 'string' });
  const spend = column('spend', HOSTILE, { type: 'currency', unit: HOSTILE });
  const ratio = column('ratio', HOSTILE, { unit: HOSTILE });
  const html = renderReportPage(
    report({
      title: HOSTILE,
      organization: HOSTILE,
      subtitle: HOSTILE,
      period: { from: null, to: null, time_zone: 'UTC', label: HOSTILE },
      filtersText: [HOSTILE],
      columns: [name, spend, ratio],
      rows: [
        { name: HOSTILE, spend: '1', ratio: 2 },
        { name: `${HOSTILE}2`, spend: '2', ratio: null },
      ],
      totals: { spend: HOSTILE, ratio: 2 },
      warnings: [HOSTILE],
      dataAsOf: { [HOSTILE]: HOSTILE },
      snapshot: HOSTILE,
    }),
  );
  expect(html).not.toMatch(/<script|<img|<!--/i);
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(html.match(/<\/style>/g)).toHaveLength(1);
  expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
});

test('a page says its period, filters, totals, sources, definitions and what is missing', () => {
  const html = renderReportPage(manyCampaigns);
  for (const text of [
    'Campaign profitability',
    'Northwind Outdoor',
    'Last 13 months: Jan 1, 2025 – Jan 31, 2026',
    'Only the first 60 rows are shown; there are more.',
    'tiktok_ads has no rows after January 30',
    '<b>meta_ads</b> Feb 1, 2026, 23:00',
    'version <b>9f2c41d07ab3</b>',
    '−$18,240.55',
    'Drawn from the first 60 rows only.',
  ]) {
    expect(html).toContain(text);
  }
  expect(html).toContain('size: A4 landscape');
  expect(renderReportPage(thirteenMonths)).toContain('size: A4 portrait');
});

test('no rows: says so instead of drawing nothing', () => {
  expect(renderReportPage(report({ columns: thirteenMonths.columns }))).toContain('No data matched');
});

test('money and its return over time become bars with a line', () => {
  const [plan] = planCharts(totalsOverTime);
  expect(plan).toMatchObject({
    kind: 'time',
    shape: 'bars',
    title: 'Spend and ROAS',
    overlay: { column: { name: 'roas' } },
  });
  // The month without data is a gap, not a zero.
  expect(plan?.kind === 'time' && [plan.series[0]?.values[4], plan.overlay?.values[4]]).toEqual([null, null]);
});

test('sources over time: what adds up is stacked, a ratio is not', () => {
  expect(planCharts(thirteenMonths)).toMatchObject([
    { kind: 'time', shape: 'bars', title: 'Spend by source' },
    { kind: 'time', shape: 'lines', title: 'ROAS by source' },
  ]);
  const asked = { ...thirteenMonths, dashboardConfig: { chart: 'area', metrics: ['roas'] } } as const;
  expect(planCharts(asked)).toMatchObject([{ shape: 'lines' }]);
});

test('the rest is added up only where values may be added', () => {
  const rows = thirteenMonths.rows
    .slice(0, 12)
    .flatMap((row) =>
      ['a', 'b', 'c', 'd'].map((suffix) => ({ ...row, data_source: `${String(row.data_source)} ${suffix}` })),
    );
  const [spend, roas] = planCharts({ ...thirteenMonths, rows });
  const series = (plan: typeof spend) => (plan?.kind === 'time' ? plan.series.map(({ name }) => name) : []);
  expect(series(spend)).toHaveLength(8);
  expect(series(spend).at(-1)).toBe('Other (9)');
  expect(series(roas)).toHaveLength(7);
  expect(roas?.note).toContain('can’t be added up');
});

test('categories are ranked; more than a dozen are summed up in words', () => {
  expect(planCharts(fewCategories)).toMatchObject([
    { kind: 'bars', categories: ['google_ads', 'meta_ads', 'tiktok_ads', 'klaviyo'] },
  ]);
  expect(planCharts(manyCampaigns)[0]?.note).toMatch(/^The first 11 of 60. The others together: \$/);
});

test('a donut comes only when asked for, and only of an additive metric', () => {
  expect(planCharts({ ...fewCategories, dashboardConfig: { chart: 'donut' } })).toMatchObject([
    { kind: 'shares', shape: 'donut', column: { name: 'spend' } },
  ]);
  expect(planCharts({ ...fewCategories, dashboardConfig: { chart: 'pie', metrics: ['roas'] } })).toMatchObject([
    { kind: 'bars' },
  ]);
});

test('metrics that a view names are all drawn, side by side, never on top of each other', () => {
  const asked = { chart: 'combo', metrics: ['spend', 'revenue', 'roas'] } as const;
  expect(planCharts({ ...totalsOverTime, dashboardConfig: asked })).toMatchObject([
    {
      shape: 'bars',
      stacked: false,
      series: [{ name: 'Spend' }, { name: 'Revenue' }],
      overlay: { column: { name: 'roas' } },
    },
  ]);
  expect(planCharts({ ...fewCategories, dashboardConfig: asked })).toMatchObject([
    { kind: 'bars', title: 'Spend, Revenue and ROAS by source' },
  ]);
  const area = { chart: 'area', metrics: ['spend', 'revenue'] } as const;
  expect(planCharts({ ...totalsOverTime, dashboardConfig: area })).toMatchObject([{ shape: 'lines', stacked: false }]);
});

test('nothing to compare, nothing to draw', () => {
  expect(planCharts(singleRow)).toEqual([]);
  expect(planCharts({ ...fewCategories, dashboardConfig: { chart: 'table' } })).toEqual([]);
});

test('a campaign that is called like a part of every object does no harm to the process', () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const names = before.flatMap((name) => [name, `x\n${name}`]);
  const [name, other] = ['name', 'other'].map((key) => column(key, key, { role: 'dimension', type: 'string' }));
  for (const chart of ['bar', 'donut', 'scatter', 'stacked', 'funnel', 'pivot'] as const) {
    for (const text of names) {
      const spend = column('spend', text, { type: 'currency', unit: 'USD' });
      const html = renderReportPage(
        report({
          columns: [name!, other!, spend, column('roas', text)],
          rows: [text, 'b'].map((each, index) => ({ name: each, other: each, spend: String(index + 1), roas: index })),
          dashboardConfig: { chart },
        }),
      );
      expect(html).toContain(`>${text}<`);
    }
  }
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(Object.keys(Object)).toEqual([]);
});
