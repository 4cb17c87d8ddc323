import { randomUUID } from 'node:crypto';
import type { RowLock } from '../../compiler/query/row-lock.js';
import type { Engine, EngineQuery, EngineResult, EngineWork, Stage } from '../engine.js';
import { checkedUuid, parseStageTable, rollupTablesIn } from '../identifiers.js';
import type { DataProtection } from '../protection.js';
import type { RollupTables } from '../rollup-tables.js';
import type { TypedField } from '../typed-field.js';
import { attributionFilters, CREDIT_TABLE, SUPERSEDED_TABLE } from './attribution-tables.js';
import { bindParameters } from './bind.js';
import { asFailure } from './failures.js';
import { ClickHouseJourneys } from './journeys.js';
import { migrateTables } from './migrate.js';
import { ClickHouseProtection } from './protection.js';
import { ClickHouseRollups } from './rollups.js';
import { ClickHouseStage } from './stage.js';
import { SupersededRows } from './superseded-rows.js';
import { DATA_TABLE, TENANT_TABLES } from './tables.js';
import type { ClickHouseTransport, StartedStatement, StreamRequest } from './transport.js';

/** What one statement of such work may hold in memory before it goes to disk. */
const WORK_SETTINGS =
  'max_bytes_before_external_group_by = 1500000000, max_bytes_before_external_sort = 1000000000, max_threads = 2, ' +
  'min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 67108864';

/** Analytic rows in ClickHouse: embedded or a server, by the transport. */
export class ClickHouseEngine implements Engine {
  readonly dialect = 'clickhouse';
  readonly journeys: ClickHouseJourneys;
  readonly rollups: RollupTables;
  readonly protection: DataProtection;
  private readonly superseded: SupersededRows;

  constructor(
    private readonly transport: ClickHouseTransport,
    readonly typedFields: readonly TypedField[],
    /** Of one query; null for what the server allows. Work and imports go to disk in time instead. */
    private readonly queryMemoryBytes: number | null,
  ) {
    this.superseded = new SupersededRows(transport);
    this.journeys = new ClickHouseJourneys(transport, this.superseded, typedFields);
    this.rollups = new ClickHouseRollups(transport, this.superseded);
    this.protection = new ClickHouseProtection(transport);
  }

  async migrate(): Promise<void> {
    await this.guarded(() => migrateTables(this.transport, this.typedFields));
  }

  async query(query: EngineQuery): Promise<EngineResult> {
    const organizationId = checkedUuid(query.organization_id, 'the organisation of a query');
    try {
      const { batches, lines } = await this.start(organizationId, query);
      return {
        batches: translated(batches, query),
        ...(lines ? { lines: translated(lines, query) } : {}),
        hasChosen: true,
      };
    } catch (error) {
      throw asFailure(error, query);
    }
  }

  get text(): Engine['text'] {
    const { transport } = this;
    const { text } = transport;
    if (!text || !transport.exclusive) return undefined;
    return async (query) => {
      const organizationId = checkedUuid(query.organization_id, 'the organisation of a query');
      try {
        return translated(text.call(transport, (await this.request(organizationId, query)).at(randomUUID())), query);
      } catch (error) {
        throw asFailure(error, query);
      }
    };
  }

  async work({ organization_id, sql, max_seconds, signal }: EngineWork): Promise<void> {
    const organizationId = checkedUuid(organization_id, 'the organisation of a query');
    const tag = randomUUID();
    try {
      const final = await this.superseded.read(organizationId);
      const settings = [
        WORK_SETTINGS,
        `max_execution_time = ${Math.max(0.001, max_seconds)}`,
        `log_comment = '${tag}'`,
        ...(final ? ['final = 1'] : []),
      ].join(', ');
      await this.transport.command(/^\s*DELETE/.test(sql) ? sql : `${sql}\nSETTINGS ${settings}`, { tag, signal });
    } catch (error) {
      throw asFailure(error, { max_seconds, ...(signal ? { signal } : {}) });
    }
  }

  async openStage(organizationId: string, importId: string): Promise<Stage> {
    const stage = new ClickHouseStage(
      this.transport,
      this.superseded,
      this.typedFields,
      checkedUuid(organizationId, 'the organisation of an import'),
      checkedUuid(importId, 'the id of an import'),
    );
    await this.guarded(() => stage.open());
    return stage;
  }

  async listStages(): Promise<readonly { organization_id: string; import_id: string }[]> {
    const rows = await this.guarded(() =>
      this.transport.select(
        `SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'stage\\\\_%'`,
      ),
    );
    return rows.flatMap(([name]) => parseStageTable(String(name)) ?? []);
  }

  async ping(): Promise<void> {
    await this.guarded(() => this.transport.select('SELECT 1'));
  }

  async tidy(): Promise<void> {
    await this.guarded(() =>
      this.superseded.resolvedBy(() =>
        this.transport.command(`OPTIMIZE TABLE ${DATA_TABLE} FINAL SETTINGS optimize_throw_if_noop = 1`),
      ),
    );
  }

  async close(): Promise<void> {
    await this.transport.close();
  }

  /** See {@link SupersededRows} for why the order of these steps makes every read right. */
  private async start(organizationId: string, query: EngineQuery): Promise<StartedStatement> {
    const { at, wasFinal } = await this.request(organizationId, query);
    const started = await this.transport.stream(at(randomUUID()));
    if (wasFinal() || this.transport.exclusive) return started;
    if (!(await this.superseded.read(organizationId))) return started;
    started.abandon();
    return this.transport.stream(at(randomUUID()));
  }

  /** How the query is sent, and whether it was sent to pass over what is superseded. */
  private async request(
    organizationId: string,
    query: EngineQuery,
  ): Promise<{ at: (tag: string) => StreamRequest; wasFinal: () => boolean }> {
    const { sql, params } = bindParameters(query);
    const rolled = rollupTablesIn(sql);
    if (this.superseded.remembered(organizationId) === undefined) await this.superseded.read(organizationId);
    let final = true;
    const text = (tag: string): string => {
      final = this.superseded.remembered(organizationId) ?? true;
      return `${sql}\nSETTINGS ${settingsOf(organizationId, query, rolled, final, tag)}${this.memoryBound(query)}`;
    };
    const at = (tag: string): StreamRequest => ({ sql: () => text(tag), params, tag, signal: query.signal });
    return { at, wasFinal: () => final };
  }

  /** Sorting and grouping go to disk from half of it on; what must be in memory as a whole is refused. */
  private memoryBound({ is_step_of_job: isStep = false }: EngineQuery): string {
    return this.queryMemoryBytes === null || isStep ? '' : `, max_memory_usage = ${this.queryMemoryBytes}`;
  }

  private async guarded<T>(job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      throw asFailure(error);
    }
  }
}

/**
 * The second lock: below the SQL, every tenant table holds only this organisation's living rows, of attribution
 * only its published runs, and of all that only what the asker may see. The ids are checked UUIDs; quotes inside the
 * setting are doubled, and nothing in it has a backslash.
 */
function settingsOf(
  organizationId: string,
  query: EngineQuery,
  rolled: readonly string[],
  final: boolean,
  tag: string,
): string {
  const runs = (query.attribution_runs ?? []).map((run) => checkedUuid(run, 'the id of an attribution run'));
  const own = `organization_id = toUUID('${organizationId}')`;
  const tables = {
    ...Object.fromEntries(TENANT_TABLES.map((table) => [table, `${own} AND is_deleted = 0`])),
    ...Object.fromEntries(rolled.map((table) => [table, own])),
    ...attributionFilters(organizationId, runs),
  };
  const filters = Object.entries(query.row_lock ? narrowed(tables, query.row_lock) : tables);
  if (filters.some(([, filter]) => filter.includes('\\'))) throw new Error('Unchecked text in a filter.');
  const text = filters.map(([table, filter]) => `'${table}': '${filter.replaceAll("'", "''")}'`);
  return [
    `additional_table_filters = {${text.join(', ')}}`,
    `max_execution_time = ${Math.max(0.001, query.max_seconds)}`,
    `log_comment = '${tag}'`,
    ...(final ? ['final = 1'] : []),
  ].join(', ');
}

/** The filters of all tables, with those of the asker; a table that rows of part of the organisation say nothing of is empty. */
function narrowed(tables: Readonly<Record<string, string>>, lock: RowLock): Readonly<Record<string, string>> {
  const conditionOn = (table: string): string => {
    if (table === DATA_TABLE) return lock.rows;
    if (table.startsWith('rollup_')) return lock.rollups;
    if (lock.credits === 'none') return '0';
    if (table === SUPERSEDED_TABLE) return '1';
    if (table !== CREDIT_TABLE) return '0';
    // The filter of the data table holds in here, too.
    const touched = `touchpoint_id IN (SELECT id FROM ${DATA_TABLE})`;
    return lock.credits === 'touched' ? touched : `(touchpoint_id IS NULL OR ${touched})`;
  };
  return Object.fromEntries(
    Object.entries(tables).map(([table, filter]) => [table, `${filter} AND (${conditionOn(table)})`]),
  );
}

async function* translated<T>(parts: AsyncIterable<T>, query: EngineQuery): AsyncIterable<T> {
  try {
    yield* parts;
  } catch (error) {
    throw asFailure(error, query);
  }
}
