import type { Page } from 'puppeteer-core';
import { RENDER_LIMITS, rendererBusy, rendererClosed, renderTooLarge, type RenderLimits } from './render-limits.js';
import type { View } from './render-page.js';
import { WarmBrowser, type PageJob } from './warm-browser.js';

export interface PrintedPdf {
  readonly bytes: Buffer;
  readonly pages: number;
}

export interface Screenshot {
  /** PNG, twice the size of its CSS pixels. */
  readonly bytes: Buffer;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** How busy the renderers are, for whoever watches the process. */
export interface RenderLoad {
  readonly running: number;
  readonly waiting: number;
  /** Browsers that were killed so far: for time, for memory, or as they had died. */
  readonly killed: number;
}

/**
 * Turns finished HTML into PDF and PNG with a few browsers that are kept warm. A page runs no script and loads nothing but
 * `data:` URLs; its time and memory are bounded, and so is the queue. Call `close` at the end.
 */
export class PdfRenderer {
  private readonly limits: RenderLimits;
  private readonly idle: WarmBrowser[];
  private readonly all: readonly WarmBrowser[];
  private readonly waiting: ((browser: WarmBrowser) => void)[] = [];
  private closed = false;
  private drained: (() => void) | null = null;

  constructor(limits: Partial<RenderLimits> = {}) {
    this.limits = { ...RENDER_LIMITS, ...limits };
    this.all = Array.from({ length: this.limits.browsers }, () => new WarmBrowser(this.limits));
    this.idle = [...this.all];
  }

  /**
   * Prints a page with its own `@page` size and margins, tagged for screen readers, with an outline of its headings; the
   * document's title becomes the PDF's.
   * @throws Problem `renderer_busy`, `renderer_closed`, `render_timeout`, `render_too_large`; ChromiumUnavailable
   */
  async pdf(html: string): Promise<PrintedPdf> {
    const bytes = await this.show({
      html,
      work: async (page) =>
        Buffer.from(
          await page.pdf({
            preferCSSPageSize: true,
            printBackground: true,
            tagged: true,
            outline: true,
            waitForFonts: false,
            timeout: 0,
          }),
        ),
    });
    return { bytes, pages: countPages(bytes) };
  }

  /**
   * A picture of the first element that matches; null when there is none.
   * @throws as {@link pdf}
   */
  png(html: string, selector: string, view?: View): Promise<Screenshot | null> {
    const work = async (page: Page): Promise<Screenshot | null> => {
      const element = await page.$(selector);
      const box = await element?.boundingBox();
      if (!element || !box) return null;
      const bytes = Buffer.from(await element.screenshot({ type: 'png' }));
      return { bytes, width: Math.round(box.width), height: Math.round(box.height) };
    };
    return this.show({ html, work, ...(view ? { view } : {}) });
  }

  get load(): RenderLoad {
    return {
      running: this.all.length - this.idle.length,
      waiting: this.waiting.length,
      killed: this.all.reduce((sum, browser) => sum + browser.killed, 0),
    };
  }

  /** Lets what has begun or waits come to its end, takes nothing more, and ends the browsers. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.load.running > 0) await new Promise<void>((resolve) => (this.drained = resolve));
    await Promise.all(this.all.map((browser) => browser.close()));
  }

  private async show<T>(job: PageJob<T>): Promise<T> {
    if (this.closed) throw rendererClosed();
    if (job.html.length > this.limits.characters) throw renderTooLarge();
    const browser = await this.turn();
    try {
      return await browser.show(job);
    } finally {
      this.free(browser);
    }
  }

  private async turn(): Promise<WarmBrowser> {
    // The one that worked last is warm.
    const free = this.idle.pop();
    if (free) return free;
    if (this.waiting.length >= this.limits.queue) throw rendererBusy();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private free(browser: WarmBrowser): void {
    const next = this.waiting.shift();
    if (next) return next(browser);
    this.idle.push(browser);
    if (this.idle.length === this.all.length) this.drained?.();
  }
}

/** Chromium writes each page as a plain object of type `/Page`. */
const countPages = (pdf: Buffer): number => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
