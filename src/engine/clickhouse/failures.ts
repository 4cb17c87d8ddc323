import { Problem } from '../../common/problem.js';
import {
  EngineError,
  engineOutOfMemory,
  engineTimeout,
  engineUnavailable,
  isUnreachable,
  queryCancelled,
} from '../engine-error.js';

/** ClickHouse's number for an error, wherever the embedded engine or the HTTP client has put it. */
export function clickHouseCode(error: unknown): number | null {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if ('clickhouseCode' in e && typeof e.clickhouseCode === 'number') return e.clickhouseCode;
    if ('code' in e && typeof e.code === 'string' && /^\d+$/.test(e.code)) return Number(e.code);
    const match = /Code: (\d+)\./.exec(e.message);
    if (match) return Number(match[1]);
  }
  return null;
}

/** What a caller gets for an error of the engine: a `Problem` where a person can act, else an {@link EngineError}. */
export function asFailure(error: unknown, context: { max_seconds?: number; signal?: AbortSignal } = {}): Error {
  if (error instanceof Problem || error instanceof EngineError) return error;
  if (context.signal?.aborted) return queryCancelled();
  const code = clickHouseCode(error);
  switch (code) {
    case 159: // TIMEOUT_EXCEEDED
      return engineTimeout(context.max_seconds ?? 0);
    case 394: // QUERY_WAS_CANCELLED
      return queryCancelled();
    case 241: // MEMORY_LIMIT_EXCEEDED
      return engineOutOfMemory();
    default:
      if (isUnreachable(error)) return engineUnavailable();
      return new EngineError(
        'The analytics engine failed to run a statement',
        code === null ? null : String(code),
        error instanceof Error ? error.message : String(error),
        error,
      );
  }
}
