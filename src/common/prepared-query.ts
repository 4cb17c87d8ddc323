import type pg from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

/** A statement that is parsed once a connection. */
export interface PreparedQuery {
  /** Unique in the product. */
  readonly name: string;
  readonly text: string;
}

/** Runs a statement that every request needs, on the connections of `database`. */
export async function prepared<Row extends pg.QueryResultRow>(
  database: DataSource,
  query: PreparedQuery,
  values: unknown[],
): Promise<Row[]> {
  const pool = (database.driver as PostgresDriver).master as pg.Pool;
  const { rows } = await pool.query<Row>({ ...query, values });
  return rows;
}
