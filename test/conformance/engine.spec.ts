import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createEngine } from '../../src/engine/create-engine.js';
import { startEmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { stageTable } from '../../src/engine/identifiers.js';
import { startClickHouseFront } from '../support/clickhouse-http-front.js';
import { until } from '../support/until.js';
import { engineStory, FIELDS, row } from './engine-story.js';

/** chdb has one data directory per process: this suite's own, shared by nobody. */
describe('engine on the embedded ClickHouse', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-chdb-'));
  const url = `chdb:${join(directory, 'data')}`;
  const story = engineStory({
    dialect: 'clickhouse',
    open: () => createEngine({ url, typedFields: FIELDS }),
    stop: async () => rmSync(directory, { recursive: true, force: true }),
  });

  test('a data directory that is open is refused to a second engine', async () => {
    await expect(createEngine({ url, typedFields: FIELDS })).rejects.toMatchObject({ code: 'data_directory_in_use' });
  });

  test('a query that is cancelled while the engine closes is stopped, and closing need not wait for its end', async () => {
    const gone = new AbortController();
    const { batches } = await story.engine().query({
      organization_id: randomUUID(),
      sql: 'SELECT sum(cityHash64(number, toString(number))) FROM numbers(100000000000)',
      params: [],
      max_seconds: 60,
      signal: gone.signal,
    });
    const first = batches[Symbol.asyncIterator]().next();
    const closed = story.reopen(() => createEngine({ url, typedFields: FIELDS }));
    gone.abort();
    await expect(first).rejects.toMatchObject({ code: 'query_cancelled' });
    await closed;
  }, 20_000);

  test('a payload field that gets a typed column later keeps every digit, as do the others', async () => {
    const org = randomUUID();
    const payload =
      '{"bonus":"98765432109876543210.000000001","clicks":3,"note":"2026-01-01","spend":"12345678901234567890.123456789","visits":5}';
    await story.importRows(org, [row(1, 1, { data_payload: payload })]);
    await story.reopen(() =>
      createEngine({
        url,
        typedFields: [...FIELDS, { name: 'bonus', type: 'decimal' }, { name: 'visits', type: 'integer' }],
      }),
    );
    const sql = `SELECT data_payload.bonus, data_payload.spend, data_payload.clicks, data_payload.visits,
      CAST(data_payload.note, 'Nullable(String)'), toTypeName(data_payload.bonus) FROM unified_marketing_data`;
    const after = [
      '98765432109876543210.000000001',
      '12345678901234567890.123456789',
      '3',
      '5',
      '2026-01-01',
      'Nullable(Decimal(38, 9))',
    ];
    expect(await story.read(org, sql)).toEqual([after]);
    // An import staged before the change is committed after it.
    await story.reopen(() => createEngine({ url, typedFields: FIELDS }));
    const importId = randomUUID();
    const stage = await story.engine().openStage(org, importId);
    await stage.append([row(2, 1, { data_payload: payload })]);
    await stage.plan();
    await story.reopen(() => createEngine({ url, typedFields: [...FIELDS, { name: 'bonus', type: 'decimal' }] }));
    const again = await story.engine().openStage(org, importId);
    await again.commit();
    await again.drop();
    const bonus = 'SELECT data_payload.bonus, data_payload.spend FROM unified_marketing_data ORDER BY id';
    expect(await story.read(org, bonus)).toEqual([after.slice(0, 2), after.slice(0, 2)]);
  });
});

describe('engine on a ClickHouse server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-front-'));
  let front: Awaited<ReturnType<typeof startClickHouseFront>> | null = null;
  const open = async (): ReturnType<typeof createEngine> => {
    front ??= await startClickHouseFront(join(directory, 'data'));
    return createEngine({ url: front.url, typedFields: FIELDS });
  };
  const story = engineStory({
    dialect: 'clickhouse',
    open,
    stop: async () => {
      await front?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  });

  test('what another process replaces is replaced here too, at once', async () => {
    const org = randomUUID();
    await story.importRows(org, [row(1, 1), row(2, 2)]);
    expect(await story.totals(org)).toEqual(['2', '3.50', '3']);
    const other = await open();
    const stage = await other.openStage(org, randomUUID());
    await stage.append([row(1, 1, { recorded_at: '2026-05-01T00:00:00.000Z' })]);
    await stage.plan();
    await stage.commit();
    expect(await story.totals(org)).toEqual(['2', '3.50', '3']);
    await stage.drop();
    await other.close();
  });
});

describe('engine on Postgres', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-postgres-'));
  let server: Awaited<ReturnType<typeof startEmbeddedPostgres>> | null = null;
  const open = async (): ReturnType<typeof createEngine> => {
    server ??= await startEmbeddedPostgres({ dataDir: join(directory, 'data') });
    return createEngine({ url: server.url, typedFields: FIELDS });
  };
  const story = engineStory({
    dialect: 'postgres',
    open,
    stop: async () => {
      await server?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  });

  test('a NUL character, which Postgres can not hold, is refused in words', async () => {
    await expect(story.read(randomUUID(), 'SELECT $1::text', ['a\0b'])).rejects.toMatchObject({
      code: 'text_not_storable',
    });
  });

  test('an import whose COPY fails, or loses its connection, fails, too', async () => {
    const [org, importId] = [randomUUID(), randomUUID()];
    const stage = await story.engine().openStage(org, importId);
    const table = `tributary_stage.${stageTable('stage', org, importId)}`;
    const holder = new pg.Client({ connectionString: server?.url });
    await holder.connect();
    await holder.query(`BEGIN; LOCK TABLE ${table}`);
    await stage.append([row(1, 1)]);
    const planned = stage.plan().catch((error: unknown) => error);
    const other = new pg.Pool({ connectionString: server?.url, max: 1 });
    await until(async () => {
      const { rowCount } = await other.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY %'`,
      );
      return rowCount === 0 ? undefined : rowCount;
    });
    expect(await planned).toMatchObject({ code: 'engine_unavailable' });
    await holder.end();
    await stage.drop();

    const again = await story.engine().openStage(org, importId);
    await other.query(`ALTER TABLE ${table} DROP COLUMN data_payload`);
    await again.append([row(1, 1)]);
    await expect(again.plan()).rejects.toThrow('The analytics engine failed to run a statement');
    await again.drop();
    await other.end();
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
