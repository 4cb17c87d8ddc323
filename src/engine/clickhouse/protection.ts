import { checkedUuid, subjectTable } from '../identifiers.js';
import { beyondLimits, type AgedRows, type AgeLimit, type DataProtection, type Traces } from '../protection.js';
import { CUSTOMER_STORES, STORES } from './customer-stores.js';
import { asFailure } from './failures.js';
import { markRows } from './journeys.js';
import { BOUNDED } from './stage.js';
import { monthsOf } from './stage-sql.js';
import { DATA_TABLE } from './tables.js';
import type { ClickHouseTransport } from './transport.js';

/**
 * A mutation writes parts anew and keeps the old ones for eight minutes, should the new ones not have reached the disk. While
 * customers are taken out, the new ones are brought to the disk at once, so that the old ones can go at once.
 */
const HURRY = 'old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1, fsync_part_directory = 1';
const HURRIED = 'old_parts_lifetime, min_rows_to_fsync_after_merge, fsync_part_directory';
/** All versions of a row, the replaced and the hidden ones too. */
const PHYSICAL = 'SETTINGS apply_deleted_mask = 0, final = 0';
const WAIT = 'SETTINGS mutations_sync = 2';

const before = (day: string): string => `toDate32(recorded_at) < toDate32('${day}')`;
const instant = (sql: string): string => `concat(replaceOne(toString(${sql}), ' ', 'T'), 'Z')`;

export class ClickHouseProtection implements DataProtection {
  constructor(private readonly transport: ClickHouseTransport) {}

  async older(organizationId: string, limits: readonly AgeLimit[]): Promise<AgedRows[]> {
    const rows = await this.select(
      `SELECT data_source, count(), ${instant('min(recorded_at)')}, ${instant('max(recorded_at)')}
       FROM ${DATA_TABLE} FINAL WHERE ${own(organizationId)} AND is_deleted = 0 AND ${beyondLimits(limits, before)}
       GROUP BY data_source ORDER BY data_source SETTINGS ${BOUNDED}`,
    );
    return rows.map(([source, count, oldest, newest]) => ({
      data_source: String(source),
      rows: Number(count),
      oldest: String(oldest),
      newest: String(newest),
    }));
  }

  async olderMonths(organizationId: string, limits: readonly AgeLimit[]): Promise<string[]> {
    const rows = await this.select(
      `${monthsOf(DATA_TABLE)} WHERE ${own(organizationId)} AND ${beyondLimits(limits, before)} ORDER BY 1`,
    );
    return rows.map(([month]) => String(month));
  }

  async removeOlder(organizationId: string, changeId: string, limits: readonly AgeLimit[]): Promise<void> {
    // Versions of a row replace each other within a source and a day, so all of them go together.
    const where = `${own(organizationId)} AND ${beyondLimits(limits, before)}`;
    const change = checkedUuid(changeId, 'the id of a change');
    await this.command(markRows(organizationId, change, `(SELECT * FROM ${DATA_TABLE} WHERE ${where})`));
    await this.command(`ALTER TABLE ${DATA_TABLE} DELETE WHERE ${where} ${WAIT}`);
  }

  async customerMonths(organizationId: string, customers: readonly string[]): Promise<string[]> {
    const list = customers.map((id) => `'${checkedUuid(id, 'a customer')}'`).join(', ');
    const rows = await this.select(
      `${monthsOf(DATA_TABLE)} WHERE ${own(organizationId)} AND customer_id IN (${list}) ORDER BY 1`,
    );
    return rows.map(([month]) => String(month));
  }

  async forgetCustomers(organizationId: string, jobId: string, customers: readonly string[]): Promise<string> {
    const subjects = await this.setAside(jobId, customers);
    for (const [table, columns] of Object.entries(STORES)) {
      await this.command(`ALTER TABLE ${table} MODIFY SETTING ${HURRY}`);
      const named = columns.map((column) => `${column} IN (${subjects})`).join(' OR ');
      // A row that is the customer's now goes with the versions that it had before: none of them may come back.
      const versions =
        table === DATA_TABLE
          ? ` OR id IN (SELECT id FROM ${DATA_TABLE} FINAL WHERE ${own(organizationId)} AND is_deleted = 0 AND customer_id IN (${subjects}))`
          : '';
      await this.command(`ALTER TABLE ${table} DELETE WHERE ${own(organizationId)} AND (${named}${versions}) ${WAIT}`);
      // What was deleted lightly before is only hidden, from the mutation too.
      await this.command(`ALTER TABLE ${table} APPLY DELETED MASK ${WAIT}`);
    }
    return String((await this.select('SELECT toUnixTimestamp(now())'))[0]?.[0]);
  }

  async traces(organizationId: string, jobId: string, customers: readonly string[]): Promise<Traces[]> {
    const subjects = await this.setAside(jobId, customers);
    const found: Traces[] = [];
    for (const [store, columns] of Object.entries(STORES)) {
      const named = columns.map((column) => `${column} IN (${subjects})`).join(' OR ');
      const [row] = await this.select(
        `SELECT count() FROM ${store} WHERE ${own(organizationId)} AND (${named}) ${PHYSICAL}`,
      );
      found.push({ store, rows: Number(row?.[0]) });
    }
    await this.command(`DROP TABLE IF EXISTS ${subjectTable(jobId)} SYNC`);
    return found;
  }

  async leftovers(since: string): Promise<number> {
    const tables = CUSTOMER_STORES.map((table) => `'${table}'`).join(', ');
    const of = `database = currentDatabase() AND table IN (${tables})`;
    const [row] = await this.select(
      `SELECT (SELECT count() FROM system.parts WHERE ${of} AND NOT active AND toUnixTimestamp(modification_time) <= ${Number(since)})
        + (SELECT count() FROM system.mutations WHERE ${of} AND NOT is_done AND toUnixTimestamp(create_time) <= ${Number(since)})`,
    );
    const left = Number(row?.[0]);
    if (left > 0) return left;
    for (const table of CUSTOMER_STORES) await this.command(`ALTER TABLE ${table} RESET SETTING ${HURRIED}`);
    return 0;
  }

  /** Statements of mutations are kept by the engine, so they name a table with the customers, not the customers. */
  private async setAside(jobId: string, customers: readonly string[]): Promise<string> {
    const table = subjectTable(jobId);
    await this.command(
      `CREATE TABLE IF NOT EXISTS ${table} (customer_id UUID) ENGINE = MergeTree ORDER BY customer_id`,
    );
    await this.command(`TRUNCATE TABLE ${table}`);
    const lines = customers.map((id) => JSON.stringify([checkedUuid(id, 'a customer')])).join('\n');
    await this.guarded(() => this.transport.insert(table, ['customer_id'], lines));
    return `SELECT customer_id FROM ${table}`;
  }

  private command(sql: string): Promise<void> {
    return this.guarded(() => this.transport.command(sql));
  }

  private select(sql: string): ReturnType<ClickHouseTransport['select']> {
    return this.guarded(() => this.transport.select(sql));
  }

  private async guarded<T>(job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      throw asFailure(error);
    }
  }
}

const own = (organizationId: string): string =>
  `organization_id = toUUID('${checkedUuid(organizationId, 'an organisation')}')`;
