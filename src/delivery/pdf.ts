import type { Browser, Page } from 'puppeteer-core';
import { launchChromium } from './chromium.js';

export interface PrintedPdf {
  readonly bytes: Buffer;
  readonly pages: number;
}

const PAGE_TIMEOUT_MS = 30_000;
const MOST_PAGES_AT_ONCE = 2;

/**
 * Turns finished HTML into PDF and PNG with one browser that is kept warm, started on first use and again when it died.
 * A page runs no script and loads nothing but `data:` URLs. Call `close` at the end.
 */
export class PdfRenderer {
  private browser: Promise<Browser> | null = null;
  private closed = false;
  private running = 0;
  private readonly queue: (() => void)[] = [];

  /**
   * Prints a page with its own `@page` size and margins, tagged for screen readers; the document's title becomes the
   * PDF's.
   * @throws ChromiumUnavailable, or an Error when the page takes longer than 30 s
   */
  async pdf(html: string): Promise<PrintedPdf> {
    const bytes = await this.onPage(html, async (page) =>
      Buffer.from(
        await page.pdf({
          preferCSSPageSize: true,
          printBackground: true,
          tagged: true,
          outline: false,
          waitForFonts: true,
          timeout: PAGE_TIMEOUT_MS,
        }),
      ),
    );
    return { bytes, pages: countPages(bytes) };
  }

  /** A picture of the first element that matches, at twice the size of its CSS pixels; null when there is none. */
  async png(html: string, selector: string): Promise<{ bytes: Buffer; width: number; height: number } | null> {
    return this.onPage(html, async (page) => {
      const element = await page.$(selector);
      const box = await element?.boundingBox();
      if (!element || !box) return null;
      const bytes = Buffer.from(await element.screenshot({ type: 'png' }));
      return { bytes, width: Math.round(box.width), height: Math.round(box.height) };
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    const browser = await this.browser?.catch(() => null);
    this.browser = null;
    await browser?.close();
  }

  private async onPage<T>(html: string, work: (page: Page) => Promise<T>): Promise<T> {
    await this.turn();
    try {
      const browser = await this.warm();
      try {
        return await withPage(browser, html, work);
      } catch (error) {
        // The browser may have died under us, which is not the page's fault: once more with a new one.
        if (browser.connected || this.closed) throw error;
        return await withPage(await this.warm(), html, work);
      }
    } finally {
      this.running -= 1;
      this.queue.shift()?.();
    }
  }

  /** Waits until fewer than the most pages are open, which bounds the memory. */
  private async turn(): Promise<void> {
    while (this.running >= MOST_PAGES_AT_ONCE) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.running += 1;
  }

  private async warm(): Promise<Browser> {
    if (this.closed) throw new Error('The PDF renderer is closed.');
    const launching = (this.browser ??= launchChromium());
    const forget = (): void => {
      if (this.browser === launching) this.browser = null;
    };
    try {
      const browser = await launching;
      if (browser.connected) {
        browser.once('disconnected', forget);
        return browser;
      }
    } catch (error) {
      forget();
      throw error;
    }
    forget();
    return this.warm();
  }
}

async function withPage<T>(browser: Browser, html: string, work: (page: Page) => Promise<T>): Promise<T> {
  // A context of its own: nothing is shared between two reports.
  const context = await browser.createBrowserContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PAGE_TIMEOUT_MS);
    await page.setJavaScriptEnabled(false);
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      const allowed = request.url().startsWith('data:') || request.url() === 'about:blank';
      void (allowed ? request.continue() : request.abort('blockedbyclient')).catch(() => undefined);
    });
    await page.setViewport({ width: 820, height: 1_100, deviceScaleFactor: 2 });
    await page.setContent(html, { waitUntil: 'load', timeout: PAGE_TIMEOUT_MS });
    // Fonts load when text is first laid out, which a screenshot does not wait for.
    await page.evaluate('Promise.all([...document.fonts].map((font) => font.load())).then(() => true)');
    return await work(page);
  } finally {
    await context.close().catch(() => undefined);
  }
}

/** Chromium writes each page as a plain object of type `/Page`. */
const countPages = (pdf: Buffer): number => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
