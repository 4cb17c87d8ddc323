import type { Statement } from '../../compiler/query/types.js';

export type BoundValue = string | number | boolean | null;

export interface BoundStatement {
  readonly sql: string;
  readonly params: Readonly<Record<string, BoundValue>>;
}

/**
 * Turns each `?` of a planned statement into a parameter that the engine binds itself, `{p0:String}`: a value never
 * becomes part of the SQL text. A `?` inside quotes or a comment is left alone.
 */
export function bindParameters(statement: Statement): BoundStatement {
  const { sql, params } = statement;
  const bound: Record<string, BoundValue> = {};
  let out = '';
  let from = 0;
  let count = 0;
  for (let i = 0; i < sql.length; i++) {
    const c = sql[i];
    if (c === "'" || c === '"' || c === '`') i = endOfQuoted(sql, i);
    else if (c === '-' && sql[i + 1] === '-') i = endOf(sql, '\n', i + 2);
    else if (c === '/' && sql[i + 1] === '*') i = endOf(sql, '*/', i + 2);
    else if (c === '?') {
      const value = params[count];
      if (value === undefined) throw new Error('The statement has more placeholders than values');
      out += `${sql.slice(from, i)}{p${count}:${typeOf(value)}}`;
      bound[`p${count}`] = value;
      from = i + 1;
      count++;
    }
  }
  if (count !== params.length) throw new Error('The statement has fewer placeholders than values');
  return { sql: out + sql.slice(from), params: bound };
}

/** Text compares with numbers, dates and UUIDs as a literal would: ClickHouse converts a constant string. */
function typeOf(value: BoundValue): string {
  if (value === null) return 'Nullable(String)';
  if (typeof value === 'boolean') return 'Bool';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'Int64' : 'Float64';
  return 'String';
}

/** Index of the quote that closes the one at `start`. */
function endOfQuoted(sql: string, start: number): number {
  const quote = sql[start];
  for (let i = start + 1; i < sql.length; i++) {
    if (sql[i] === '\\') i++;
    else if (sql[i] === quote) {
      if (sql[i + 1] !== quote) return i;
      i++;
    }
  }
  throw new Error('The statement has a quote that is never closed');
}

function endOf(sql: string, mark: string, from: number): number {
  const at = sql.indexOf(mark, from);
  return at === -1 ? sql.length : at + mark.length - 1;
}
