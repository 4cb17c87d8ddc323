import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { renderReportPage } from '../reports/render/report-page.js';
import { manyCampaigns, singleRow } from '../reports/render/sample-reports.js';
import { until } from '../../test/support/until.js';
import { PdfRenderer } from './pdf-renderer.js';
import type { WarmBrowser } from './warm-browser.js';

let printer: PdfRenderer;
beforeAll(() => {
  printer = new PdfRenderer();
});
afterAll(() => printer.close());

test('prints a report as a tagged PDF with a title, its own fonts and as many pages as it needs', async () => {
  const [short, long] = await Promise.all([
    printer.pdf(renderReportPage(singleRow)),
    printer.pdf(renderReportPage(manyCampaigns)),
  ]);
  expect(short.bytes.subarray(0, 5).toString()).toBe('%PDF-');
  expect(short.pages).toBe(1);
  expect(long.pages).toBeGreaterThanOrEqual(3);
  const text = long.bytes.toString('latin1');
  expect(text).toContain('/StructTreeRoot');
  expect(text).toMatch(/\/Lang \(en-US\)/);
  expect(text).toMatch(/Inter-Regular/);
  // A4 landscape.
  expect(text).toMatch(/\/MediaBox \[0 0 84[12](\.\d+)? 59[45](\.\d+)?\]/);
  expect(short.bytes.toString('latin1')).toMatch(/\/Title/);
});

test('a picture of the chart, at twice its size; none where there is no chart', async () => {
  const chart = await printer.png(renderReportPage(manyCampaigns), 'figure');
  expect(chart?.bytes.subarray(1, 4).toString()).toBe('PNG');
  expect(chart?.bytes.readUInt32BE(16)).toBeGreaterThanOrEqual(2 * (chart?.width ?? 0) - 2);
  expect(await printer.png(renderReportPage(singleRow), 'figure')).toBeNull();
});

describe('a page that tries to reach out', () => {
  let server: Server;
  let base: string;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('ok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('runs no script, asks no server, reads no file', async () => {
    const html = `<html><head><link rel="stylesheet" href="${base}/style"></head><body>
      <p id="p">before</p><img src="${base}/image"><iframe src="file:///etc/passwd"></iframe><object data="${base}/object"></object>
      <figure>x</figure><script>document.getElementById('p').remove();fetch('${base}/fetch')</script></body></html>`;
    const { pages, bytes } = await printer.pdf(html);
    expect(pages).toBe(1);
    expect(bytes.length).toBeGreaterThan(500);
    expect(await printer.png(html, '#p')).not.toBeNull();
    expect(asked).toEqual([]);
  });

  test('does not leave for another address', async () => {
    const html = `<meta http-equiv="refresh" content="0;url=${base}/refresh"><p>here</p>`;
    await printer.pdf(html).catch(() => undefined);
    expect(asked).toEqual([]);
  });
});

/** Thousands of style rules that each look at every neighbour of every element: minutes of work, and little memory. */
const ENDLESS = `<style>${Array.from({ length: 3_000 }, (_, index) => `div:has(~ div .a${index}) p:nth-last-child(odd of .b){color:red}`).join('')}</style>${'<div><p class=b>x</p></div>'.repeat(20_000)}`;
/** A picture of 20,000 × 20,000 pixels and a thousand blurred layers: more memory than a report ever needs. */
const HOG = `<style>i{display:block;position:absolute;inset:0;width:20000px;height:20000px;will-change:transform;backdrop-filter:blur(9px);filter:blur(40px);background:linear-gradient(red,blue)}</style>${'<i></i>'.repeat(200)}<p id="p" style="width:15000px;height:15000px">x</p>`;

const pidsOf = (renderer: PdfRenderer): Promise<(number | null)[]> =>
  Promise.all((renderer as unknown as { all: WarmBrowser[] }).all.map((browser) => browser.pid()));

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
};

describe('a renderer that misbehaves', () => {
  test('killed between pages and in the middle of one: replaced, and the report is printed all the same', async () => {
    const own = new PdfRenderer({ browsers: 1 });
    try {
      await own.pdf('<p>one</p>');
      const [first] = await pidsOf(own);
      process.kill(first!, 'SIGKILL');
      expect((await own.pdf('<p>two</p>')).pages).toBe(1);
      const [second] = await pidsOf(own);
      expect(second).not.toBe(first);
      const long = own.pdf(renderReportPage({ ...manyCampaigns, rows: Array(40).fill(manyCampaigns.rows).flat() }));
      process.kill(second!, 'SIGKILL');
      expect((await long).pages).toBeGreaterThan(20);
    } finally {
      await own.close();
    }
    await expect(own.pdf('<p>three</p>')).rejects.toMatchObject({ code: 'renderer_closed', status: 503 });
  });

  test('stopped dead: its time ends, it is killed with all its processes, and the next page is printed', async () => {
    const own = new PdfRenderer({ browsers: 1, timeoutMs: 4_000 });
    try {
      await own.pdf('<p>one</p>');
      const [pid] = await pidsOf(own);
      process.kill(pid!, 'SIGSTOP');
      await expect(own.pdf('<p>two</p>')).rejects.toMatchObject({ code: 'render_timeout' });
      await until(() => !isRunning(pid!) || undefined);
      expect((await own.pdf('<p>three</p>')).pages).toBe(1);
      expect(own.load).toEqual({ running: 0, waiting: 0, killed: 1 });
    } finally {
      await own.close();
    }
  });

  test('a layout without end is cut off; a page that was waiting behind it is printed', async () => {
    const own = new PdfRenderer({ browsers: 1, timeoutMs: 3_000 });
    try {
      await own.pdf('<p>warm</p>');
      const endless = own.pdf(ENDLESS);
      const behind = own.pdf('<p>behind</p>');
      await expect(endless).rejects.toMatchObject({ code: 'render_timeout', status: 503 });
      expect((await behind).pages).toBe(1);
      expect(own.load.killed).toBe(1);
    } finally {
      await own.close();
    }
  });

  test('a page that takes too much memory is refused for good, without harm to its neighbour', async () => {
    const own = new PdfRenderer({ browsers: 2, memoryBytes: 500_000_000 });
    try {
      const [hog, report] = await Promise.allSettled([own.png(HOG, '#p'), own.pdf(renderReportPage(singleRow))]);
      expect(hog).toMatchObject({ status: 'rejected', reason: { code: 'render_too_large', status: 422 } });
      expect(report).toMatchObject({ status: 'fulfilled', value: { pages: 1 } });
    } finally {
      await own.close();
    }
  });

  test('a browser is replaced after so many pages', async () => {
    const own = new PdfRenderer({ browsers: 1, pagesPerBrowser: 2 });
    try {
      await own.pdf('<p>one</p>');
      const [first] = await pidsOf(own);
      await own.pdf('<p>two</p>');
      await own.pdf('<p>three</p>');
      expect((await pidsOf(own))[0]).not.toBe(first);
    } finally {
      await own.close();
    }
  });
});

test('the queue is bounded and says so; what was taken is printed before the end, what comes later is refused', async () => {
  const own = new PdfRenderer({ browsers: 1, queue: 2 });
  const taken = [own.pdf('<p>1</p>'), own.pdf('<p>2</p>'), own.pdf('<p>3</p>')];
  expect(own.load).toEqual({ running: 1, waiting: 2, killed: 0 });
  await expect(own.pdf('<p>4</p>')).rejects.toMatchObject({ code: 'renderer_busy', headers: { 'retry-after': '30' } });
  const closing = own.close();
  await expect(own.pdf('<p>5</p>')).rejects.toMatchObject({ code: 'renderer_closed' });
  await closing;
  expect((await Promise.all(taken)).map(({ pages }) => pages)).toEqual([1, 1, 1]);
});

test('a page beyond all measure is refused before a browser sees it', async () => {
  await expect(printer.pdf('x'.repeat(40_000_001))).rejects.toMatchObject({ code: 'render_too_large' });
});
