/** The organisation's rows as a plain table of a plain Postgres, in which measures by name have a meaning of their own. */
import pg from 'pg';
import { as, list, walk } from '../../src/sql/ast.js';
import { loadParser, parseSql } from '../../src/sql/parse.js';

/**
 * A ratio adds up as its two parts do; a distinct count is of the values themselves. So MEASURE(x), and what else tools
 * write for it, is an aggregate that knows nothing of how the SQL API works.
 */
const SCHEMA = `
  CREATE TYPE ratio AS (above numeric, below numeric);
  CREATE FUNCTION add(ratio, ratio) RETURNS ratio LANGUAGE sql IMMUTABLE AS
    'SELECT ROW(coalesce($1.above + $2.above, $1.above, $2.above), coalesce($1.below + $2.below, $1.below, $2.below))::ratio';
  CREATE FUNCTION divided(ratio) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT round($1.above / nullif($1.below, 0), 9)';
  ${['measure', 'sum', 'avg', 'max']
    .map((name) => `CREATE AGGREGATE ${name} (ratio) (SFUNC = add, STYPE = ratio, FINALFUNC = divided);`)
    .join('\n')}
  CREATE FUNCTION kept(text[], text) RETURNS text[] LANGUAGE sql IMMUTABLE AS
    'SELECT CASE WHEN $2 IS NULL OR $2 = ANY ($1) THEN $1 ELSE $1 || $2 END';
  CREATE FUNCTION counted(text[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT cardinality($1)::bigint';
  CREATE AGGREGATE measure (text) (SFUNC = kept, STYPE = text[], INITCOND = '{}', FINALFUNC = counted);
  CREATE TABLE marketing (recorded_at timestamptz, data_source text, campaign_name text, spend numeric, revenue numeric,
    clicks bigint, customers text, campaigns text, roas ratio);`;

export interface FlatRow {
  readonly recorded_at: string;
  readonly data_source: string;
  readonly campaign_name: string | null;
  readonly spend: string | null;
  readonly revenue: string | null;
  readonly clicks: number | null;
  readonly customer_id: string | null;
}

/** A database of that name with the rows. @param url of a Postgres in which databases may be made */
export async function flatDatabase(url: string, name: string, rows: readonly FlatRow[]): Promise<pg.Client> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE "${name}" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
  await admin.end();
  const own = new URL(url);
  own.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: own.href });
  await client.connect();
  await client.query(SCHEMA);
  await client.query(
    `INSERT INTO marketing SELECT recorded_at, data_source, campaign_name, spend, revenue, clicks, customer_id, NULL, ROW(revenue, spend)::ratio
     FROM jsonb_to_recordset($1::jsonb) AS r(recorded_at timestamptz, data_source text, campaign_name text, spend numeric, revenue numeric, clicks bigint, customer_id text)`,
    [JSON.stringify(rows)],
  );
  await client.query('CREATE VIEW campaign_performance AS SELECT * FROM marketing');
  await client.query(`SET timezone = 'UTC'`);
  return client;
}

/** Whether a text is one select over the rows alone: it reads nothing of the catalogue, and not nothing. */
export async function readsRows(sql: string): Promise<boolean> {
  await loadParser();
  const statements = sql.startsWith('SELECT TOP') ? [] : parseSql(sql);
  const [select, ...others] = statements;
  if (!as(select, 'SelectStmt') || as(select, 'SelectStmt')?.intoClause || others.length > 0) return false;
  const named = new Set<string>();
  const read = new Set<string>();
  walk(select, (tag, fields) => {
    if (tag === 'CommonTableExpr') named.add(String(fields.ctename));
    if (tag === 'RangeVar') read.add(String(fields.relname));
  });
  const relations = [...read].filter((name) => !named.has(name));
  return relations.length > 0 && relations.every((name) => name === 'marketing' || name === 'campaign_performance');
}

/** Whether the order of a select's rows is said. */
export function isSorted(sql: string): boolean {
  const [select] = parseSql(sql);
  return list(as(select, 'SelectStmt')?.sortClause).length > 0;
}

/** A number is shown with as many zeros as went into it. */
export const plainNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, '') : value;
