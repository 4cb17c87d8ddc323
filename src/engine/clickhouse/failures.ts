import { Problem } from '../../common/problem.js';
import { causes, errorCode, isUnreachable } from '../../common/unreachable.js';
import {
  EngineError,
  errorMessage,
  engineOutOfMemory,
  engineTimeout,
  engineUnavailable,
  numberTooLarge,
  queryCancelled,
} from '../engine-error.js';

/** ClickHouse's number for an error, wherever the embedded engine or the HTTP client has put it. */
export function clickHouseCode(error: unknown): number | null {
  for (const e of causes(error)) {
    if ('clickhouseCode' in e && typeof e.clickhouseCode === 'number') return e.clickhouseCode;
    const code = errorCode(e);
    if (code !== null && /^\d+$/.test(code)) return Number(code);
    const match = /Code: (\d+)\./.exec(errorMessage(e));
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
    case 407: // DECIMAL_OVERFLOW
      return numberTooLarge();
    default:
      if (isUnreachable(error)) return engineUnavailable();
      return new EngineError(
        'The analytics engine failed to run a statement',
        code === null ? null : String(code),
        errorMessage(error),
        error,
      );
  }
}
