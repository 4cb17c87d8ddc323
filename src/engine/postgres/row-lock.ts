/**
 * Rows of part of an organisation, by the database's own means: views of the transaction stand before the tables of the
 * same names, and the statement runs as a role that can read these views and nothing else. The views belong to the reader,
 * so that row-level security holds below them. They are never committed.
 */
import type { RowLock } from '../../compiler/query/row-lock.js';
import { rollupTablesIn } from '../identifiers.js';
import { CREDIT_VIEWS } from './attribution-tables.js';
import { LIMITED_ROLE, SCHEMA } from './names.js';

const ROWS = 'unified_marketing_data';

/** To be run as the reader, before the statement `sql`; which is then run as {@link LIMITED_ROLE}. */
export function rowLockSql(lock: RowLock, sql: string): string {
  const views = [
    view(ROWS, `SELECT * FROM ${SCHEMA}.${ROWS} WHERE ${lock.rows}`),
    ...rollupTablesIn(sql).map((table) => view(table, `SELECT * FROM ${SCHEMA}.${table} WHERE ${lock.rollups}`)),
    ...creditViews(lock),
  ];
  return [...views, `SET LOCAL ROLE ${LIMITED_ROLE}`, 'SET TRANSACTION READ ONLY'].join('; ');
}

/** Over the tables themselves: what is read through a view of the invoker would be read as the one who may not. */
function creditViews({ credits }: RowLock): string[] {
  if (credits === 'none') return [];
  const touched = `touchpoint_id IN (SELECT id FROM pg_temp.${ROWS})`;
  const condition = credits === 'touched' ? touched : `touchpoint_id IS NULL OR ${touched}`;
  return Object.entries(CREDIT_VIEWS).map(([name, body]) =>
    view(name, `SELECT * FROM (${body}) AS all_credits WHERE ${condition}`),
  );
}

const view = (name: string, body: string): string =>
  `CREATE TEMPORARY VIEW ${name} WITH (security_barrier) AS ${body}; GRANT SELECT ON pg_temp.${name} TO ${LIMITED_ROLE}`;
