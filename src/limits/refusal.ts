import { Problem } from '../common/problem.js';

/** A refusal that says when to come back: in the text, as `retry_after_seconds`, and in `Retry-After`. */
export function comeBack(status: 429 | 503, code: string, why: string, msLeft: number): Problem {
  const seconds = Math.max(1, Math.ceil(msLeft / 1_000));
  return new Problem(status, code, `${why} Come back in ${seconds} s.`, [], { 'retry-after': String(seconds) });
}
