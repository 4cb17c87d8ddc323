/** How much one request, one organisation and the cache may take. Every bound of the query path stands here. */

/** Rows of a JSON answer when the request sets no limit; `meta.truncated` says if there were more. */
export const DEFAULT_JSON_ROWS = 10_000;
/** Most rows that a JSON answer may hold; exports are streamed and have no such bound. */
export const MAX_JSON_ROWS = 500_000;

/** What shares a lane waits for each other; what is in different lanes does not. */
export type LaneName = 'interactive' | 'export' | 'delivery';

export interface Lane {
  /** Requests of one organisation that run in the engine at the same time. */
  readonly running: number;
  /** Requests of one organisation that may wait for their turn; the next one is refused. */
  readonly waiting: number;
  /** After this long without a turn a request is refused. */
  readonly patienceMs: number;
  /** 429 for who can ask again, 503 for a job that is tried again by itself. */
  readonly refusal: 429 | 503;
  /** The engine stops a statement after this long. */
  readonly seconds: number;
}

export const LANES: Readonly<Record<LaneName, Lane>> = {
  interactive: { running: 10, waiting: 50, patienceMs: 10_000, refusal: 429, seconds: 60 },
  export: { running: 4, waiting: 20, patienceMs: 10_000, refusal: 429, seconds: 600 },
  delivery: { running: 2, waiting: 1_000, patienceMs: 120_000, refusal: 503, seconds: 600 },
};

/** What a refused request is told to wait. */
export const RETRY_AFTER_SECONDS = 5;

export const CACHE_LIMITS = {
  /** All results that one process keeps. */
  bytes: 64 * 1024 * 1024,
  /** One result; larger ones are asked of the engine each time. */
  resultBytes: 5 * 1024 * 1024,
};

/** Rows of a streamed answer that is kept; a longer one is asked of the engine each time. */
export const MOST_KEPT_ROWS = 20_000;

/** An answer of fewer bytes is sent as one piece, and kept as it was sent. */
export const SHORT_BODY = 32_768;
/** After this a written answer is forgotten, as the result is that it was written from. */
export const WRITTEN_MS = 3_600_000;
/** Characters of all answers that are kept as they were sent. */
export const MOST_WRITTEN_TEXT = 16_000_000;

/** Characters of all plans that one process keeps. */
export const MOST_PLAN_TEXT = 16_000_000;
