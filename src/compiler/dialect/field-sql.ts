/**
 * Reads one value of a row of `unified_marketing_data` as SQL, in either dialect, so that both see the same value:
 * what is missing, null or not readable in the wanted way is NULL, and nothing here can make a statement fail.
 *
 * The text is built from checked parts only: column names are a closed list, and every step of a payload path matches
 * {@link PATH_STEP}, so it holds no quote, backslash, backtick or placeholder.
 */
import { RELATION_COLUMNS } from '../model/relations.js';
import type { BaseColumn, FieldRef } from '../model/types.js';
import type { DialectName } from './types.js';

/**
 * How a value is read.
 * - `text`: as it stands; a number or boolean as its JSON text. A nested object has no text.
 * - `number`: exact decimal with at most nine decimals, from a JSON number or a text in plain notation.
 * - `boolean`: JSON booleans, and the texts true/yes/1 and false/no/0 in any case.
 * - `date`: the day `YYYY-MM-DD` that an ISO 8601 text begins with, as text.
 */
export type Reading = 'text' | 'number' | 'boolean' | 'date';

/** Payload fields that ClickHouse stores as typed sub-columns: `Nullable(Int64)` or `Nullable(Decimal(38, 9))`. */
export type TypedFields = Readonly<Record<string, 'integer' | 'decimal'>>;

export interface FieldSource {
  readonly dialect: DialectName;
  /** SQL by which the row is named, e.g. `marketing`. */
  readonly row: string;
  readonly typed: TypedFields;
}

type RelationField = Extract<FieldRef, { kind: 'relation' }>;

const PATH_STEP = /^[A-Za-z_][A-Za-z0-9_ -]{0,62}$/;
/**
 * At most 20 digits before and nine after the point, as the import takes them: so Decimal(38, 9) holds every sum. Written
 * without `?`, a placeholder.
 */
const NUMBER = `'^-{0,1}[0-9]{1,20}([.][0-9]{1,9}){0,1}$'`;
const DAY = `'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])($|[T ])'`;
const UUID_COLUMNS: readonly BaseColumn[] = ['id', 'campaign_id', 'customer_id', 'asset_id'];

export const isUuidColumn = (column: BaseColumn): boolean => UUID_COLUMNS.includes(column);

/** SQL that reads `field`; not for `rows`, which has no value. */
export function fieldSql(field: FieldRef, reading: Reading, source: FieldSource): string {
  if (field.kind === 'rows') throw new Error('A row as such has no value to read.');
  if (field.kind === 'column') return columnSql(field.column, reading, source);
  if (field.kind === 'relation') return relationColumnSql(field, source);
  for (const step of field.path) if (!PATH_STEP.test(step)) throw new Error('Unchecked payload path.');
  return source.dialect === 'clickhouse'
    ? clickhousePayload(field.root, field.path, reading, source)
    : postgresPayload(field.root, field.path, reading, source);
}

/** A number as an exact decimal, whatever the column's own type. */
function relationColumnSql({ relation, column }: RelationField, { dialect, row }: FieldSource): string {
  const columns: Readonly<Record<string, 'number' | 'text'>> = RELATION_COLUMNS[relation];
  if (!Object.hasOwn(columns, column)) throw new Error('Unchecked column of a relation.');
  const name = `${row}.${column}`;
  if (columns[column] === 'text') return name;
  return dialect === 'postgres' ? `${name}::numeric` : `toDecimal128(${name}, 9)`;
}

/** The declared type of a standard payload field; undefined for any other. */
export function typeOf(field: FieldRef, source: Pick<FieldSource, 'typed'>): 'integer' | 'decimal' | undefined {
  if (field.kind !== 'payload' || field.root !== 'data_payload' || field.path.length !== 1) return undefined;
  const name = field.path[0] ?? '';
  return Object.hasOwn(source.typed, name) ? source.typed[name] : undefined;
}

function clickhousePayload(root: string, path: readonly string[], reading: Reading, source: FieldSource): string {
  const column = `${source.row}.${root}.${path.map((step) => `\`${step}\``).join('.')}`;
  const type = typeOf({ kind: 'payload', root: 'data_payload', path }, source);
  if (root === 'data_payload' && type !== undefined) {
    // Wider than Int64, so that a sum cannot wrap around.
    if (reading === 'number') return type === 'integer' ? `toInt128(${column})` : column;
    return fromText(`toString(${column})`, reading, 'clickhouse');
  }
  if (reading === 'number') {
    const text = `${column}.:String`;
    return `coalesce(toDecimal128(${column}.:Int64, 9), toDecimal128OrNull(if(match(${text}, ${NUMBER}), ${text}, NULL), 9))`;
  }
  return fromText(`CAST(${column}, 'Nullable(String)')`, reading, 'clickhouse');
}

function postgresPayload(root: string, path: readonly string[], reading: Reading, source: FieldSource): string {
  const at = (operator: '>' | '>>'): string =>
    path.length === 1
      ? `(${source.row}.${root} -${operator} '${path[0]}')`
      : `(${source.row}.${root} #${operator} '{${path.map((step) => `"${step}"`).join(',')}}')`;
  const text = at('>>');
  if (reading !== 'text') return fromText(text, reading, 'postgres');
  // ClickHouse keeps a standard field as a number, so its text is the number's shortest one.
  if (root === 'data_payload' && typeOf({ kind: 'payload', root, path }, source) !== undefined)
    return `trim_scale(${fromText(text, 'number', 'postgres')})::text`;
  return `CASE WHEN jsonb_typeof(${at('>')}) <> 'object' THEN ${text} END`;
}

/** What a text says, read as `reading`. */
function fromText(text: string, reading: Reading, dialect: DialectName): string {
  const postgres = dialect === 'postgres';
  switch (reading) {
    case 'text':
      return text;
    case 'number':
      return postgres
        ? `CASE WHEN ${text} ~ ${NUMBER} THEN ${text}::numeric END`
        : `toDecimal128OrNull(if(match(${text}, ${NUMBER}), ${text}, NULL), 9)`;
    case 'boolean':
      return postgres
        ? `CASE WHEN lower(${text}) IN ('true', 'yes', '1') THEN true WHEN lower(${text}) IN ('false', 'no', '0') THEN false END`
        : `multiIf(lower(${text}) IN ('true', 'yes', '1'), true, lower(${text}) IN ('false', 'no', '0'), false, NULL)`;
    case 'date':
      return postgres
        ? `CASE WHEN ${text} ~ ${DAY} THEN left(${text}, 10) END`
        : `if(match(${text}, ${DAY}), substring(${text}, 1, 10), NULL)`;
    default:
      return reading satisfies never;
  }
}

/** A base column; ids are read as UUIDs, which both engines hand out as text. `recorded_at` as a date is its UTC day. */
function columnSql(column: BaseColumn, reading: Reading, { dialect, row }: FieldSource): string {
  const postgres = dialect === 'postgres';
  const name = `${row}.${column}`;
  if (column === 'recorded_at') {
    if (reading === 'date')
      return postgres ? `to_char(${name} AT TIME ZONE 'UTC', 'YYYY-MM-DD')` : `toString(toDate32(${name}, 'UTC'))`;
    if (reading === 'text') return name;
  }
  if (reading === 'text') return name;
  return fromText(postgres ? `${name}::text` : `toString(${name})`, reading, dialect);
}
