/**
 * A run of attribution that is cancelled, or whose server is killed, in the middle: what was published stays whole until
 * something else is, whole. One customer's thousands of touches and hundreds of orders keep the engine busy meanwhile.
 */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startClickHouseFront, type ClickHouseFront } from '../support/clickhouse-http-front.js';
import { prepareData } from '../support/prepared-data.js';
import { embeddedDatabaseUrl } from '../support/records.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

jest.setTimeout(240_000);

const RUNS = '/api/analytics/attribution/runs';
const CALCULATE = '/api/analytics/attribution/calculate';
const MINUTE = 60_000;
const instant = (ms: number): string => new Date(ms).toISOString();

interface Run {
  readonly run_id: string;
  readonly state: string;
  readonly problem: unknown;
}

/** Touches in the first week of the year and orders ten weeks later: within 30 days of an order there is one touch only. */
function rows(touches: number, orders: number): object[] {
  const [january, march] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 2, 15)];
  const touch = (n: number, at: number, source: string): object => ({
    ...{ external_id: `t${n}`, recorded_at: instant(at), data_source: source, customer_id: 'bot@example.com' },
    ...{ source_category: 'external_marketing', data_payload: {} },
  });
  return [
    ...Array.from({ length: touches }, (_, n) =>
      touch(n, january + n * MINUTE, n % 2 === 0 ? 'meta_ads' : 'tiktok_ads'),
    ),
    touch(touches, march - MINUTE, 'google_ads'),
    ...Array.from({ length: orders }, (_, n) => ({
      ...{ external_id: `o${n}`, recorded_at: instant(march + n * 1_000), data_source: 'shop' },
      ...{ source_category: 'external_revenue', customer_id: 'bot@example.com', currency: 'USD' },
      data_payload: { revenue: '10.00' },
    })),
  ];
}

const [TOUCHES, ORDERS] = [3_000, 150];
/** Within 30 days the first touch of every order is the last ad; within 90 days it is the very first one. */
const SHORT = [{ data_source: 'google_ads', attributed_revenue: `${ORDERS * 10}.00` }];
const LONG = [{ data_source: 'meta_ads', attributed_revenue: `${ORDERS * 10}.00` }];

const published = async (server: TestServer): Promise<unknown> => {
  const { status, body } = await server.json<{ rows: unknown }>('/api/query', {
    ...{ metrics: ['attributed_revenue'], dimensions: ['data_source'], attribution_model: 'first_touch' },
    order: [{ member: 'data_source', direction: 'asc' }],
  });
  expect(status).toBe(200);
  return body.rows;
};

const prepare = async (server: TestServer): Promise<void> => {
  expect((await server.rows(rows(TOUCHES, ORDERS))).status).toBe(201);
  expect(await server.json(CALCULATE, { wait: true })).toMatchObject({ body: { state: 'succeeded' } });
  expect(await published(server)).toEqual(SHORT);
};

/** A run that takes the engine seconds, once it is at it. */
const begun = async (server: TestServer): Promise<string> => {
  const { status, body } = await server.json<Run>(CALCULATE, { lookback_days: 90 });
  expect([status, ['queued', 'running']]).toEqual([202, expect.arrayContaining([body.state])]);
  await until(async () => ((await runOf(server, body.run_id)).state === 'running' ? true : undefined), { everyMs: 20 });
  return body.run_id;
};
const runOf = async (server: TestServer, id: string): Promise<Run> => (await server.json<Run>(`${RUNS}/${id}`)).body;

describe('a run in an engine of its own', () => {
  let folder: string;
  let front: ClickHouseFront;
  let server: TestServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tributary-cancel-'));
    front = await startClickHouseFront(join(folder, 'clickhouse'));
    server = await start();
    await prepare(server);
  }, 240_000);
  afterAll(async () => {
    await server?.end();
    await front?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const start = (): Promise<TestServer> =>
    TestServer.start({ dataDir: join(folder, 'server'), env: { ANALYTICS_URL: front.url } });
  const ask = async (sql: string): Promise<string> => {
    const { username, password, host } = new URL(front.url.replace(/^clickhouse:/, 'http:'));
    const authorization = `Basic ${Buffer.from(`${username}:${decodeURIComponent(password)}`).toString('base64')}`;
    const response = await fetch(`http://${host}/?database=default`, {
      method: 'POST',
      headers: { authorization },
      body: sql.startsWith('SELECT') ? `${sql} FORMAT TSV` : sql,
    });
    return (await response.text()).trim();
  };
  const statements = (): Promise<string> =>
    ask(`SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO attribution_credit%'`);

  it('stops there when it is cancelled, leaves nothing behind, and what was published stays', async () => {
    const before = await ask('SELECT count() FROM attribution_credit');
    const run = await begun(server);
    await until(async () => ((await statements()) === '1' ? true : undefined), { everyMs: 20, what: 'the statement' });
    const { status } = await server.json(`${RUNS}/${run}/cancel`, {});
    expect(status).toBe(202);
    await until(async () => ((await runOf(server, run)).state === 'cancelled' ? true : undefined), { everyMs: 50 });
    expect(await statements()).toBe('0');
    expect(await ask('SELECT count() FROM attribution_credit')).toBe(before);
    expect(await published(server)).toEqual(SHORT);
    const again = await server.json(`${RUNS}/${run}/cancel`, {});
    expect(again).toMatchObject({ status: 409, body: { code: 'run_is_finished' } });
  });

  it('may write on after its server was killed: nobody reads those rows, and they are gone later', async () => {
    const attempts = (): Promise<string> => ask('SELECT uniqExact(run_id) FROM attribution_credit');
    const run = await begun(server);
    await until(async () => ((await statements()) === '1' ? true : undefined), { everyMs: 20, what: 'the statement' });
    await server.end('SIGKILL');
    server = await start();
    await until(async () => ((await runOf(server, run)).state === 'succeeded' ? true : undefined));
    await until(async () => ((await statements()) === '0' ? true : undefined), { what: 'the end of the statement' });

    const records = new pg.Client({ connectionString: embeddedDatabaseUrl(server.dataDir) });
    await records.connect();
    const { rows: given } = await records.query<{ rows_id: string }>('SELECT rows_id FROM attribution_abandoned');
    // The one that was cancelled before, and the one that was killed.
    expect(given).toHaveLength(2);
    for (const { rows_id } of given)
      await ask(
        `INSERT INTO attribution_credit SELECT * REPLACE (toUUID('${rows_id}') AS run_id) FROM attribution_credit`,
      );
    expect(await attempts()).toBe('4');
    expect(await published(server)).toEqual(LONG);
    await records.query(`UPDATE attribution_abandoned SET abandoned_at = abandoned_at - interval '2 hours'`);
    await records.end();
    await server.end();
    server = await start();
    await until(async () => ((await attempts()) === '2' ? true : undefined), { what: 'the sweep' });
    expect(await published(server)).toEqual(LONG);
  });
});

describe('a server that is killed', () => {
  let dataDir: string;
  let server: TestServer;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'tributary-attribution-'));
    await prepareData(dataDir);
    server = await TestServer.start({ dataDir });
    await prepare(server);
  }, 240_000);
  afterAll(async () => {
    await server?.end();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);
  const killAndStart = async (): Promise<void> => {
    await server.end('SIGKILL');
    server = await TestServer.start({ dataDir });
  };

  it('in a run that somebody has cancelled, counts it as cancelled afterwards', async () => {
    const run = await begun(server);
    await Promise.all([server.json(`${RUNS}/${run}/cancel`, {}).catch(() => undefined), server.end('SIGKILL')]);
    await killAndStart();
    const { status } = await server.json(`${RUNS}/${run}/cancel`, {});
    expect([202, 409]).toContain(status);
    await until(async () => ((await runOf(server, run)).state === 'cancelled' ? true : undefined));
    expect(await published(server)).toEqual(SHORT);
  });

  it('in the middle of a run, takes it up again, and shows what it had until that is whole', async () => {
    const run = await begun(server);
    await killAndStart();
    await until(async () => {
      const { state } = await runOf(server, run);
      const shown = await published(server);
      if (state === 'succeeded') return expect(await published(server)).toEqual(LONG) ?? true;
      expect([SHORT, LONG]).toContainEqual(shown);
      return undefined;
    });
  });

  it('in the middle of computing journeys, has them exact afterwards', async () => {
    const late = { external_id: 'late', recorded_at: '2026-01-01T00:00:00Z', data_source: 'email' };
    const { status } = await server.rows([
      ...[{ ...late, source_category: 'platform_native', customer_id: 'bot@example.com', data_payload: {} }],
      ...Array.from({ length: 500 }, (_, n) => ({
        ...late,
        ...{
          external_id: `l${n}`,
          customer_id: `c${n}@example.com`,
          source_category: 'platform_native',
          data_payload: {},
        },
      })),
    ]);
    expect(status).toBe(201);
    // The reader begins to compute them at once.
    const reader = server.json('/api/analytics/customer-journey/bot@example.com').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await killAndStart();
    await reader;
    const journey = await server.json('/api/analytics/customer-journey/bot@example.com?limit=1');
    expect(journey.body).toMatchObject({ journey: { total_touchpoints: TOUCHES + 2, conversions: ORDERS } });
    const { body } = await server.json('/api/query', { metrics: ['journeys'] });
    expect(body).toMatchObject({ rows: [{ journeys: 501 }] });
  });
});
