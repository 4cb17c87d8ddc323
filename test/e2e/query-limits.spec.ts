/** How much of the engine one organisation gets, and that who leaves gives it back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { LANES } from '../../src/query/limits.js';
import { HeldEngine } from '../support/held-engine.js';
import { startPreparedPostgres } from '../support/prepared-data.js';
import { TestServer } from '../support/server.js';

describe('limits of an organisation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-limits-'));
  let postgres: EmbeddedPostgres;
  let engine: HeldEngine;
  let server: TestServer;

  beforeAll(async () => {
    postgres = await startPreparedPostgres(join(folder, 'postgres'));
    server = await TestServer.start({ env: { DATABASE_URL: postgres.url, ANALYTICS_URL: postgres.url } });
    engine = await HeldEngine.open(postgres.url);
    await server.rows([
      {
        external_id: 'a',
        recorded_at: '2026-01-05T00:00:00Z',
        data_source: 'meta_ads',
        source_category: 'external_marketing',
        data_payload: { spend: '10.50' },
      },
    ]);
  }, 240_000);
  afterAll(async () => {
    await engine?.close();
    await server?.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const send = (limit: number, accept: string, signal: AbortSignal): Promise<Response> =>
    server.fetch('/api/query', {
      method: 'POST',
      body: JSON.stringify({ metrics: ['spend'], dimensions: ['data_source'], limit }),
      headers: { 'content-type': 'application/json', accept },
      signal,
    });

  it.each(['application/json', 'text/csv'])('stops the engine when who asked for %s is gone', async (accept) => {
    const gone = new AbortController();
    await engine.hold();
    const sent = send(1, accept, gone.signal).catch(() => 'gone');
    await engine.untilHeld(1);
    gone.abort();
    expect(await sent).toBe('gone');
    await engine.untilHeld(0);
    await engine.release();
    const back = await send(1, accept, new AbortController().signal);
    expect(await back.text()).toContain('10.50');
  });

  it('gives turns back when an export can’t be recorded, and so is not handed out', async () => {
    const whole = new AbortController().signal;
    await engine.sql('ALTER TABLE audit_heads RENAME TO audit_heads_away');
    for (let round = 0; round <= LANES.export.running; round++) {
      const type = round % 2 === 0 ? 'text/csv' : 'application/x-ndjson';
      const refused = await send(1, type, whole);
      expect([refused.status, await refused.text()]).toEqual([500, expect.not.stringContaining('10.50')]);
    }
    await engine.sql('ALTER TABLE audit_heads_away RENAME TO audit_heads');
    expect(await (await send(1, 'text/csv', whole)).text()).toContain('10.50');
  });

  it.each(['{ marketing(limit: 7) { dataSource spend } }', '{ query(request: { metrics: ["spend"] }) { rows } }'])(
    'stops the engine when who asked for %s is gone',
    async (query) => {
      const gone = new AbortController();
      const ask = (signal?: AbortSignal): Promise<Response> =>
        server.fetch('/graphql', {
          method: 'POST',
          body: JSON.stringify({ query }),
          headers: { 'content-type': 'application/json' },
          ...(signal ? { signal } : {}),
        });
      await engine.hold();
      const sent = ask(gone.signal).catch(() => 'gone');
      await engine.untilHeld(1);
      gone.abort();
      expect(await sent).toBe('gone');
      await engine.untilHeld(0);
      await engine.release();
      expect(await (await ask()).text()).toContain('10.50');
    },
  );

  it('runs so many queries, keeps so many waiting, and refuses the next with a word when to come back', async () => {
    const { running, waiting } = LANES.interactive;
    const gone = new AbortController();
    await engine.hold();
    // One more than there is room for, whichever comes last: of all it alone is answered while the engine is held.
    const sent = Array.from({ length: running + waiting + 1 }, (_, index) =>
      send(100 + index, 'application/json', gone.signal),
    );
    const refused = await Promise.race(sent);
    await engine.untilHeld(running);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ code: 'too_many_queries', status: 429 });
    await engine.release();
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([...Array.from({ length: running + waiting }, () => 200), 429]);
  });
});

it('bounds what one query may hold in memory, and answers the next', async () => {
  const server = await TestServer.start({ env: { ENGINE_MAX_MEMORY_MB: '64' } });
  try {
    const row = (index: number): string =>
      `{"external_id":"${index}","recorded_at":"2025-01-01T00:00:00Z","data_source":"meta_ads",` +
      `"source_category":"external_marketing","data_payload":{"spend":"${index}.50"}}`;
    expect((await server.rows(Array.from({ length: 20_000 }, (_, index) => row(index)).join('\n'))).status).toBe(201);
    const define = (body: object) =>
      server.json('/api/marketing/metrics', { metric_type: 'metric', data_type: 'currency', ...body });
    const median = { aggregation: 'median', expression: 'spend' };
    await define({ metric_key: 'middle_spend', display_label: 'Middle spend', ...median });
    const window = { kind: 'cumulative', metric: 'middle_spend' };
    const defined = await define({ metric_key: 'middle_so_far', display_label: 'Middle spend so far', window });
    expect(defined.status).toBe(201);

    const ask = (time_grain: string) => {
      const date_range = { from: '2025-01-01', to: '2026-01-31' };
      return server.json<{ rows: unknown[] }>('/api/query', { metrics: ['middle_so_far'], time_grain, date_range });
    };
    expect(await ask('daily')).toMatchObject({
      status: 503,
      body: { code: 'engine_out_of_memory', detail: expect.stringContaining('coarser grain') },
    });
    expect((await ask('yearly')).body.rows).toHaveLength(2);
  } finally {
    await server.stop();
  }
}, 120_000);
