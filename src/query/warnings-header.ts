/**
 * What to be careful about, beside a stream of rows that has no place for it: JSON in a header, in ASCII, so that every
 * client can read it. All of it is known before the first row leaves.
 */
import type { ProblemItem } from '../common/problem.js';

export const WARNINGS_HEADER = 'x-tributary-warnings';
/** Proxies refuse headers of more than 8 kB together. */
const MOST_CHARACTERS = 4_000;

/** For the OpenAPI document. */
export const WARNINGS_HEADER_DOC = {
  'X-Tributary-Warnings': {
    description:
      'Of a CSV, NDJSON, XLSX or Arrow answer: what JSON has in `meta.warnings`, as a JSON list of { code, message, pointer } in ASCII. ' +
      'Absent where there is none; without messages where they would be too long for a header.',
    schema: {
      type: 'string',
      example: '[{"code":"fx_rate_missing","message":"There is no exchange rate …","pointer":"/on_missing_rate"}]',
    },
  },
} as const;

/** Null where there is nothing to say. */
export function warningsHeader(warnings: readonly ProblemItem[]): string | null {
  if (warnings.length === 0) return null;
  const whole = ascii(warnings.map(({ code, message, pointer }) => ({ code, message, pointer })));
  if (whole.length <= MOST_CHARACTERS) return whole;
  return ascii([...new Set(warnings.map(({ code }) => code))].map((code) => ({ code })));
}

const ascii = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
