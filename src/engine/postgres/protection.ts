import type pg from 'pg';
import { beyondLimits, type AgedRows, type AgeLimit, type DataProtection, type Traces } from '../protection.js';
import { CREDIT_TABLE, SUPERSEDED_TABLE } from './attribution-tables.js';
import { CHANGE_TABLE, IDENTITY_TABLE, JOURNEY_TABLE } from './customer-tables.js';
import { asFailure } from './failures.js';
import { markRows } from './journeys.js';
import { DATA_TABLE } from './tables.js';

/** Tables that hold customers, and the columns in which they stand. */
const STORES: Readonly<Record<string, readonly string[]>> = {
  [DATA_TABLE]: ['customer_id'],
  [JOURNEY_TABLE]: ['customer_id'],
  [IDENTITY_TABLE]: ['customer_id', 'canonical_id'],
  [CHANGE_TABLE]: ['customer_id'],
  [CREDIT_TABLE]: ['customer_id'],
  [SUPERSEDED_TABLE]: ['customer_id'],
};

const before = (day: string): string => `recorded_at < '${day} 00:00:00+00'::timestamptz`;
const instant = (sql: string): string => `to_char(${sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const month = `to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM')`;
const named = (columns: readonly string[]): string =>
  columns.map((column) => `${column} = ANY ($2::uuid[])`).join(' OR ');

export class PostgresProtection implements DataProtection {
  constructor(private readonly pool: pg.Pool) {}

  async older(organizationId: string, limits: readonly AgeLimit[]): Promise<AgedRows[]> {
    const rows = await this.run<Record<keyof AgedRows, string>>(
      `SELECT data_source, count(*) AS rows, ${instant('min(recorded_at)')} AS oldest, ${instant('max(recorded_at)')} AS newest
       FROM ${DATA_TABLE} WHERE organization_id = $1 AND ${beyondLimits(limits, before)}
       GROUP BY data_source ORDER BY data_source COLLATE "C"`,
      [organizationId],
    );
    return rows.map((row) => ({ ...row, rows: Number(row.rows) }));
  }

  async olderMonths(organizationId: string, limits: readonly AgeLimit[]): Promise<string[]> {
    const rows = await this.run<{ month: string }>(
      `SELECT DISTINCT ${month} AS month FROM ${DATA_TABLE} WHERE organization_id = $1 AND ${beyondLimits(limits, before)} ORDER BY 1`,
      [organizationId],
    );
    return rows.map((row) => row.month);
  }

  async removeOlder(organizationId: string, changeId: string, limits: readonly AgeLimit[]): Promise<void> {
    const where = `organization_id = $1 AND ${beyondLimits(limits, before)}`;
    await this.transaction(async (client) => {
      await client.query(markRows(`(SELECT * FROM ${DATA_TABLE} WHERE ${where}) AS older`), [organizationId, changeId]);
      await client.query(`DELETE FROM ${DATA_TABLE} WHERE ${where}`, [organizationId]);
    });
  }

  async customerMonths(organizationId: string, customers: readonly string[]): Promise<string[]> {
    const rows = await this.run<{ month: string }>(
      `SELECT DISTINCT ${month} AS month FROM ${DATA_TABLE} WHERE organization_id = $1 AND customer_id = ANY ($2::uuid[]) ORDER BY 1`,
      [organizationId, customers],
    );
    return rows.map((row) => row.month);
  }

  async forgetCustomers(organizationId: string, _jobId: string, customers: readonly string[]): Promise<string> {
    return this.transaction(async (client) => {
      for (const [table, columns] of Object.entries(STORES)) {
        await client.query(`DELETE FROM ${table} WHERE organization_id = $1 AND (${named(columns)})`, [
          organizationId,
          customers,
        ]);
      }
      const { rows } = await client.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
      return rows[0]?.id ?? '0';
    });
  }

  async traces(organizationId: string, _jobId: string, customers: readonly string[]): Promise<Traces[]> {
    const found: Traces[] = [];
    for (const [table, columns] of Object.entries(STORES)) {
      const [row] = await this.run<{ rows: string }>(
        `SELECT count(*) AS rows FROM ${table} WHERE organization_id = $1 AND (${named(columns)})`,
        [organizationId, customers],
      );
      found.push({ store: table.slice(table.indexOf('.') + 1), rows: Number(row?.rows) });
    }
    return found;
  }

  /** Deleted rows stay for whoever began to read before; after that VACUUM takes them out of the tables. */
  async leftovers(since: string): Promise<number> {
    const [row] = await this.run<{ readers: string }>(
      `SELECT count(*) AS readers FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND backend_xmin IS NOT NULL AND age(backend_xmin) > age(($1::text::xid8)::xid)`,
      [since],
    );
    if (Number(row?.readers) > 0) return Number(row?.readers);
    for (const table of Object.keys(STORES)) await this.run(`VACUUM ${table}`, []);
    return 0;
  }

  private async run<Row extends pg.QueryResultRow>(sql: string, params: readonly unknown[]): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(sql, [...params])).rows;
    } catch (error) {
      throw asFailure(error);
    }
  }

  private async transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let clean = false;
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      clean = true;
      return result;
    } catch (error) {
      throw asFailure(error);
    } finally {
      client.release(!clean);
    }
  }
}
