/** Paper can't be scrolled: whatever a table holds, each of its cells stands within the page, or within its widget. */
import type { Browser } from 'puppeteer-core';
import { renderDashboardPage } from '../reports/render/dashboard-page.js';
import type { ReportDocument, WidgetWidth } from '../reports/render/document.js';
import { LANDSCAPE_WIDTH, PORTRAIT_WIDTH, renderReportPage } from '../reports/render/report-page.js';
import { dashboard } from '../reports/render/sample-dashboard.js';
import { column, report } from '../reports/render/sample-reports.js';
import { launchChromium } from './chromium.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const money = (name: string, label = name) => column(name, label, { type: 'currency', unit: 'USD' });
const key = (name: string, label = name) => column(name, label, { role: 'dimension', type: 'string' });
const lines = <T>(count: number, line: (at: number) => T): T[] =>
  Array.from({ length: count }, (_none, at) => line(at));

/** `keys` keys with texts, `metrics` columns of millions to the cent. */
function wide(keys: number, metrics: number, text: (at: number) => string): ReportDocument {
  const keyColumns = lines(keys, (at) => key(`key_${at}`, `Key number ${at + 1}`));
  const metricColumns = lines(metrics, (at) => money(`m_${at}`, `Incrementality-adjusted revenue ${at + 1}`));
  const row = (at: number) => ({
    ...Object.fromEntries(keyColumns.map(({ name }, which) => [name, text(at + which)])),
    ...Object.fromEntries(metricColumns.map(({ name }) => [name, '-88123456.78'])),
  });
  return report({
    title: `${keys} keys, ${metrics} metrics`,
    columns: [...keyColumns, ...metricColumns],
    rows: lines(6, row),
    totals: row(0),
    dashboardConfig: { chart: 'table' },
  });
}

const matrix = (chart: 'pivot' | 'cohort', heads: number, name: (at: number) => string): ReportDocument =>
  report({
    title: `A ${chart} of ${heads} columns`,
    columns: [key('market', 'Market'), key('month', 'Month'), money('spend', 'Spend')],
    rows: lines(5, (at) => at).flatMap((at) =>
      lines(heads, (head) => ({
        market: name(at),
        month: `Month ${head + 1}`,
        spend: `${(head + 1) * 71_234_567}.89`,
      })),
    ),
    dashboardConfig: { chart },
  });

const short = (at: number): string => `Market ${at}`;
const REPORTS: readonly ReportDocument[] = [
  matrix('cohort', 14, short),
  matrix('pivot', 9, (at) => `A market with quite a long name, number ${at}`),
  matrix('pivot', 3, (at) => `${at}${'x'.repeat(180)}`),
  matrix('pivot', 7, (at) => `東京都渋谷区の長い市場名${at}`),
  wide(1, 12, short),
  wide(2, 15, (at) => `Germany, Austria, Swiss ${at}`),
  wide(9, 3, (at) => `campaign_of_spring_${at}`),
  wide(18, 0, (at) => `campaign_of_spring_${at}`),
  wide(1, 2, (at) => `${at}${'W'.repeat(26)}`),
  report({
    title: 'Steps with long names',
    columns: [key('step', 'Step'), column('visitors', 'Visitors', { type: 'integer' })],
    rows: lines(4, (at) => ({ step: `${at} ${'abcdefgh'.repeat(9)}`, visitors: 1_000_000_000 / (at + 1) })),
    additive: ['visitors'],
    dashboardConfig: { chart: 'funnel' },
  }),
];

/** Texts of cells, and heads and cells that reach out of what they stand in. */
async function look(html: string, width: number): Promise<{ readonly texts: string[]; readonly outside: string[] }> {
  const page = await browser.newPage();
  try {
    await page.setViewport({ width, height: 1_000 });
    await page.emulateMediaType('print');
    await page.setContent(html, { waitUntil: 'load' });
    await page.evaluate('Promise.all([...document.fonts].map((font) => font.load())).then(() => true)');
    return (await page.evaluate(`(() => {
      const outside = [], texts = [];
      for (const cell of document.querySelectorAll('th, td')) {
        texts.push(cell.textContent);
        const within = (cell.closest('.widget') ?? document.querySelector('main')).getBoundingClientRect();
        const range = document.createRange();
        range.selectNodeContents(cell);
        const { left, right, width } = range.getBoundingClientRect();
        if (width > 0 && (left < within.left - 0.5 || right > within.right + 0.5)) outside.push(cell.textContent);
      }
      return { texts, outside };
    })()`)) as { texts: string[]; outside: string[] };
  } finally {
    await page.close();
  }
}

test.each(REPORTS.map((each) => [each.title, each] as const))('on paper: %s', async (_title, each) => {
  const html = renderReportPage(each);
  const { texts, outside } = await look(html, html.includes('class="landscape') ? LANDSCAPE_WIDTH : PORTRAIT_WIDTH);
  expect(outside).toEqual([]);
  expect(texts).toEqual(expect.arrayContaining(each.columns.map(({ label }) => label)));
});

test.each(['third', 'half', 'two_thirds', 'full'] as const)(
  'on a dashboard, %s of a row wide: all columns are there',
  async (width: WidgetWidth) => {
    const widgets = REPORTS.map((each) => ({ title: each.title, width, report: each }));
    const { texts, outside } = await look(renderDashboardPage({ ...dashboard, widgets }), LANDSCAPE_WIDTH);
    expect(outside).toEqual([]);
    expect(texts).toEqual(expect.arrayContaining(lines(14, (at) => `Month ${at + 1}`)));
  },
);

test('a table with room keeps its width, and a page its direction', () => {
  const small = matrix('pivot', 2, (at) => `M${at}`);
  const page = renderDashboardPage({ ...dashboard, widgets: [{ title: 'Small', width: 'half', report: small }] });
  expect(page).toContain('class="widget half"');
  expect(renderReportPage(wide(1, 4, short))).not.toContain('class="landscape');
});
