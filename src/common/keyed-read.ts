import type pg from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

/** A statement that reads what stands under several keys; parsed, and planned, once a connection. */
export interface KeyedRead {
  /** Unique in the product. */
  readonly name: string;
  /** Takes the keys by {@link KEYS}. */
  readonly text: string;
}

/**
 * Selects the keys of a {@link KeyedRead} as texts. They come as JSON, of which Postgres expects the same number each time.
 * Of a list (`= ANY ($1)`) it sees the number only with the values, and so plans anew for each of them: that took four
 * times as long as reading.
 */
export const KEYS = 'SELECT json_array_elements_text($1)';

/** Runs a read that every request needs, on the connections of `database`. */
export async function readKeyed<Row extends pg.QueryResultRow>(
  database: DataSource,
  read: KeyedRead,
  keys: readonly string[],
): Promise<Row[]> {
  const pool = (database.driver as PostgresDriver).master as pg.Pool;
  const { rows } = await pool.query<Row>({ ...read, values: [JSON.stringify(keys)] });
  return rows;
}
