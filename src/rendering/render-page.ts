import type { Browser, Page } from 'puppeteer-core';

/** How a page is shown while it is photographed. */
export interface View {
  /** CSS pixels. */
  readonly width: number;
  readonly dark: boolean;
}

const PAPER: View = { width: 820, dark: false };

/**
 * A page in a context of its own that runs no script and loads nothing but `data:` URLs. One page shows many documents, one
 * after the other: without scripts and without a network nothing of one is left for the next, and opening a page anew would
 * take longer than printing it.
 * @param crashed is told when the page's process has died, which no call would answer
 */
export async function openPage(browser: Browser, crashed: (error: Error) => void): Promise<Page> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.on('error', crashed);
  // Time is kept by whoever waits for the browser.
  page.setDefaultTimeout(0);
  await page.setJavaScriptEnabled(false);
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const allowed = request.url().startsWith('data:') || request.url() === 'about:blank';
    void (allowed ? request.continue() : request.abort('blockedbyclient')).catch(() => undefined);
  });
  await setView(page, PAPER);
  return page;
}

async function setView(page: Page, view: View): Promise<void> {
  await page.setViewport({ width: view.width, height: 1_100, deviceScaleFactor: 2 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: view.dark ? 'dark' : 'light' }]);
}

/** Shows finished HTML and works on it. */
export async function showOn<T>(page: Page, html: string, work: (page: Page) => Promise<T>, view?: View): Promise<T> {
  if (view) await setView(page, view);
  await page.setContent(html, { waitUntil: 'load', timeout: 0 });
  // Fonts load when text is first laid out, which a screenshot does not wait for.
  await page.evaluate('Promise.all([...document.fonts].map((font) => font.load())).then(() => true)');
  const result = await work(page);
  if (view) await setView(page, PAPER);
  return result;
}

/**
 * Takes the document away by an empty one. Going to another address would begin a document of its own, and the next page would
 * take half as long again.
 */
export const clear = (page: Page): Promise<void> => page.setContent('<!doctype html>', { timeout: 0 });
