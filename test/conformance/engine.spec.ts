import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createEngine } from '../../src/engine/create-engine.js';
import { startEmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { startClickHouseFront } from '../support/clickhouse-http-front.js';
import { engineStory, FIELDS } from './engine-story.js';

/** chdb has one data directory per process: this suite's own, shared by nobody. */
describe('engine on the embedded ClickHouse', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-chdb-'));
  engineStory({
    dialect: 'clickhouse',
    open: () => createEngine({ url: `chdb:${join(directory, 'data')}`, typedFields: FIELDS }),
    stop: async () => rmSync(directory, { recursive: true, force: true }),
  });
});

describe('engine on a ClickHouse server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-front-'));
  let front: Awaited<ReturnType<typeof startClickHouseFront>> | null = null;
  engineStory({
    dialect: 'clickhouse',
    open: async () => {
      front ??= await startClickHouseFront(join(directory, 'data'));
      return createEngine({ url: front.url, typedFields: FIELDS });
    },
    stop: async () => {
      await front?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  });
});

describe('engine on Postgres', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-postgres-'));
  let server: Awaited<ReturnType<typeof startEmbeddedPostgres>> | null = null;
  const open = async (): ReturnType<typeof createEngine> => {
    server ??= await startEmbeddedPostgres({ dataDir: join(directory, 'data') });
    return createEngine({ url: server.url, typedFields: FIELDS });
  };
  engineStory({
    dialect: 'postgres',
    open,
    stop: async () => {
      await server?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  });

  test('a transaction that names no organisation sees an error, not all rows', async () => {
    const engine = await open();
    await engine.migrate();
    await engine.close();
    const client = new pg.Client({ connectionString: server?.url });
    await client.connect();
    await client.query('BEGIN; SET LOCAL ROLE tributary_reader');
    await expect(client.query('SELECT count(*) FROM tributary_engine.unified_marketing_data')).rejects.toThrow();
    await client.end();
  });
});
