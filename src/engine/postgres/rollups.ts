import type pg from 'pg';
import { checkedUuid, rollupTable } from '../identifiers.js';
import {
  columnNames,
  monthBounds,
  rollupSelect,
  type FilledSegment,
  type RollupTable,
  type RollupTables,
} from '../rollup-tables.js';
import { asFailure } from './failures.js';
import { DATA_TABLE, READER_ROLE, SCHEMA, TENANT_SETTING } from './tables.js';

const uuid = (id: string): string => `'${id}'::uuid`;
const instant = (text: string): string => `(TIMESTAMP '${text}' AT TIME ZONE 'UTC')`;
const NO_SEGMENT = '00000000-0000-0000-0000-000000000000';
const nameOf = (id: string): string => `${SCHEMA}.${rollupTable(id)}`;

/** A table for each rollup, under the same row level security as the rows that it is made of. */
export class PostgresRollups implements RollupTables {
  constructor(private readonly pool: pg.Pool) {}

  async create(table: RollupTable): Promise<void> {
    const name = nameOf(table.id);
    const nothing = rollupSelect(table, { data: DATA_TABLE, where: 'false', segment: NO_SEGMENT }, uuid);
    const exists = await this.query(`SELECT to_regclass('${name}') IS NOT NULL AS found`);
    if (exists[0]?.found === true) return;
    // One message of several statements is one transaction.
    await this.query(
      `CREATE TABLE ${name} AS ${nothing} WITH NO DATA;
       CREATE INDEX ON ${name} (segment);
       ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;
       CREATE POLICY tenant ON ${name} FOR SELECT TO ${READER_ROLE}
         USING (organization_id = current_setting('${TENANT_SETTING}')::uuid);
       GRANT SELECT ON ${name} TO ${READER_ROLE}`,
    );
  }

  async months(organizationId: string): Promise<readonly string[]> {
    const organization = uuid(checkedUuid(organizationId, 'the organisation of a rollup'));
    // Steps from month to month through the index, however many rows there are.
    const rows = await this.query(
      `WITH RECURSIVE months AS (
         SELECT date_trunc('month', min(recorded_at) AT TIME ZONE 'UTC') AS month
         FROM ${DATA_TABLE} WHERE organization_id = ${organization}
         UNION ALL
         SELECT (SELECT date_trunc('month', min(recorded_at) AT TIME ZONE 'UTC') FROM ${DATA_TABLE}
           WHERE organization_id = ${organization} AND recorded_at >= (months.month + INTERVAL '1 month') AT TIME ZONE 'UTC')
         FROM months WHERE months.month IS NOT NULL
       )
       SELECT to_char(month, 'YYYY-MM') AS month FROM months WHERE month IS NOT NULL`,
    );
    return rows.map(({ month }) => String(month));
  }

  async fill(table: RollupTable, month: string, segment: string): Promise<FilledSegment> {
    const [from, to] = monthBounds(month);
    const name = nameOf(table.id);
    const where = `marketing.recorded_at >= ${instant(from)} AND marketing.recorded_at < ${instant(to)}`;
    await this.query(
      `INSERT INTO ${name} (${columnNames(table)}) ${rollupSelect(table, { data: DATA_TABLE, where, segment }, uuid)}`,
    );
    await this.query(`ANALYZE ${name}`);
    const millis = (sql: string): string => `floor(extract(epoch FROM ${sql}) * 1000)::text`;
    const [row] = await this.query(
      `SELECT count(*)::text AS rows, ${millis('min(recorded_at)')} AS first, ${millis('max(latest_at)')} AS last
       FROM ${name} WHERE segment = ${uuid(segment)}`,
    );
    const number = (value: unknown): number | null => (value == null ? null : Number(value));
    return { rows: Number(row?.rows), first: number(row?.first), last: number(row?.last) };
  }

  async segments(id: string): Promise<ReadonlyMap<string, number>> {
    const name = nameOf(id);
    const exists = await this.query(`SELECT to_regclass('${name}') IS NOT NULL AS found`);
    if (exists[0]?.found !== true) return new Map();
    const rows = await this.query(`SELECT segment::text, count(*)::text AS rows FROM ${name} GROUP BY segment`);
    return new Map(rows.map(({ segment, rows: count }) => [String(segment), Number(count)]));
  }

  async discard(id: string, segments: readonly string[]): Promise<void> {
    if (segments.length === 0) return;
    const list = segments.map((segment) => uuid(checkedUuid(segment, 'the id of a segment'))).join(', ');
    await this.query(`DELETE FROM ${nameOf(id)} WHERE segment IN (${list})`);
  }

  async bytes(id: string): Promise<number> {
    const [row] = await this.query(
      `SELECT coalesce(pg_total_relation_size(to_regclass('${nameOf(id)}')), 0)::text AS bytes`,
    );
    return Number(row?.bytes);
  }

  async drop(id: string): Promise<void> {
    await this.query(`DROP TABLE IF EXISTS ${nameOf(id)}`);
  }

  private async query(sql: string): Promise<Record<string, unknown>[]> {
    try {
      return (await this.pool.query<Record<string, unknown>>(sql)).rows;
    } catch (error) {
      throw asFailure(error);
    }
  }
}
