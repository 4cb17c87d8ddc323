import { Problem } from '../common/problem.js';

/**
 * The engine did not do what we asked of it: our bug, or a broken store. `message` is safe to show; `details` (the
 * engine's own words, which may hold SQL) are for the log only and stay out of JSON and of `toString()`.
 */
export class EngineError extends Error {
  declare readonly details: { readonly engine_code: string | null; readonly engine_message: string };

  constructor(message: string, code: string | null, engineMessage: string, cause?: unknown) {
    super(message);
    this.name = 'EngineError';
    Object.defineProperty(this, 'details', {
      value: Object.freeze({ engine_code: code, engine_message: engineMessage }),
      enumerable: false,
    });
    Object.defineProperty(this, 'cause', { value: cause, enumerable: false });
  }
}

export const queryCancelled = (): Problem =>
  new Problem(499, 'query_cancelled', 'The query was cancelled before it was finished.');

export const engineTimeout = (seconds: number): Problem =>
  new Problem(
    504,
    'engine_timeout',
    `The query took longer than ${seconds} s and was stopped. Narrow the date range, or use fewer dimensions.`,
  );

export const engineOutOfMemory = (): Problem =>
  new Problem(
    503,
    'engine_out_of_memory',
    'The query needs more memory than the engine may use. Narrow the date range, take a coarser grain, or use fewer dimensions.',
  );

export const numberTooLarge = (): Problem =>
  new Problem(
    422,
    'number_too_large',
    'A number of the answer has more than 29 digits before the decimal point. Look for a row with an amount in a wrong unit.',
  );

export const engineUnavailable = (): Problem =>
  new Problem(503, 'engine_unavailable', 'The analytics engine can not be reached right now. Try again in a moment.');

export const errorMessage = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
