import { Problem } from '../common/problem.js';

/** Formats in which a result leaves over HTTP. */
export const RESULT_FORMATS = ['json', 'csv', 'ndjson', 'xlsx', 'arrow'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<ResultFormat, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  arrow: 'application/vnd.apache.arrow.stream',
};

const BY_MEDIA_TYPE: ReadonlyMap<string, ResultFormat> = new Map([
  ...RESULT_FORMATS.map((format) => [MEDIA_TYPES[format].split(';')[0] ?? '', format] as const),
  ['application/ndjson', 'ndjson'],
  ['application/*', 'json'],
  ['*/*', 'json'],
]);

/**
 * The format that an Accept header asks for: the first media type in it that we have; JSON where it leaves us free.
 * @throws Problem 406 `not_acceptable` when it asks only for types that we don't have
 */
export function formatFromAccept(accept: string | undefined): ResultFormat {
  if (!accept) return 'json';
  for (const part of accept.split(',')) {
    const format = BY_MEDIA_TYPE.get(part.split(';')[0]?.trim().toLowerCase() ?? '');
    if (format) return format;
  }
  const known = RESULT_FORMATS.map((format) => MEDIA_TYPES[format].split(';')[0]).join(', ');
  throw new Problem(
    406,
    'not_acceptable',
    `Results come as ${known}; ask for one of these in the Accept header, or with ?format=${RESULT_FORMATS.join('|')}.`,
  );
}
