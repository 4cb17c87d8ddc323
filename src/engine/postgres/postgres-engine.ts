import type pg from 'pg';
import { LastingPool } from '../../common/lasting-pool.js';
import type { Engine, EngineQuery, EngineResult, EngineValue, EngineWork, Stage } from '../engine.js';
import { queryCancelled } from '../engine-error.js';
import { checkedUuid, parseStageTable } from '../identifiers.js';
import type { DataProtection } from '../protection.js';
import type { RollupTables } from '../rollup-tables.js';
import { ATTRIBUTION_MIGRATION, RUNS_SETTING } from './attribution-tables.js';
import { asFailure } from './failures.js';
import { PostgresJourneys } from './journeys.js';
import { PostgresProtection } from './protection.js';
import { PostgresRollups } from './rollups.js';
import type { TypedField } from '../typed-field.js';
import { streamRows } from './row-stream.js';
import { PostgresStage } from './stage.js';
import { LIMITED_ROLE } from './names.js';
import { rowLockSql } from './row-lock.js';
import { MIGRATION, MIGRATION_LOCK, READER_ROLE, SCHEMA, STAGE_SCHEMA, TENANT_SETTING } from './tables.js';

const MAX_CONNECTIONS = 20;
const SESSION = `-c TimeZone=UTC -c DateStyle=ISO -c search_path=${SCHEMA},pg_catalog -c client_min_messages=warning -c jit=off`;

/**
 * Analytic rows in Postgres, for an installation that has only Postgres. A query runs in a read-only transaction as a
 * role that sees only its organisation's rows, and of these only what the asker may see.
 */
export class PostgresEngine implements Engine {
  readonly dialect = 'postgres';
  readonly journeys: PostgresJourneys;
  readonly rollups: RollupTables;
  readonly protection: DataProtection;
  private readonly pool: pg.Pool;

  constructor(
    url: string,
    readonly typedFields: readonly TypedField[],
  ) {
    this.pool = new LastingPool({
      connectionString: url,
      max: MAX_CONNECTIONS,
      application_name: 'tributary-engine',
      options: SESSION,
    });
    this.journeys = new PostgresJourneys(this.pool);
    this.rollups = new PostgresRollups(this.pool);
    this.protection = new PostgresProtection(this.pool);
  }

  async migrate(): Promise<void> {
    await this.guarded(async () => {
      await this.createRole(READER_ROLE);
      await this.createRole(LIMITED_ROLE);
      const client = await this.pool.connect();
      try {
        await client.query('BEGIN');
        await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
        await client.query(MIGRATION);
        await client.query(ATTRIBUTION_MIGRATION);
        await client.query('COMMIT');
        client.release();
      } catch (error) {
        client.release(true);
        throw error;
      }
    });
  }

  async query(query: EngineQuery): Promise<EngineResult> {
    const organizationId = checkedUuid(query.organization_id, 'the organisation of a query');
    if (query.signal?.aborted) throw queryCancelled();
    let client: pg.PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw asFailure(error, query);
    }
    return { batches: this.batches(client, organizationId, query), hasChosen: false };
  }

  async work({ organization_id, sql, max_seconds, signal }: EngineWork): Promise<void> {
    checkedUuid(organization_id, 'the organisation of a query');
    if (signal?.aborted) throw queryCancelled();
    const client = await this.guarded(() => this.pool.connect());
    const cancel = (): void => void this.cancel(client);
    signal?.addEventListener('abort', cancel, { once: true });
    let clean = false;
    try {
      await client.query(`BEGIN; SET LOCAL statement_timeout = ${Math.max(1, Math.round(max_seconds * 1000))}`);
      await client.query(sql);
      if (signal?.aborted) throw queryCancelled();
      await client.query('COMMIT');
      clean = true;
    } catch (error) {
      throw asFailure(error, { max_seconds, ...(signal ? { signal } : {}) });
    } finally {
      signal?.removeEventListener('abort', cancel);
      client.release(!clean);
    }
  }

  async openStage(organizationId: string, importId: string): Promise<Stage> {
    const stage = new PostgresStage(
      this.pool,
      checkedUuid(organizationId, 'the organisation of an import'),
      checkedUuid(importId, 'the id of an import'),
    );
    await this.guarded(() => stage.open());
    return stage;
  }

  async listStages(): Promise<readonly { organization_id: string; import_id: string }[]> {
    const { rows } = await this.guarded(() =>
      this.pool.query<{ tablename: string }>('SELECT tablename FROM pg_tables WHERE schemaname = $1', [STAGE_SCHEMA]),
    );
    return rows.flatMap(({ tablename }) => parseStageTable(tablename) ?? []);
  }

  async ping(): Promise<void> {
    await this.guarded(() => this.pool.query('SELECT 1'));
  }

  async tidy(): Promise<void> {
    // Autovacuum does it.
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async *batches(
    client: pg.PoolClient,
    organizationId: string,
    query: EngineQuery,
  ): AsyncGenerator<readonly (readonly EngineValue[])[]> {
    const { signal, row_lock: lock } = query;
    const cancel = (): void => void this.cancel(client);
    signal?.addEventListener('abort', cancel, { once: true });
    let clean = false;
    try {
      if (signal?.aborted) throw queryCancelled();
      const runs = (query.attribution_runs ?? []).map((run) => checkedUuid(run, 'the id of an attribution run'));
      const milliseconds = Math.max(1, Math.round(query.max_seconds * 1000));
      await client.query(
        `BEGIN${lock ? '' : ' READ ONLY'}; SET LOCAL ROLE ${READER_ROLE}; SET LOCAL ${TENANT_SETTING} = '${organizationId}'; SET LOCAL ${RUNS_SETTING} = '{${runs.join(',')}}'; SET LOCAL statement_timeout = ${milliseconds}`,
      );
      if (lock) await client.query(rowLockSql(lock, query.sql));
      for await (const batch of streamRows(client, query.sql, query.params)) {
        yield batch;
        if (signal?.aborted) throw queryCancelled();
      }
      await client.query(lock ? 'ROLLBACK' : 'COMMIT');
      clean = true;
    } catch (error) {
      throw asFailure(error, query);
    } finally {
      signal?.removeEventListener('abort', cancel);
      // A connection in the middle of a statement is closed, which ends the statement.
      if (!clean) await this.cancel(client);
      client.release(!clean);
    }
  }

  private async cancel(client: pg.PoolClient): Promise<void> {
    const { processID } = client as unknown as { processID: number | null };
    if (processID == null) return;
    await this.pool.query('SELECT pg_cancel_backend($1)', [processID]).catch(() => undefined);
  }

  /** Roles belong to the whole server, so another database's migration may create it at the same moment. */
  private async createRole(role: string): Promise<void> {
    const isMember = `SELECT pg_has_role(current_user, oid, 'MEMBER') AS member FROM pg_roles WHERE rolname = '${role}'`;
    for (let attempt = 0; ; attempt++) {
      const { rows } = await this.pool.query<{ member: boolean }>(isMember);
      if (rows[0]?.member) return;
      try {
        if (rows.length === 0) await this.pool.query(`CREATE ROLE ${role} NOLOGIN NOBYPASSRLS`);
        await this.pool.query(`GRANT ${role} TO CURRENT_USER`);
      } catch (error) {
        if (attempt >= 3) throw error;
      }
    }
  }

  private async guarded<T>(job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      throw asFailure(error);
    }
  }
}
