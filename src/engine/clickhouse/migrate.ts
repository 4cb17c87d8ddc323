import { setTimeout as sleep } from 'node:timers/promises';
import type { TypedField } from '../typed-field.js';
import { CUSTOMER_STORES } from './customer-stores.js';
import { CREATE_CUSTOMER_TABLES } from './customer-tables.js';
import { ATTRIBUTION_DDL } from './attribution-tables.js';
import { CREATE_STATE_TABLE, createDataTable, DATA_TABLE, payloadType } from './tables.js';
import type { ClickHouseTransport } from './transport.js';

const REBUILD_TABLE = `${DATA_TABLE}_rebuild`;
/** A rebuild that has not grown for this long has died with its process. */
const REBUILD_STALLED_MS = 60_000;

/** Creates what is missing, and rebuilds the data table when the typed payload fields have changed. */
export async function migrateTables(transport: ClickHouseTransport, fields: readonly TypedField[]): Promise<void> {
  await transport.command(createDataTable(DATA_TABLE, fields));
  await transport.command(CREATE_STATE_TABLE);
  for (const statement of CREATE_CUSTOMER_TABLES) await transport.command(statement);
  for (const statement of ATTRIBUTION_DDL) await transport.command(statement);
  await cleanUpOften(transport);
  if ((await currentPayloadType(transport, DATA_TABLE)) === payloadType(fields)) return;
  await claimRebuild(transport, fields);
  if ((await currentPayloadType(transport, DATA_TABLE)) !== payloadType(fields)) await rebuild(transport);
  await transport.command(`DROP TABLE IF EXISTS ${REBUILD_TABLE} SYNC`);
}

/**
 * An idle table looks only every five minutes for files that it no longer needs, and takes a new setting over only then.
 * What was erased must not lie on the disk for so long.
 */
async function cleanUpOften(transport: ClickHouseTransport): Promise<void> {
  const setting = 'cleanup_delay_period = 5, cleanup_delay_period_random_add = 2, max_cleanup_delay_period = 10';
  const names = CUSTOMER_STORES.map((table) => `'${table}'`).join(', ');
  const rows = await transport.select(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN (${names})
       AND position(create_table_query, 'max_cleanup_delay_period') = 0`,
  );
  for (const [table] of rows) await transport.command(`ALTER TABLE ${String(table)} MODIFY SETTING ${setting}`);
}

/** Type of a table's `data_payload` as the engine has it. */
export async function currentPayloadType(transport: ClickHouseTransport, table: string): Promise<string> {
  const rows = await transport.select(
    `SELECT type FROM system.columns WHERE database = currentDatabase() AND table = '${table}' AND name = 'data_payload'`,
  );
  return String(rows[0]?.[0] ?? '');
}

/**
 * `ALTER … MODIFY COLUMN` would write each decimal as a JSON number and read it back as a float. Copying writes
 * decimals as text, so it is exact. Rows that other processes add meanwhile are copied after the exchange.
 */
async function rebuild(transport: ClickHouseTransport): Promise<void> {
  const copy = (from: string, where: string): Promise<void> =>
    transport.command(
      `INSERT INTO ${from === DATA_TABLE ? REBUILD_TABLE : DATA_TABLE} SELECT * FROM ${from} ${where}
       SETTINGS output_format_json_quote_decimals = 1, output_format_json_quote_64bit_integers = 0, optimize_on_insert = 0`,
    );
  const count = async (table: string): Promise<string> =>
    String((await transport.select(`SELECT count() FROM ${table}`))[0]?.[0]);
  const before = await count(DATA_TABLE);
  await copy(DATA_TABLE, '');
  await transport.command(`EXCHANGE TABLES ${DATA_TABLE} AND ${REBUILD_TABLE}`);
  if (transport.exclusive || (await count(REBUILD_TABLE)) === before) return;
  await copy(REBUILD_TABLE, `WHERE (id, version) NOT IN (SELECT id, version FROM ${DATA_TABLE})`);
}

/** Creating the table is the claim: it fails while another process rebuilds, and we wait for that one to end. */
async function claimRebuild(transport: ClickHouseTransport, fields: readonly TypedField[]): Promise<void> {
  const create = createDataTable(REBUILD_TABLE, fields).replace('IF NOT EXISTS ', '');
  let size = '';
  let since = performance.now();
  for (;;) {
    const rows = await transport.select(
      `SELECT total_rows FROM system.tables WHERE database = currentDatabase() AND name = '${REBUILD_TABLE}'`,
    );
    const now = rows.length === 0 ? 'none' : String(rows[0]?.[0]);
    if (now !== size) since = performance.now();
    size = now;
    const stalled = transport.exclusive || performance.now() - since > REBUILD_STALLED_MS;
    if (now !== 'none' && stalled) await transport.command(`DROP TABLE IF EXISTS ${REBUILD_TABLE} SYNC`);
    if (now === 'none' || stalled) {
      try {
        return await transport.command(create);
      } catch (error) {
        if (transport.exclusive) throw error;
      }
    }
    await sleep(500);
  }
}
