import type { Browser, Page } from 'puppeteer-core';
import { launchChromium } from './chromium.js';
import { memoryOf } from './process-memory.js';
import { renderTimeout, renderTooLarge, type RenderLimits } from './render-limits.js';
import { clear, openPage, showOn, type View } from './render-page.js';

const MEMORY_CHECK_MS = 200;
const FAREWELL_MS = 5_000;

export interface PageJob<T> {
  readonly html: string;
  readonly work: (page: Page) => Promise<T>;
  readonly view?: View;
}

/** The browser was lost while it worked; another one may succeed. */
class BrowserLost extends Error {}

/**
 * One browser that is kept warm and shows one page at a time. It is started on first use; when it takes too long, takes too
 * much memory, dies, or has shown enough pages, it is killed and the next page starts a new one.
 */
export class WarmBrowser {
  private launching: Promise<Browser> | null = null;
  /** The one that was launched last. */
  private current: Browser | null = null;
  private page: Promise<Page> | null = null;
  private shown = 0;
  /** How often a browser of it took too much, or died. */
  killed = 0;
  /** Tells the guard of the page at hand that its process has died. */
  private crashed: () => void = () => undefined;

  constructor(private readonly limits: RenderLimits) {}

  /** @throws Problem `render_timeout`, `render_too_large`; ChromiumUnavailable; an Error of the work itself */
  async show<T>(job: PageJob<T>): Promise<T> {
    try {
      return await this.attempt(job);
    } catch (error) {
      // It died under us, which need not be the page's fault: once more with a new one.
      if (!(error instanceof BrowserLost)) throw error;
      return await this.attempt(job);
    }
  }

  /** Ends the browser; politely where it answers. */
  async close(): Promise<void> {
    const launching = this.launching;
    this.launching = null;
    const browser = await launching?.catch(() => null);
    if (!browser) return;
    const timer = setTimeout(() => kill(browser), FAREWELL_MS);
    await browser.close().catch(() => undefined);
    clearTimeout(timer);
    kill(browser);
  }

  /** The process, for whoever watches it; null where there is none. */
  async pid(): Promise<number | null> {
    return (await this.launching?.catch(() => null))?.process()?.pid ?? null;
  }

  private async attempt<T>({ html, work, view }: PageJob<T>): Promise<T> {
    const browser = await this.warm();
    const guard = this.guard(browser);
    try {
      this.crashed = guard.lost;
      const page = this.work(browser, { html, work, ...(view ? { view } : {}) }).catch((error: unknown) => {
        // Whatever the work says without a browser, it says because the browser went away: the guard knows why.
        if (browser.connected) throw error;
        return guard.failure;
      });
      const result = await Promise.race([page, guard.failure]);
      this.shown += 1;
      // A browser that has grown to more than half of what it may take begins anew before the next page.
      if (this.shown >= this.limits.pagesPerBrowser || this.isTooLarge(browser, 0.5)) this.discard(browser);
      return result;
    } finally {
      guard.release();
    }
  }

  private async work<T>(browser: Browser, { html, work, view }: PageJob<T>): Promise<T> {
    const opened = (this.page ??= openPage(browser, () => this.crashed()));
    try {
      const page = await opened;
      const result = await showOn(page, html, work, view);
      // The next one waits for the page to be empty; whoever has this result need not.
      if (this.page === opened) this.page = clear(page).then(() => page);
      this.page?.catch(() => undefined);
      return result;
    } catch (error) {
      if (this.page === opened) this.page = null;
      void opened.then((page) => page.browserContext().close()).catch(() => undefined);
      throw error;
    }
  }

  /** Watches the time, the memory and the life of a browser while it works; the first that fails ends it. */
  private guard(browser: Browser): {
    readonly failure: Promise<never>;
    readonly lost: () => void;
    readonly release: () => void;
  } {
    let fail: (error: Error) => void = () => undefined;
    const failure = new Promise<never>((_resolve, reject) => (fail = reject));
    failure.catch(() => undefined);
    let over = false;
    const stop = (error: Error): void => {
      if (over) return;
      release();
      this.killed += 1;
      this.discard(browser);
      fail(error);
    };
    const lost = (): void => stop(new BrowserLost('The browser has died.'));
    const timer = setTimeout(() => stop(renderTimeout(this.limits.timeoutMs)), this.limits.timeoutMs);
    const scale = setInterval(() => {
      if (this.isTooLarge(browser, 1)) stop(renderTooLarge());
    }, MEMORY_CHECK_MS);
    const release = (): void => {
      over = true;
      clearTimeout(timer);
      clearInterval(scale);
      browser.off('disconnected', lost);
    };
    browser.once('disconnected', lost);
    return { failure, lost, release };
  }

  private isTooLarge(browser: Browser, share: number): boolean {
    const pid = browser.process()?.pid;
    return pid !== undefined && (memoryOf(pid) ?? 0) > this.limits.memoryBytes * share;
  }

  private async warm(): Promise<Browser> {
    const launching = (this.launching ??= launchChromium());
    try {
      const browser = await launching;
      if (this.current !== browser) this.page = null;
      this.current = browser;
      if (browser.connected) return browser;
    } catch (error) {
      if (this.launching === launching) this.launching = null;
      throw error;
    }
    if (this.launching === launching) this.launching = null;
    return this.warm();
  }

  private discard(browser: Browser): void {
    kill(browser);
    // A late word about a browser that was replaced already says nothing about its successor.
    if (browser !== this.current) return;
    this.launching = null;
    this.current = null;
    this.page = null;
    this.shown = 0;
  }
}

/** The browser leads a group of processes of its own: none of them outlives it, whatever it is busy with. */
function kill(browser: Browser): void {
  const pid = browser.process()?.pid;
  if (pid === undefined) return;
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}
