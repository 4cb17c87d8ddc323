import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { launchChromium } from './chromium.js';
import { renderReportPage } from '../reports/render/report-page.js';
import { manyCampaigns, singleRow } from '../reports/render/sample-reports.js';
import { PdfRenderer } from './pdf.js';

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

test('a browser that died is replaced', async () => {
  const own = new PdfRenderer();
  try {
    await own.pdf('<p>one</p>');
    const browser = await (own as unknown as { browser: ReturnType<typeof launchChromium> }).browser;
    browser.process()?.kill('SIGKILL');
    expect((await own.pdf('<p>two</p>')).pages).toBe(1);
  } finally {
    await own.close();
  }
  await expect(own.pdf('<p>three</p>')).rejects.toThrow('closed');
});
