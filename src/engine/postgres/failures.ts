import { Problem } from '../../common/problem.js';
import {
  EngineError,
  engineOutOfMemory,
  engineTimeout,
  engineUnavailable,
  isUnreachable,
  queryCancelled,
} from '../engine-error.js';

/** What a caller gets for an error of Postgres: a `Problem` where a person can act, else an {@link EngineError}. */
export function asFailure(error: unknown, context: { max_seconds?: number; signal?: AbortSignal } = {}): Error {
  if (error instanceof Problem || error instanceof EngineError) return error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (context.signal?.aborted) return queryCancelled();
  if (code === '57014') return engineTimeout(context.max_seconds ?? 0); // query_canceled, and not by us
  if (code?.startsWith('53')) return engineOutOfMemory(); // insufficient_resources
  if (code?.startsWith('08') || code?.startsWith('57P') || isUnreachable(error)) return engineUnavailable();
  return new EngineError(
    'The analytics engine failed to run a statement',
    code,
    error instanceof Error ? error.message : String(error),
    error,
  );
}
