/** Exchange rates as a sender writes them: JSON, NDJSON or CSV. Every mistake is found, each with its place. */
import { badRequest, unprocessable, type ProblemItem } from '../common/problem.js';
import { CsvSplitter } from '../ingestion/decode/csv-splitter.js';
import { isCurrency } from '../common/currency.js';

/** A rate to be stored. */
export interface GivenRate {
  readonly base: string;
  readonly quote: string;
  readonly day: string;
  readonly rate: string;
  readonly source: string;
  /** ISO 8601, UTC; null for now. */
  readonly as_of: string | null;
}

/** A rate as it stands in a body, with the place where. */
interface Entry {
  readonly place: string;
  readonly pointer: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const FIELDS = ['base', 'quote', 'day', 'rate', 'source', 'as_of'];
const MOST_FAULTS = 100;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const PLAIN = /^\d{1,9}(\.\d{1,18})?$/;
const DEFAULT_SOURCE = 'import';

/** The body of `POST /api/fx/rates`: a list, `{ rates, source }`, lines of JSON, or a table. @param type media type */
export function readRates(body: unknown, type: 'json' | 'ndjson' | 'csv'): GivenRate[] {
  const entries = type === 'json' ? fromJson(body) : type === 'csv' ? fromCsv(String(body)) : fromLines(String(body));
  const faults: ProblemItem[] = [];
  const rates = entries.flatMap((entry) => {
    const own: ProblemItem[] = [];
    const rate = readRate(entry, own);
    if (faults.length < MOST_FAULTS) faults.push(...own);
    return rate === null ? [] : [rate];
  });
  if (faults.length > 0) {
    const more = faults.length > 1 ? ` (and more: ${faults.length} mistakes, see errors)` : '';
    throw unprocessable('invalid_rates', `${faults[0]?.message ?? ''} Nothing was stored.${more}`, faults);
  }
  if (rates.length === 0) throw unprocessable('empty_file', 'There is no rate in it.');
  return rates;
}

/** @returns null when something is wrong with it, which is added to `faults` (empty when called) */
function readRate({ place, pointer, fields }: Entry, faults: ProblemItem[]): GivenRate | null {
  const fail = (field: string, message: string): void =>
    void faults.push({ code: 'invalid_rate', message: `${place}: ${message}`, pointer: `${pointer}/${field}` });
  const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 40) ?? 'nothing';
  for (const field of Object.keys(fields))
    if (!FIELDS.includes(field))
      fail(field.slice(0, 80), `there is no field “${field.slice(0, 80)}”; known: ${FIELDS.join(', ')}.`);
  const { base, quote, day, rate, source, as_of: asOf } = fields;
  for (const [field, code] of Object.entries({ base, quote }))
    if (!isCurrency(code))
      fail(field, `${field} must be an ISO 4217 code in capitals such as EUR, not ${shown(code)}.`);
  if (base === quote) fail('quote', 'base and quote are the same currency.');
  if (typeof day !== 'string' || !isDay(day)) fail('day', `day must be a day such as 2026-01-31, not ${shown(day)}.`);
  const text = typeof rate === 'number' ? plainNumber(rate) : rate;
  if (typeof text !== 'string' || !PLAIN.test(text) || !(Number(text) >= 1e-9))
    fail('rate', `rate must be a number from 0.000000001 to 999999999 with at most 18 decimals, not ${shown(rate)}.`);
  const from = source ?? DEFAULT_SOURCE;
  if (typeof from !== 'string' || from.trim() === '' || from.length > 100 || from.includes('\0'))
    fail('source', 'source must be the publisher’s name, at most 100 characters.');
  const known = asOf == null || asOf === '' ? null : typeof asOf === 'string' ? instantOf(asOf) : undefined;
  if (known === undefined) fail('as_of', `as_of must be an instant such as 2026-01-31T16:00:00Z, not ${shown(asOf)}.`);
  // Only now are all of them texts for sure: an object of the sender's may have a `toString` that is none.
  if (faults.length > 0) return null;
  return {
    ...{ base: String(base), quote: String(quote), day: String(day), rate: String(text) },
    ...{ source: String(from), as_of: known ?? null },
  };
}

function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return DAY.test(text) && !Number.isNaN(+at) && at.toISOString().startsWith(text) && text >= '1900' && text < '2300';
}

function instantOf(text: string): string | undefined {
  const isInstant = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?$/.test(text);
  const at = new Date(text);
  return isInstant && !Number.isNaN(+at) ? at.toISOString() : undefined;
}

/** The shortest text that means the number, which is what was sent; without an exponent. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e-') ? value.toFixed(18).replace(/0+$/, '') : text;
}

function fromJson(body: unknown): Entry[] {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const { rates, source, ...others } = (isObject ? body : { rates: body }) as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined || !Array.isArray(rates)) {
    const message =
      'Send { "rates": [{ "base", "quote", "day", "rate" }], "source": "ecb" }, or such a list by itself.';
    throw badRequest('invalid_request', message, [{ code: 'wrong_type', message, pointer: `/${unknown ?? 'rates'}` }]);
  }
  return rates.map((fields: unknown, index) => ({
    place: `Rate ${index + 1}`,
    pointer: isObject ? `/rates/${index}` : `/${index}`,
    fields: asFields(fields, source),
  }));
}

function fromLines(text: string): Entry[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    let fields: unknown;
    try {
      fields = JSON.parse(line) as unknown;
    } catch {
      throw unprocessable('invalid_rates', `Line ${index + 1} is no JSON object. Nothing was stored.`);
    }
    return { place: `Line ${index + 1}`, pointer: `/${index}`, fields: asFields(fields) };
  });
}

const asFields = (fields: unknown, source?: unknown): Record<string, unknown> => ({
  ...(source === undefined ? {} : { source }),
  ...(typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {}),
});

/** A table with a header line; cells apart by comma, semicolon or tab. */
function fromCsv(text: string): Entry[] {
  const content = text.replace(/^\ufeff/, '');
  const head = content.slice(0, content.search(/[\r\n]|$/));
  const delimiter = [';', '\t', ','].find((mark) => head.includes(mark)) ?? ',';
  const splitter = new CsvSplitter(delimiter);
  const records = [...splitter.push(content), ...splitter.end()];
  let header: string[] | undefined;
  return records.flatMap((record) => {
    if (record.kind === 'broken')
      throw unprocessable('invalid_rates', `Line ${record.line}: ${record.reason}. Nothing was stored.`);
    if (record.cells.every((cell) => cell.trim() === '')) return [];
    if (header === undefined) {
      header = record.cells.map((cell) => cell.trim().toLowerCase()).map((name) => (name === 'date' ? 'day' : name));
      const missing = ['base', 'quote', 'day', 'rate'].filter((name) => header?.includes(name) !== true);
      if (missing.length > 0)
        throw unprocessable(
          'invalid_rates',
          `The first line names the columns; ${missing.join(', ')} is not among them.`,
        );
      return [];
    }
    const names = header;
    const cells = record.cells.map((cell, index) => [names[index] ?? `column ${index + 1}`, cell.trim()] as const);
    const fields = Object.fromEntries(cells.filter(([, cell]) => cell !== ''));
    return { place: `Line ${record.line}`, pointer: `/${record.line - 1}`, fields };
  });
}
