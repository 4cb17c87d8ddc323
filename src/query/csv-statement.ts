/** A planned statement of ClickHouse → one that gives each row as its line of CSV, byte for byte as `csvOf` writes it. */
import type { PlannedColumn, Statement } from '../compiler/query/types.js';
import { FORMULA_LIKE, NEEDS_QUOTES } from '../reports/render/csv.js';
import { day, isTrue, linesOf, money, plainDecimal, valuesIn } from './engine-text.js';

type Column = Pick<PlannedColumn, 'type' | 'role'>;

/** @param limit most rows; null for all that the statement gives */
export function csvStatement(statement: Statement, columns: readonly Column[], limit: number | null): Statement {
  const values = valuesIn(statement, columns.length);
  const cells = columns.map((column, index) => cell(column, values[index] ?? null));
  const sql = `SELECT concat(${cells.join(", ',', ")}, '\\r\\n') FROM ${linesOf(statement, limit)}`;
  return { sql, params: statement.params };
}

/** A cell as text, empty for null. */
function cell(column: Column, value: string | null): string {
  if (value === null) return "''";
  const text = `toString(${value})`;
  return `ifNull(${written(column, text)}, '')`;
}

/** Null for null. */
function written(column: Column, text: string): string {
  switch (column.type) {
    case 'currency':
      return money(text);
    case 'float':
      return float(text);
    case 'integer':
      return plainDecimal(text);
    case 'boolean':
      return `if(isNull(${text}), NULL, if(${isTrue(text)}, 'true', 'false'))`;
    case 'date':
      return day(text);
    case 'datetime':
      return column.role === 'time' ? seconds(text) : instant(text);
    case 'string':
      return textField(text);
    default:
      return column.type satisfies never;
  }
}

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
