/** Printing a one-page report against printing the same page, already made, with the same Chromium. */
import { launchChromium } from '../../src/rendering/chromium.js';
import { PdfRenderer } from '../../src/rendering/pdf-renderer.js';
import { renderReportPage } from '../../src/reports/render/report-page.js';
import { fewCategories } from '../../src/reports/render/sample-reports.js';
import { median, progress, report, timed } from './report.js';

const ROUNDS = 15;
const GOAL = 1.3;
const BATCH = 40;

export async function benchPdf(): Promise<void> {
  const html = renderReportPage(fewCategories);
  const printer = new PdfRenderer({ browsers: 1 });
  const browser = await launchChromium();
  try {
    // The limit: a page that stays open in a warm browser is given the same document and prints it.
    const page = await browser.newPage();
    await page.setJavaScriptEnabled(false);
    const printStatic = async (): Promise<number> => {
      await page.setContent(html, { waitUntil: 'load' });
      return (await page.pdf({ preferCSSPageSize: true, printBackground: true, tagged: true, outline: true })).length;
    };
    const printReport = async (): Promise<number> => {
      const { bytes, pages } = await printer.pdf(renderReportPage(fewCategories));
      if (pages !== 1) throw new Error(`The report has ${pages} pages, not one.`);
      return bytes.length;
    };
    const times = { report: [] as number[], static: [] as number[] };
    for (let round = -2; round < ROUNDS; round++) {
      const ours = await timed(printReport);
      const limit = await timed(printStatic);
      if (round < 0) continue;
      times.report.push(ours.ms);
      times.static.push(limit.ms);
    }
    const [ours, limit] = [median(times.report), median(times.static)];
    progress(`pdf: ${ours.toFixed(0)} ms, the static page ${limit.toFixed(0)} ms`);
    report({ bench: 'pdf', ratio: ours / limit, unit: 'x_static_page', goal: GOAL, report_ms: ours, static_ms: limit });
  } finally {
    await browser.close();
    await printer.close();
  }
  await benchRate();
}

/** Reports a minute that two browsers print, many at once. */
async function benchRate(): Promise<void> {
  const printer = new PdfRenderer({ browsers: 2 });
  try {
    await Promise.all([printer.pdf('<p>warm</p>'), printer.pdf('<p>warm</p>')]);
    const { ms } = await timed(() =>
      Promise.all(Array.from({ length: BATCH }, () => printer.pdf(renderReportPage(fewCategories)))),
    );
    report({ bench: 'pdf_rate', ratio: null, unit: 'reports_per_minute', reports_per_minute: (60_000 * BATCH) / ms });
  } finally {
    await printer.close();
  }
}
