/** Pieces of SQL with their parameters, put together in the order of the text. */
import type { DialectName } from '../dialect/types.js';
import type { Statement } from './types.js';

/** SQL whose placeholders are `?` for ClickHouse and {@link MARK} for Postgres, which numbers them at the end. */
export interface Fragment {
  readonly sql: string;
  readonly params: Statement['params'];
}

/** A control character, so that no checked SQL can hold it. */
const MARK = '\u0003';

/** Joins text and pieces: ``sql`SELECT * FROM (${piece}) WHERE k = 0` ``; text that is put in must be checked. */
export function sql(texts: TemplateStringsArray, ...parts: readonly (string | Fragment)[]): Fragment {
  return texts.reduce<Fragment>(
    (whole, text, index) => {
      const part = index < parts.length ? (parts[index] ?? '') : '';
      const piece = typeof part === 'string' ? { sql: part, params: [] } : part;
      return { sql: whole.sql + text + piece.sql, params: [...whole.params, ...piece.params] };
    },
    { sql: '', params: [] },
  );
}

export const joined = (pieces: readonly Fragment[], by: string): Fragment => ({
  sql: pieces.map((piece) => piece.sql).join(by),
  params: pieces.flatMap(({ params }) => params),
});

/** A value as a parameter. */
export const parameter = (value: string, dialect: DialectName): Fragment => ({
  sql: dialect === 'clickhouse' ? '?' : MARK,
  params: [value],
});

/** A whole statement, to be put into another one. */
export function embedded({ sql: text, params }: Statement, dialect: DialectName): Fragment {
  if (dialect === 'clickhouse') return { sql: text, params };
  const used: (string | number | boolean | null)[] = [];
  const marked = text.replace(/\$(\d+)/g, (_, number: string) => {
    used.push(params[Number(number) - 1] ?? null);
    return MARK;
  });
  return { sql: marked, params: used };
}

export function statementOf({ sql: text, params }: Fragment, dialect: DialectName): Statement {
  if (dialect === 'clickhouse') return { sql: text, params };
  let count = 0;
  return { sql: text.replaceAll(MARK, () => `$${(count += 1)}`), params };
}
