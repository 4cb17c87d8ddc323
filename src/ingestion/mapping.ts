/**
 * The mapping of an import: how the columns of a file become rows. Required for the preset `csv`; with the other
 * presets its reading options (encoding, delimiter, decimal, time zone, currency, data source) may be given.
 */
import { nearestNames } from '../common/nearest.js';
import { badRequest, type Problem, type ProblemItem } from '../common/problem.js';
import type { SourceCategory } from '../engine/engine.js';
import { SOURCE_CATEGORIES } from '../engine/engine.js';
import { isDataSource, isSourceCategory } from './canonical.js';
import { ENCODINGS, type Encoding } from './decode/encoding.js';
import type { DecimalMark } from './values/decimal.js';
import { isTimeZone } from './values/instant.js';

export const CELL_TYPES = ['auto', 'number', 'string', 'boolean', 'date'] as const;
export type CellType = (typeof CELL_TYPES)[number];

export interface FieldMapping {
  readonly column: string;
  /** `auto`: a plain number becomes a number, everything else stays text. */
  readonly type: CellType;
  readonly decimal: DecimalMark | null;
}

export interface ColumnWidth {
  readonly name: string;
  /** Characters; null when the columns are delimited. */
  readonly width: number | null;
}

/** A checked mapping. */
export interface Mapping {
  readonly data_source: string | null;
  readonly source_category: SourceCategory | null;
  readonly recorded_at: {
    readonly column: string | null;
    /** Luxon tokens, e.g. `yyyyMMdd`; null: ISO 8601. */
    readonly format: string | null;
    /** IANA zone of times without one. */
    readonly time_zone: string | null;
  };
  /** Payload field → column; null: every column that has no other use becomes a field of its own. */
  readonly fields: Readonly<Record<string, FieldMapping>> | null;
  readonly campaign_id: string | null;
  readonly customer_id: string | null;
  readonly asset_id: string | null;
  readonly external_id: string | null;
  /** A column, or an ISO 4217 code when no column has that name. */
  readonly currency: string | null;
  readonly identity: 'natural' | 'line' | readonly string[];
  /** One character, or `whitespace`; null: found by looking. */
  readonly delimiter: string | null;
  /** Names for a file without a header. */
  readonly columns: readonly ColumnWidth[] | null;
  /** Lines before the header (or, without a header, before the data). */
  readonly skip_lines: number;
  readonly encoding: Encoding | null;
  readonly decimal: DecimalMark | null;
  /** Texts that mean "no value", besides the usual ones. */
  readonly null_values: readonly string[];
  /** Values of fields (or of campaign_id, customer_id, asset_id) where the file has none. */
  readonly defaults: Readonly<Record<string, string | number | boolean>>;
  readonly keep_email: boolean;
}

const KEYS = [
  'data_source',
  'source_category',
  'recorded_at',
  'fields',
  'campaign_id',
  'customer_id',
  'asset_id',
  'external_id',
  'currency',
  'identity',
  'delimiter',
  'columns',
  'skip_lines',
  'encoding',
  'decimal',
  'time_zone',
  'null_values',
  'defaults',
  'keep_email',
] as const;

const ENCODING_NAMES: Readonly<Record<string, Encoding>> = {
  utf8: 'utf-8',
  'utf-16': 'utf-16le',
  utf16: 'utf-16le',
  utf16le: 'utf-16le',
  utf16be: 'utf-16be',
  cp1252: 'windows-1252',
  'latin-1': 'windows-1252',
  latin1: 'windows-1252',
  'iso-8859-1': 'windows-1252',
};

/**
 * Checks a mapping.
 * @throws Problem `invalid_mapping` with a pointer for every mistake
 */
export function parseMapping(input: unknown): Mapping {
  const check = new Check();
  const object = check.object(input, '') ?? {};
  check.keys(object, KEYS, '');

  const data_source = check.text(object['data_source'], '/data_source');
  if (data_source !== null && !isDataSource(data_source)) {
    check.wrong('/data_source', 'data_source must match [a-z][a-z0-9_]{0,62}');
  }
  const category = check.text(object['source_category'], '/source_category');
  if (category !== null && !isSourceCategory(category)) {
    check.wrong('/source_category', `source_category must be one of ${SOURCE_CATEGORIES.join(', ')}`);
  }

  const mapping: Mapping = {
    data_source,
    source_category: isSourceCategory(category) ? category : null,
    recorded_at: recordedAt(object, check),
    fields: fields(object['fields'], check),
    campaign_id: check.text(object['campaign_id'], '/campaign_id'),
    customer_id: check.text(object['customer_id'], '/customer_id'),
    asset_id: check.text(object['asset_id'], '/asset_id'),
    external_id: check.text(object['external_id'], '/external_id'),
    currency: check.text(object['currency'], '/currency'),
    identity: identity(object['identity'], check),
    delimiter: delimiter(object['delimiter'], check),
    columns: columns(object['columns'], check),
    skip_lines: skipLines(object['skip_lines'], check),
    encoding: encoding(object['encoding'], check),
    decimal: decimal(object['decimal'], '/decimal', check),
    null_values: check.texts(object['null_values'], '/null_values') ?? [],
    defaults: defaults(object['defaults'], check),
    keep_email: object['keep_email'] === true,
  };
  check.done();
  return mapping;
}

type Json = Readonly<Record<string, unknown>>;

class Check {
  private readonly items: ProblemItem[] = [];

  wrong(pointer: string, message: string, suggestions?: readonly string[]): void {
    this.items.push({ code: 'invalid_mapping', message, pointer, ...(suggestions?.length ? { suggestions } : {}) });
  }

  object(value: unknown, pointer: string): Json | null {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
    this.wrong(pointer, `${pointer === '' ? 'the mapping' : pointer.slice(1)} must be a JSON object`);
    return null;
  }

  keys(object: Json, known: readonly string[], pointer: string): void {
    for (const key of Object.keys(object)) {
      if (known.includes(key)) continue;
      this.wrong(
        `${pointer}/${key}`,
        `"${key}" is not known here; known are ${known.join(', ')}`,
        nearestNames(key, known),
      );
    }
  }

  text(value: unknown, pointer: string): string | null {
    if (value === undefined || value === null) return null;
    if (typeof value === 'string' && value.trim() !== '') return value;
    this.wrong(pointer, `${pointer.slice(1)} must be a text`);
    return null;
  }

  texts(value: unknown, pointer: string): string[] | null {
    if (value === undefined || value === null) return null;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    this.wrong(pointer, `${pointer.slice(1)} must be a list of texts`);
    return null;
  }

  done(): void {
    if (this.items.length > 0) throw invalidMapping(this.items);
  }
}

export function invalidMapping(items: readonly ProblemItem[]): Problem {
  return badRequest('invalid_mapping', items.map(({ message }) => message).join('; '), items);
}

function recordedAt(object: Json, check: Check): Mapping['recorded_at'] {
  const value = object['recorded_at'];
  const zone = check.text(object['time_zone'], '/time_zone');
  if (zone !== null && !isTimeZone(zone))
    check.wrong('/time_zone', `"${zone}" is no IANA time zone such as Europe/Berlin`);
  if (value === undefined || value === null) return { column: null, format: null, time_zone: zone };
  if (typeof value === 'string') return { column: value, format: null, time_zone: zone };
  const inner = check.object(value, '/recorded_at') ?? {};
  check.keys(inner, ['column', 'format', 'time_zone'], '/recorded_at');
  const ownZone = check.text(inner['time_zone'], '/recorded_at/time_zone');
  if (ownZone !== null && !isTimeZone(ownZone)) {
    check.wrong('/recorded_at/time_zone', `"${ownZone}" is no IANA time zone such as Europe/Berlin`);
  }
  return {
    column: check.text(inner['column'], '/recorded_at/column'),
    format: check.text(inner['format'], '/recorded_at/format'),
    time_zone: ownZone ?? zone,
  };
}

function fields(value: unknown, check: Check): Mapping['fields'] {
  if (value === undefined || value === null) return null;
  const object = check.object(value, '/fields') ?? {};
  const result: Record<string, FieldMapping> = Object.create(null) as Record<string, FieldMapping>;
  for (const [name, entry] of Object.entries(object)) {
    const pointer = `/fields/${name}`;
    if (!/^[A-Za-z_][A-Za-z0-9_ -]{0,62}$/.test(name)) {
      check.wrong(pointer, `"${name}" is no field name: a letter first, then letters, digits, _, - or spaces`);
    }
    if (typeof entry === 'string') {
      result[name] = { column: entry, type: 'auto', decimal: null };
      continue;
    }
    const inner = check.object(entry, pointer) ?? {};
    check.keys(inner, ['column', 'type', 'decimal'], pointer);
    const type = check.text(inner['type'], `${pointer}/type`) ?? 'auto';
    if (!(CELL_TYPES as readonly string[]).includes(type)) {
      check.wrong(`${pointer}/type`, `type must be one of ${CELL_TYPES.join(', ')}`);
    }
    const column = check.text(inner['column'], `${pointer}/column`);
    if (column === null) check.wrong(`${pointer}/column`, `${name}: the column is missing`);
    result[name] = {
      column: column ?? '',
      type: type as CellType,
      decimal: decimal(inner['decimal'], `${pointer}/decimal`, check),
    };
  }
  return result;
}

function identity(value: unknown, check: Check): Mapping['identity'] {
  if (value === undefined || value === null || value === 'natural') return 'natural';
  if (value === 'line') return 'line';
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string'))
    return value as string[];
  check.wrong('/identity', 'identity must be "natural", "line" or a list of columns');
  return 'natural';
}

function delimiter(value: unknown, check: Check): string | null {
  const text = typeof value === 'string' ? value : value === undefined || value === null ? null : undefined;
  if (text === null) return null;
  if (text === 'whitespace' || text === ' ') return 'whitespace';
  if (text === '\\t' || text === 'tab') return '\t';
  if (text !== undefined && text.length === 1 && !/["\r\n\w]/.test(text)) return text;
  check.wrong('/delimiter', 'delimiter must be one character such as , ; | or tab, or "whitespace"');
  return null;
}

function columns(value: unknown, check: Check): Mapping['columns'] {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || value.length === 0) {
    check.wrong('/columns', 'columns must be a list of names, or of { "name", "width" }');
    return null;
  }
  const result = value.map((entry: unknown, index): ColumnWidth => {
    if (typeof entry === 'string') return { name: entry, width: null };
    const inner = check.object(entry, `/columns/${index}`) ?? {};
    check.keys(inner, ['name', 'width'], `/columns/${index}`);
    const width = inner['width'];
    if (!Number.isInteger(width) || (width as number) < 1) {
      check.wrong(`/columns/${index}/width`, 'width must be a whole number of characters');
    }
    return { name: check.text(inner['name'], `/columns/${index}/name`) ?? '', width: width as number };
  });
  const fixed = result.filter(({ width }) => width !== null).length;
  if (fixed > 0 && fixed < result.length) check.wrong('/columns', 'give a width to every column or to none');
  return result;
}

function skipLines(value: unknown, check: Check): number {
  if (value === undefined || value === null) return 0;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 1_000) return value as number;
  check.wrong('/skip_lines', 'skip_lines must be a whole number from 0 to 1000');
  return 0;
}

function encoding(value: unknown, check: Check): Encoding | null {
  const text = check.text(value, '/encoding')?.toLowerCase();
  if (text === undefined) return null;
  const known = (ENCODINGS as readonly string[]).includes(text) ? (text as Encoding) : ENCODING_NAMES[text];
  if (known) return known;
  check.wrong('/encoding', `encoding must be one of ${ENCODINGS.join(', ')}`);
  return null;
}

function decimal(value: unknown, pointer: string, check: Check): DecimalMark | null {
  if (value === undefined || value === null) return null;
  if (value === '.' || value === ',') return value;
  check.wrong(pointer, 'decimal must be "." or ","');
  return null;
}

function defaults(value: unknown, check: Check): Mapping['defaults'] {
  if (value === undefined || value === null) return {};
  const object = check.object(value, '/defaults') ?? {};
  for (const [name, entry] of Object.entries(object)) {
    if (!['string', 'number', 'boolean'].includes(typeof entry)) {
      check.wrong(`/defaults/${name}`, `${name}: a default is a text, a number, true or false`);
    }
  }
  return object as Mapping['defaults'];
}

/** No mapping at all: what the presets use by default. */
export const NO_MAPPING: Mapping = parseMapping({});
