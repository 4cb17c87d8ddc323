/**
 * A planned statement of ClickHouse → one that gives each row as its line of CSV, byte for byte as `csvOf` writes it. What
 * is counted by the million is then written where it lies, and this process only hands it on.
 */
import type { PlannedColumn, Statement } from '../compiler/query/types.js';
import { FORMULA_LIKE, NEEDS_QUOTES } from '../reports/render/csv.js';

type Column = Pick<PlannedColumn, 'type' | 'role'>;

/** @param limit most rows; null for all that the statement gives */
export function csvStatement(
  { sql, params, nulls = [] }: Statement,
  columns: readonly Column[],
  limit: number | null,
): Statement {
  let position = 0;
  const cells = columns.map((column, index) => (nulls.includes(index) ? "''" : cell(column, ++position)));
  const rows = `SELECT tuple(*) AS line FROM (\n${sql}\n)${limit === null ? '' : ` LIMIT ${limit}`}`;
  return { sql: `SELECT concat(${cells.join(", ',', ")}, '\\r\\n') FROM (${rows})`, params };
}

/** A cell as text, empty for null. @param position of its value in the statement, from 1 */
function cell(column: Column, position: number): string {
  const value = `tupleElement(line, ${position})`;
  const orNothing = (text: string): string => `if(isNull(${value}), '', ${text})`;
  const text = `ifNull(toString(${value}), '0')`;
  switch (column.type) {
    case 'currency':
      return orNothing(money(text));
    case 'float':
      return orNothing(float(text));
    case 'integer':
      return orNothing(plainDecimal(text));
    case 'boolean':
      return orNothing(`if(${text} IN ('true', '1', 't'), 'true', 'false')`);
    case 'date':
      return orNothing(`substring(${text}, 1, 10)`);
    case 'datetime':
      return orNothing(column.role === 'time' ? seconds(text) : instant(text));
    case 'string':
      return orNothing(textField(text));
    default:
      return column.type satisfies never;
  }
}

const hasPoint = (text: string): string => `position(${text}, '.') > 0`;
const withoutZeros = (text: string): string => `trimRight(${text}, '0')`;

const plainDecimal = (text: string): string => `if(${hasPoint(text)}, trimRight(${withoutZeros(text)}, '.'), ${text})`;

const money = (text: string): string => {
  const short = withoutZeros(text);
  return (
    `multiIf(not ${hasPoint(text)}, concat(${text}, '.00'), endsWith(${short}, '.'), concat(${short}, '00'), ` +
    `position(${short}, '.') = length(${short}) - 1, concat(${short}, '0'), ${short})`
  );
};

/** As JavaScript writes a double: no sign of zero, an exponent with its sign; neither infinity nor what is no number. */
function float(text: string): string {
  const number = `(toFloat64(${text}) + 0)`;
  const written = `if(abs(${number}) >= 1e21, replaceOne(toString(${number}), 'e', 'e+'), toString(${number}))`;
  return `if(isFinite(${number}), ${written}, '')`;
}

const seconds = (text: string): string => `substring(replaceOne(${text}, ' ', 'T'), 1, 19)`;
const instant = (text: string): string =>
  `concat(${seconds(text)}, '.', rightPad(substring(${text}, 21, 3), 3, '0'), 'Z')`;

function textField(text: string): string {
  const harmless = `if(${matches(text, FORMULA_LIKE)}, concat('\\'', ${text}), ${text})`;
  const quoted = `concat('"', replaceAll(${harmless}, '"', '""'), '"')`;
  const written = `if(${harmless} = '' OR ${matches(harmless, NEEDS_QUOTES)}, ${quoted}, ${harmless})`;
  // Nearly every text stands as it is, and one look tells.
  return `if(${matches(text, PLAIN)}, ${text}, ${written})`;
}

/** Surely neither a formula nor in need of quotes. */
const PLAIN = '^[A-Za-z0-9_]([A-Za-z0-9_ .:/-]*[A-Za-z0-9_.:/-])?$';

const matches = (text: string, pattern: string): string => `match(${text}, ${literal(pattern)})`;
const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
