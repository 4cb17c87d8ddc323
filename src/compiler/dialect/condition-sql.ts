/**
 * A filter condition as SQL, in either dialect, with the same meaning in both:
 * - a `not…` operator is the exact opposite of its positive twin, so it keeps rows that have no value;
 * - every other operator drops rows that have no value;
 * - text is compared by code point, and contains/startsWith/endsWith ignore case (Unicode, by ICU in both);
 * - numbers are compared as decimals, never as floats.
 *
 * Values reach the SQL as parameters only.
 */
import type { ValueKind } from '../cube/base.js';
import type { DialectName } from './types.js';

/** Comparisons with values, and with having one: the same in a request and in a condition. */
export const VALUE_OPERATORS = [
  'equals',
  'notEquals',
  'contains',
  'notContains',
  'startsWith',
  'endsWith',
  'gt',
  'gte',
  'lt',
  'lte',
  'set',
  'notSet',
] as const;

/** The operators that are left once the planner has turned days into instants. */
export const CONDITION_OPERATORS = [...VALUE_OPERATORS, 'within', 'notWithin'] as const;
/** `within` takes two values, `[from, to)`. */
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

export interface Condition {
  readonly operator: ConditionOperator;
  readonly kind: ValueKind;
  /** SQL of the member. */
  readonly column: string;
  /**
   * Checked texts: plain decimal notation for a number, `true` or `false`, `YYYY-MM-DD` for a date,
   * `YYYY-MM-DD HH:MM:SS.mmm` in UTC for an instant.
   */
  readonly values: readonly string[];
}

const COMPARISON = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @param param puts a value among the statement's parameters and answers its placeholder. */
export function conditionSql(condition: Condition, dialect: DialectName, param: (value: string) => string): string {
  const { operator, column, kind } = condition;
  const bind = (value: string): string => typedParam(kind, dialect, value, param);
  switch (operator) {
    case 'equals':
      return oneOf(condition, dialect, bind, param);
    case 'notEquals':
      return opposite(oneOf(condition, dialect, bind, param), column);
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return like(operator, condition, dialect, param);
    case 'notContains':
      return opposite(like('contains', condition, dialect, param), column);
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return `${ordered(column, kind, dialect)} ${COMPARISON[operator]} ${bind(condition.values[0] ?? '')}`;
    case 'set':
      return `${column} IS NOT NULL`;
    case 'notSet':
      return `${column} IS NULL`;
    case 'within':
      return within(condition, dialect, bind);
    case 'notWithin':
      return opposite(within(condition, dialect, bind), column);
    default:
      return operator satisfies never;
  }
}

const opposite = (sql: string, column: string): string => `NOT (${sql}) OR ${column} IS NULL`;

/** Above this, values travel as one JSON list: engines and their protocols bound the number of parameters. */
const MOST_PARAMETERS = 20;

/** How many comparisons a condition of so many values comes to in SQL. */
export function comparisonsOf(operator: ConditionOperator, kind: ValueKind, values: number): number {
  const isList = (operator === 'equals' || operator === 'notEquals') && isListed(kind, values);
  return isList ? 1 : Math.max(1, values);
}
const isListed = (kind: ValueKind, values: number): boolean =>
  values > MOST_PARAMETERS && kind !== 'boolean' && kind !== 'datetime';

function oneOf(
  { column, kind, values }: Condition,
  dialect: DialectName,
  bind: (value: string) => string,
  param: (value: string) => string,
): string {
  // A text that is no UUID equals no UUID; the engines would refuse to cast it.
  const known = kind === 'uuid' ? values.filter((value) => UUID.test(value)) : values;
  if (known.length === 0) return '1 = 0';
  if (isListed(kind, known.length)) return anyOf(column, kind, dialect, param(JSON.stringify(known)));
  if (known.length > 1 && (kind === 'string' || kind === 'uuid' || kind === 'date'))
    return `${column} IN (${known.map(bind).join(', ')})`;
  return known.map((value) => `${column} = ${bind(value)}`).join(' OR ');
}

/** Whether the column equals an element of a list, which is one parameter: the text of a JSON array of texts. */
function anyOf(column: string, kind: ValueKind, dialect: DialectName, list: string): string {
  if (dialect === 'postgres') {
    const type = kind === 'uuid' ? 'uuid' : kind === 'number' ? 'numeric' : 'text';
    return `${column} = ANY(ARRAY(SELECT jsonb_array_elements_text(${list}::jsonb)::${type}))`;
  }
  const element = `arrayJoin(JSONExtract(${list}, 'Array(String)'))`;
  switch (kind) {
    case 'string':
    case 'date':
      return `${column} IN (SELECT ${element})`;
    case 'uuid':
      return `${column} IN (SELECT toUUID(${element}))`;
    case 'number':
      return `toDecimal256(${column}, 9) IN (SELECT toDecimal256(${element}, 9))`;
    case 'boolean':
    case 'datetime':
      throw new Error(`A ${kind} is not compared with a list.`);
    default:
      return kind satisfies never;
  }
}

function within({ column, kind, values }: Condition, dialect: DialectName, bind: (value: string) => string): string {
  const [from = '', to = ''] = values;
  const sql = ordered(column, kind, dialect);
  return `${sql} >= ${bind(from)} AND ${sql} < ${bind(to)}`;
}

/** Text in the order of its code points, whatever the database's collation. */
function ordered(column: string, kind: ValueKind, dialect: DialectName): string {
  return dialect === 'postgres' && (kind === 'string' || kind === 'date') ? `${column} COLLATE "C"` : column;
}

function like(
  operator: 'contains' | 'startsWith' | 'endsWith',
  { column, kind, values }: Condition,
  dialect: DialectName,
  param: (value: string) => string,
): string {
  const lower = (sql: string): string =>
    dialect === 'clickhouse' ? `lowerUTF8(${sql})` : `lower(${sql}::text COLLATE "und-x-icu")`;
  const text = lower(dialect === 'clickhouse' && kind === 'uuid' ? `toString(${column})` : column);
  const tests = values.map((value) => {
    const part = lower(param(value));
    switch (operator) {
      case 'contains':
        return dialect === 'clickhouse' ? `position(${text}, ${part}) > 0` : `strpos(${text}, ${part}) > 0`;
      case 'startsWith':
        return dialect === 'clickhouse' ? `startsWith(${text}, ${part})` : `starts_with(${text}, ${part})`;
      case 'endsWith':
        return dialect === 'clickhouse' ? `endsWith(${text}, ${part})` : `right(${text}, length(${part})) = ${part}`;
      default:
        return operator satisfies never;
    }
  });
  return tests.join(' OR ');
}

function typedParam(kind: ValueKind, dialect: DialectName, value: string, param: (value: string) => string): string {
  const clickhouse = dialect === 'clickhouse';
  switch (kind) {
    case 'string':
    case 'date':
      return clickhouse ? param(value) : `${param(value)}::text`;
    case 'number':
      return clickhouse ? `toDecimal128(${param(value)}, 9)` : `${param(value)}::numeric`;
    case 'boolean':
      return value === 'true' ? 'true' : 'false';
    case 'datetime':
      return clickhouse ? `toDateTime64(${param(value)}, 3, 'UTC')` : `(${param(value)}::timestamp AT TIME ZONE 'UTC')`;
    case 'uuid':
      return clickhouse ? `toUUID(${param(value)})` : `${param(value)}::uuid`;
    default:
      return kind satisfies never;
  }
}
