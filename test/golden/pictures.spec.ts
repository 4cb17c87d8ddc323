/**
 * Reports and a dashboard as their readers see them, as committed pictures: the PDF's page, drawn by PDFium. Data and times
 * are fixed, fonts come by npm, and the browser is the one that prints for customers. After a change:
 * `npm run golden:update`, then look at every picture that differs.
 */
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PDFiumLibrary } from '@hyzyla/pdfium';
import { PNG } from 'pngjs';
import { PdfRenderer } from '../../src/rendering/pdf-renderer.js';
import { renderDashboardPage } from '../../src/reports/render/dashboard-page.js';
import { renderReportPage } from '../../src/reports/render/report-page.js';
import { arabic, dashboard, japanese } from '../../src/reports/render/sample-dashboard.js';
import { manyCampaigns, thirteenMonths } from '../../src/reports/render/sample-reports.js';
import { complaint, differenceOf, mismatch, pageAsPicture } from './pictures.js';

let printer: PdfRenderer;
let library: PDFiumLibrary;

beforeAll(async () => {
  printer = new PdfRenderer({ browsers: 1 });
  library = await PDFiumLibrary.init();
});
afterAll(async () => {
  library.destroy();
  await printer.close();
});

const pictureOf = async (html: string, page: number): Promise<PNG> =>
  pageAsPicture(library, (await printer.pdf(html)).bytes, page - 1);

test.each([
  ['report-monthly-by-source', renderReportPage(thirteenMonths), 1],
  ['report-arabic', renderReportPage(arabic), 1],
  ['report-japanese', renderReportPage(japanese), 1],
  ['report-long-table', renderReportPage(manyCampaigns), 2],
  ['dashboard-1', renderDashboardPage(dashboard), 1],
  ['dashboard-2', renderDashboardPage(dashboard), 2],
  ['dashboard-3', renderDashboardPage(dashboard), 3],
])('%s looks as it did when it was looked at', async (name, html, page) => {
  expect(await mismatch(name, await pictureOf(html, page))).toBeNull();
});

test('one other digit in a table is a difference, and is shown; the same page printed again is none', async () => {
  const [first, ...rest] = manyCampaigns.rows;
  const changed = { ...manyCampaigns, rows: [{ ...first, clicks: 40_006 }, ...rest] };
  const [before, again, after] = [
    await pictureOf(renderReportPage(manyCampaigns), 2),
    await pictureOf(renderReportPage(manyCampaigns), 2),
    await pictureOf(renderReportPage(changed), 2),
  ];
  expect(differenceOf(before, again)).toMatchObject({ share: 0, tooMuch: false });
  expect(await complaint('table', before, again)).toBeNull();

  // Too little to be seen in the whole, and seen all the same.
  const { share, worst } = differenceOf(before, after);
  expect(share).toBeLessThan(0.000_1);
  expect(worst).toBeGreaterThan(0.004);
  const message = await complaint('table', before, after);
  expect(message).toMatch(/^table: 0\.00 % of all pixels differ, and \d\.\d\d % of one square\. See \S+;/);
  const place = /See (\S+);/.exec(message ?? '')?.[1] ?? '';
  expect((await readdir(place)).sort()).toEqual(['actual.png', 'difference.png']);
  const kept = PNG.sync.read(await readFile(join(place, 'actual.png')));
  expect(differenceOf(after, kept)).toMatchObject({ share: 0 });
  await rm(place, { recursive: true });
});

test('another size is a difference, and so is a picture that is missing', async () => {
  const [small, large] = [new PNG({ width: 3, height: 2 }), new PNG({ width: 3, height: 4 })];
  for (const [expected, reason] of [
    [small, 'it is 3 × 4, not 3 × 2'],
    [null, 'there is no picture to compare with'],
  ] as const) {
    const message = await complaint('page', expected, large);
    expect(message).toContain(`page: ${reason}. See `);
    await rm(/See (\S+);/.exec(message ?? '')?.[1] ?? '', { recursive: true });
  }
});
