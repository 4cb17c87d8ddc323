import { Problem, unprocessable } from '../../common/problem.js';
import { errorCode, isConnectionLost } from '../../common/unreachable.js';
import {
  EngineError,
  errorMessage,
  engineOutOfMemory,
  engineTimeout,
  engineUnavailable,
  queryCancelled,
} from '../engine-error.js';

/** What a caller gets for an error of Postgres: a `Problem` where a person can act, else an {@link EngineError}. */
export function asFailure(error: unknown, context: { max_seconds?: number; signal?: AbortSignal } = {}): Error {
  if (error instanceof Problem || error instanceof EngineError) return error;
  const code = errorCode(error);
  if (context.signal?.aborted) return queryCancelled();
  if (code === '57014') return engineTimeout(context.max_seconds ?? 0); // query_canceled, and not by us
  // A character that Postgres cannot hold (NUL), which therefore is in no row either.
  if (code === '22021' || code === '22P05')
    return unprocessable('text_not_storable', 'A text holds a NUL character. Remove it.');
  if (code?.startsWith('53')) return engineOutOfMemory(); // insufficient_resources
  if (isConnectionLost(error)) return engineUnavailable();
  return new EngineError('The analytics engine failed to run a statement', code, errorMessage(error), error);
}
