import { Problem } from '../common/problem.js';

/** Formats in which a result leaves over HTTP. */
export const RESULT_FORMATS = ['json', 'csv', 'ndjson'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<ResultFormat, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/**
 * The format that an Accept header asks for: the first media type in it that we have; JSON where it leaves us free.
 * @throws Problem 406 `not_acceptable` when it asks only for types that we don't have
 */
export function formatFromAccept(accept: string | undefined): ResultFormat {
  if (!accept) return 'json';
  const types = accept.split(',').map((part) => part.split(';')[0]?.trim().toLowerCase() ?? '');
  for (const type of types) {
    if (type === 'text/csv') return 'csv';
    if (type === 'application/x-ndjson' || type === 'application/ndjson') return 'ndjson';
    if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  }
  throw new Problem(
    406,
    'not_acceptable',
    'Results come as application/json, text/csv or application/x-ndjson; ask for one of these in the Accept header or with ?format=.',
  );
}
