/** The engines that every case runs on, each loaded with the same rows through its own import. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createEngine } from '../../src/engine/create-engine.js';
import type { Engine, EngineValue, UnifiedRow } from '../../src/engine/engine.js';
import type { Statement } from '../../src/compiler/query/types.js';
import { TYPED_FIELDS } from './model.js';

export interface Store {
  readonly engine: Engine;
  close(): Promise<void>;
}

const typedFields = Object.entries(TYPED_FIELDS).map(([name, type]) => ({ name, type }));

export async function clickhouseStore(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-conformance-'));
  const engine = await createEngine({ url: `chdb:${folder}`, typedFields });
  await engine.migrate();
  return {
    engine,
    close: async () => {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function postgresStore(): Promise<Store> {
  const server = 'postgres://postgres@127.0.0.1:5432';
  const name = `conformance_${randomUUID().replaceAll('-', '')}`;
  const admin = new pg.Client(`${server}/postgres`);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const engine = await createEngine({ url: `${server}/${name}`, typedFields });
  await engine.migrate();
  return {
    engine,
    close: async () => {
      await engine.close();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
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
): Promise<(readonly EngineValue[])[]> {
  const { batches } = await engine.query({ ...statement, organization_id: organizationId, max_seconds: 30 });
  const rows: (readonly EngineValue[])[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}
