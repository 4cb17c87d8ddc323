/** The engines that every case runs on, each loaded with the same rows through its own import. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../src/engine/create-engine.js';
import { startEmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import type { Engine, EngineValue, UnifiedRow } from '../../src/engine/engine.js';
import type { RowLock } from '../../src/compiler/query/row-lock.js';
import type { Statement } from '../../src/compiler/query/types.js';
import { startClickHouseFront } from '../support/clickhouse-http-front.js';
import { TYPED_FIELDS } from './model.js';

export interface Store {
  readonly engine: Engine;
  /** Of the server behind the engine. */
  readonly url: string;
  close(): Promise<void>;
}

const typedFields = Object.entries(TYPED_FIELDS).map(([name, type]) => ({ name, type }));

/** In a process of its own, behind its HTTP interface: a process has room for one embedded ClickHouse. */
export async function clickhouseStore(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-conformance-'));
  const server = await startClickHouseFront(join(folder, 'data'));
  return opened(folder, server);
}

export async function postgresStore(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-conformance-'));
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data') });
  return opened(folder, server);
}

async function opened(folder: string, server: { readonly url: string; stop(): Promise<void> }): Promise<Store> {
  const engine = await createEngine({ url: server.url, typedFields });
  await engine.migrate();
  return {
    engine,
    url: server.url,
    close: async () => {
      await engine.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function load(engine: Engine, organizationId: string, rows: readonly UnifiedRow[]): Promise<void> {
  const stage = await engine.openStage(organizationId, randomUUID());
  await stage.append(rows);
  await stage.plan();
  await stage.commit();
  await stage.drop();
}

export async function run(
  engine: Engine,
  organizationId: string,
  statement: Statement,
  attributionRuns: readonly string[] = [],
  rowLock: RowLock | null = null,
): Promise<(readonly EngineValue[])[]> {
  const { batches } = await engine.query({
    ...statement,
    organization_id: organizationId,
    attribution_runs: attributionRuns,
    row_lock: rowLock,
    max_seconds: 30,
  });
  const rows: (readonly EngineValue[])[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}
