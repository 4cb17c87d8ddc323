import { Problem } from '../common/problem.js';

/** What rendering may take of the machine. */
export interface RenderLimits {
  /** Browsers that work side by side, one page each. */
  readonly browsers: number;
  /** Longest rendering of one page, in milliseconds; then its browser is killed and replaced. */
  readonly timeoutMs: number;
  /** Memory of one browser with all its processes; above it the same. Measured on Linux. */
  readonly memoryBytes: number;
  /** Pages after which a browser is replaced, so that nothing grows for ever. */
  readonly pagesPerBrowser: number;
  /** Pages that wait for a browser; more are refused. */
  readonly queue: number;
  /** Characters of a page; longer ones are refused before a browser sees them. */
  readonly characters: number;
}

export const RENDER_LIMITS: RenderLimits = {
  browsers: 2,
  timeoutMs: 30_000,
  memoryBytes: 1_000_000_000,
  pagesPerBrowser: 200,
  queue: 100,
  characters: 40_000_000,
};

/** Every browser is at work and enough pages wait; later there is room. */
export const rendererBusy = (): Problem =>
  new Problem(503, 'renderer_busy', 'Too many reports are being printed right now; try again in a minute.', [], {
    'retry-after': '30',
  });

export const rendererClosed = (): Problem =>
  new Problem(503, 'renderer_closed', 'The PDF renderer is closed: the server is stopping; ask again.', [], {
    'retry-after': '10',
  });

export const renderTimeout = (timeoutMs: number): Problem =>
  new Problem(
    503,
    'render_timeout',
    `The page took longer than ${timeoutMs / 1_000} s to print. Show fewer rows or columns, or ask for CSV or XLSX.`,
  );

/** Another attempt would end the same way. */
export const renderTooLarge = (): Problem =>
  new Problem(
    422,
    'render_too_large',
    'The page is too large to print. Show fewer rows or columns, or ask for CSV or XLSX.',
  );
