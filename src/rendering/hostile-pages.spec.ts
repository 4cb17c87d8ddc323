import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PDFiumLibrary } from '@hyzyla/pdfium';
import { reportOf } from '../../test/support/hostile-report.js';
import { hostileMarkup } from '../../test/support/hostile-markup.js';
import { renderDashboardPage } from '../reports/render/dashboard-page.js';
import { renderReportPage } from '../reports/render/report-page.js';
import { PdfRenderer } from './pdf-renderer.js';
import { WarmBrowser } from './warm-browser.js';
import { RENDER_LIMITS } from './render-limits.js';

/** Two hundred texts that try to be more than text, wherever a user may write one. */

const PER_PAGE = 20;

let witness: Server;
let base: string;
const asked: string[] = [];
let texts: readonly string[];

beforeAll(async () => {
  witness = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('x');
  });
  await new Promise<void>((resolve) => witness.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(witness.address() as AddressInfo).port}`;
  texts = hostileMarkup(base);
  expect(texts.length).toBeGreaterThanOrEqual(200);
});
afterAll(async () => {
  await new Promise((resolve) => witness.close(resolve));
});
afterEach(() => expect(asked).toEqual([]));

const parts = (): (readonly string[])[] =>
  Array.from({ length: Math.ceil(texts.length / PER_PAGE) }, (_, index) =>
    texts.slice(index * PER_PAGE, (index + 1) * PER_PAGE),
  );

/** What a browser makes of characters that can't stand in a document. */
const asShown = (text: string): string =>
  text
    .replaceAll('\u0000', '')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/\p{Surrogate}/gu, '\ufffd');

/** Runs in the page, which itself may run nothing: what stands in it, as the browser sees it. */
const INVENTORY = `(() => ({
  cells: [...document.querySelectorAll('section.details table tbody th')].map((cell) => cell.textContent),
  title: document.querySelector('h1').textContent,
  strange: [...document.querySelectorAll('script,iframe,object,embed,link,base,form,input,video,audio,foreignObject,use,image,feImage,a,template,details,textarea,marquee,plaintext,xmp,math')].map((element) => element.outerHTML.slice(0, 200)),
  sources: [...document.querySelectorAll('[src],[href],[data],[background],[poster]')].map((element) => element.outerHTML.slice(0, 200)),
  handlers: [...document.querySelectorAll('*')].flatMap((element) => [...element.attributes].filter(({ name }) => name.startsWith('on')).map(({ name }) => name)),
  styles: document.querySelectorAll('style').length,
  rules: [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.constructor.name === 'CSSImportRule').length,
}))()`;

interface Inventory {
  readonly cells: string[];
  readonly title: string;
  readonly strange: string[];
  readonly sources: string[];
  readonly handlers: string[];
  readonly styles: number;
  readonly rules: number;
}

test('in a page they are text, exactly as written, and nothing else is in it', async () => {
  const browser = new WarmBrowser(RENDER_LIMITS);
  try {
    for (const part of parts()) {
      for (const medium of ['print', 'web'] as const) {
        const found = (await browser.show({
          html: renderReportPage(reportOf(part), { medium }),
          work: (page) => page.evaluate(INVENTORY),
        })) as Inventory;
        expect(found).toMatchObject({ strange: [], sources: [], handlers: [], styles: 1, rules: 0 });
        expect(found.cells.slice(0, part.length).map(asShown)).toEqual(part.map(asShown));
        expect(asShown(found.title)).toBe(asShown(part[0] ?? ''));
      }
    }
  } finally {
    await browser.close();
  }
}, 120_000);

test('in a PDF they are printed, no server is asked, and no file is read', async () => {
  const printer = new PdfRenderer({ browsers: 1 });
  const library = await PDFiumLibrary.init();
  try {
    for (const part of parts()) {
      const { bytes } = await printer.pdf(renderReportPage(reportOf(part)));
      const document = await library.loadDocument(bytes);
      const printed = [...document.pages()].map((page) => page.getText()).join('');
      document.destroy();
      expect(printed).not.toMatch(/root:.*:0:0/);
      const letters = (text: string): string => text.replaceAll(/[^a-z0-9<>="';:/]/gi, '');
      for (const text of part.filter((each) => each.length < 200 && /^[\x20-\x7e]+$/.test(each))) {
        expect(letters(printed)).toContain(letters(text));
      }
    }
    const widgets = texts.map((text) => ({ title: text, width: 'third' as const, report: null, text, problem: text }));
    const { pages } = await printer.pdf(renderDashboardPage({ ...reportOf(texts.slice(0, 20)), widgets }));
    expect(pages).toBeGreaterThan(1);
  } finally {
    library.destroy();
    await printer.close();
  }
}, 120_000);
