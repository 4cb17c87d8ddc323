import type { PlannedColumn } from '../../compiler/query/types.js';
import type { CellValue } from './document.js';
import { isNumeric } from './format.js';

/** Rows, one by one, each an array in the order of the columns. */
export type Rows = AsyncIterable<readonly CellValue[]>;

/** The same, many at a time: a turn for each row would cost more than what is done with it. */
export type RowBatches = AsyncIterable<readonly (readonly CellValue[])[]>;

export interface CsvOptions {
  /** What the first line holds: members' keys, for machines, or their labels, for people. */
  readonly header: 'name' | 'label';
}

const END = '\r\n';
const CHUNK = 32_768;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
/** Spelt out, since engines that write CSV themselves mean less by `\s`. */
const SPACE = '[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]';
/** Two patterns as text, written so that RE2, in ClickHouse, reads them as JavaScript does. This one: what needs quotes. */
export const NEEDS_QUOTES = `[",\r\n]|^${SPACE}|${SPACE}$`;
/**
 * What makes a spreadsheet take text for a formula (OWASP, "CSV Injection"), full-width forms included. An apostrophe
 * before it counts too, so that taking one apostrophe away gives back every text exactly.
 */
export const FORMULA_LIKE = "^'*[=+\\-@\t\r\n＝＋－＠]";
const needsQuotes = new RegExp(NEEDS_QUOTES, 'u');
const isFormulaLike = new RegExp(FORMULA_LIKE, 'u');

/**
 * Rows as CSV (RFC 4180: CRLF, quotes doubled), in chunks of text, the header first. Text that a spreadsheet would run
 * as a formula gets an apostrophe in front; numbers stay numbers; null is an empty field, the empty text a quoted one.
 */
export function csvOf(
  columns: readonly PlannedColumn[],
  batches: RowBatches,
  options?: CsvOptions,
): AsyncGenerator<string, void, undefined> {
  const numeric = columns.map(isNumeric);
  return inChunks(
    csvHead(columns, options),
    batches,
    (row) => numeric.map((isNumber, index) => field(row[index] ?? null, isNumber)).join(',') + END,
  );
}

/** The first line. */
export const csvHead = (columns: readonly PlannedColumn[], { header }: CsvOptions = { header: 'name' }): string =>
  columns.map((column) => textField(column[header])).join(',') + END;

/** {@link csvOf} for rows that come one by one. */
export const csvLines = (
  columns: readonly PlannedColumn[],
  rows: Rows,
  options?: CsvOptions,
): AsyncGenerator<string, void, undefined> => csvOf(columns, oneByOne(rows), options);

/** Rows as newline-delimited JSON objects, keyed by the members' names, in chunks of text; values as they come. */
export function ndjsonOf(
  columns: readonly PlannedColumn[],
  batches: RowBatches,
): AsyncGenerator<string, void, undefined> {
  const keys = columns.map((column) => JSON.stringify(column.name));
  return inChunks(
    '',
    batches,
    (row) => `{${keys.map((key, index) => `${key}:${JSON.stringify(row[index] ?? null)}`).join(',')}}\n`,
  );
}

async function* oneByOne(rows: Rows): AsyncGenerator<readonly (readonly CellValue[])[]> {
  for await (const row of rows) yield [row];
}

/** A socket is happier with a few large writes than with many small ones. */
async function* inChunks(
  head: string,
  batches: RowBatches,
  line: (row: readonly CellValue[]) => string,
): AsyncGenerator<string, void, undefined> {
  let chunk = head;
  for await (const batch of batches) {
    for (const row of batch) {
      chunk += line(row);
      if (chunk.length >= CHUNK) {
        yield chunk;
        chunk = '';
      }
    }
  }
  if (chunk !== '') yield chunk;
}

function field(value: CellValue, numeric: boolean): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return numeric && NUMBER.test(value) ? value : textField(value);
}

function textField(text: string): string {
  const harmless = isFormulaLike.test(text) ? `'${text}` : text;
  return harmless === '' || needsQuotes.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
