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
import { monthsOf } from './stage-sql.js';
import { BOUNDED } from './stage.js';
import type { SupersededRows } from './superseded-rows.js';
import { DATA_TABLE } from './tables.js';
import type { ClickHouseTransport } from './transport.js';

const uuid = (id: string): string => `toUUID('${id}')`;
const instant = (text: string): string => `toDateTime64('${text}', 3, 'UTC')`;
const NO_SEGMENT = '00000000-0000-0000-0000-000000000000';

/** A table for each rollup, a partition for each segment: taking one out is instant, and others are not read for it. */
export class ClickHouseRollups implements RollupTables {
  constructor(
    private readonly transport: ClickHouseTransport,
    private readonly superseded: SupersededRows,
  ) {}

  async create(table: RollupTable): Promise<void> {
    const nothing = rollupSelect(table, { data: DATA_TABLE, where: 'false', segment: NO_SEGMENT }, uuid);
    await this.command(
      `CREATE TABLE IF NOT EXISTS ${rollupTable(table.id)} ENGINE = MergeTree PARTITION BY segment ORDER BY recorded_at
       EMPTY AS ${nothing}`,
    );
  }

  async months(organizationId: string): Promise<readonly string[]> {
    const organization = uuid(checkedUuid(organizationId, 'the organisation of a rollup'));
    const rows = await this.select(`${monthsOf(DATA_TABLE)} WHERE organization_id = ${organization} ORDER BY 1`);
    return rows.map(([month]) => String(month));
  }

  async fill(table: RollupTable, month: string, segment: string): Promise<FilledSegment> {
    const [from, to] = monthBounds(month);
    // Whoever supersedes rows of this month from here on says so to the system of record, and the segment never counts.
    const final = await this.superseded.read(checkedUuid(table.organization_id, 'the organisation of a rollup'));
    const where = `marketing.is_deleted = 0 AND marketing.recorded_at >= ${instant(from)} AND marketing.recorded_at < ${instant(to)}`;
    const name = rollupTable(table.id);
    await this.command(
      `INSERT INTO ${name} (${columnNames(table)}) ${rollupSelect(table, { data: DATA_TABLE, where, segment }, uuid)}
       SETTINGS ${BOUNDED}${final ? ', final = 1' : ''}`,
    );
    const millis = (sql: string): string => `if(count() = 0, NULL, toUnixTimestamp64Milli(${sql}))`;
    const [row] = await this.select(
      `SELECT count(), ${millis('min(recorded_at)')}, ${millis('max(latest_at)')} FROM ${name} WHERE segment = ${uuid(segment)}`,
    );
    const number = (value: unknown): number | null => (value == null ? null : Number(value));
    return { rows: Number(row?.[0]), first: number(row?.[1]), last: number(row?.[2]) };
  }

  async segments(id: string): Promise<ReadonlyMap<string, number>> {
    const name = rollupTable(id);
    if ((await this.select(`EXISTS TABLE ${name}`))[0]?.[0] !== 1) return new Map();
    const rows = await this.select(`SELECT segment, count() FROM ${name} GROUP BY segment`);
    return new Map(rows.map(([segment, count]) => [String(segment), Number(count)]));
  }

  async discard(id: string, segments: readonly string[]): Promise<void> {
    for (const segment of segments) {
      const checked = checkedUuid(segment, 'the id of a segment');
      await this.command(`ALTER TABLE ${rollupTable(id)} DROP PARTITION '${checked}'`);
    }
  }

  async bytes(id: string): Promise<number> {
    const rows = await this.select(
      `SELECT total_bytes FROM system.tables WHERE database = currentDatabase() AND name = '${rollupTable(id)}'`,
    );
    return Number(rows[0]?.[0] ?? 0);
  }

  async drop(id: string): Promise<void> {
    await this.command(`DROP TABLE IF EXISTS ${rollupTable(id)} SYNC`);
  }

  private async command(sql: string): Promise<void> {
    await this.transport.command(sql).catch((error: unknown) => {
      throw asFailure(error);
    });
  }

  private select(sql: string): ReturnType<ClickHouseTransport['select']> {
    return this.transport.select(sql).catch((error: unknown) => {
      throw asFailure(error);
    });
  }
}
