/**
 * Every error that a user may see. The HTTP filter turns it into RFC 9457 `application/problem+json`, GraphQL puts the
 * same fields under `extensions`, the command line prints `detail`.
 */
export interface ProblemItem {
  /** Stable machine-readable code, e.g. `unknown_metric`. */
  readonly code: string;
  /** What is wrong and what to do about it. */
  readonly message: string;
  /** RFC 6901 JSON pointer into the request body, e.g. `/filters/and/0/member`. */
  readonly pointer?: string;
  /** Character range `[from, to)` inside the string that `pointer` names; used for formulas. */
  readonly range?: readonly [number, number];
  /** Names that the user may have meant, nearest first. */
  readonly suggestions?: readonly string[];
}

/** A mistake of the caller, or a refusal, with a stable `code` and a `detail` that a person can act on. */
export class Problem extends Error {
  constructor(
    /** HTTP status. */
    readonly status: number,
    /** Stable code, snake_case. */
    readonly code: string,
    /** What is wrong, where, and what to do. Never holds SQL, a path, a host or a secret. */
    readonly detail: string,
    readonly errors: readonly ProblemItem[] = [],
    /** Headers of the HTTP answer, e.g. `retry-after`. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

export const badRequest = (code: string, detail: string, errors: readonly ProblemItem[] = []): Problem =>
  new Problem(400, code, detail, errors);
export const notFound = (detail: string): Problem => new Problem(404, 'not_found', detail);
export const conflict = (code: string, detail: string, errors: readonly ProblemItem[] = []): Problem =>
  new Problem(409, code, detail, errors);
/** The request is well-formed but its content can't be accepted (unknown metric, broken formula, …). */
export const unprocessable = (code: string, detail: string, errors: readonly ProblemItem[] = []): Problem =>
  new Problem(422, code, detail, errors);
