/** What is cached, when it is forgotten, and who shares it: two servers on one Postgres, which is also the engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { HeldEngine } from '../support/held-engine.js';
import { startPreparedPostgres } from '../support/prepared-data.js';
import { TestServer } from '../support/server.js';

interface Answer {
  rows: Record<string, unknown>[];
  totals: Record<string, unknown> | null;
  meta: { cached: boolean; data_as_of: Record<string, string>; snapshot: string; engine_ms: number };
}

const row = (id: string, spend: string, day = '2026-01-05'): Record<string, unknown> => ({
  external_id: id,
  recorded_at: `${day}T00:00:00Z`,
  data_source: 'meta_ads',
  source_category: 'external_marketing',
  campaign_id: 'Spring sale',
  data_payload: { spend, clicks: 10 },
});
const REQUEST = { metrics: ['spend'], dimensions: ['data_source'], totals: true };

describe('cached answers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-cache-'));
  let postgres: EmbeddedPostgres;
  let engine: HeldEngine;
  let first: TestServer;
  let second: TestServer;

  beforeAll(async () => {
    postgres = await startPreparedPostgres(join(folder, 'postgres'));
    const env = { DATABASE_URL: postgres.url, ANALYTICS_URL: postgres.url };
    first = await TestServer.start({ env });
    second = await TestServer.start({ env });
    engine = await HeldEngine.open(postgres.url);
  }, 240_000);
  afterAll(async () => {
    await engine?.close();
    await first?.stop();
    await second?.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const ask = async (server: TestServer, request: unknown = REQUEST): Promise<Answer> => {
    const { status, body } = await server.json<Answer>('/api/query', request);
    expect(status).toBe(200);
    return body;
  };

  it('says truly whether an answer is cached, and gives the same one', async () => {
    await first.rows([row('a', '10.50'), row('b', '2.00')]);
    const fresh = await ask(first);
    expect(fresh).toMatchObject({ rows: [{ spend: '12.50' }], totals: { spend: '12.50' }, meta: { cached: false } });
    const again = await ask(first);
    expect(again.meta).toMatchObject({ cached: true, engine_ms: 0 });
    expect({ ...again, meta: null }).toEqual({ ...fresh, meta: null });
    expect(again.meta.data_as_of).toEqual({ meta_ads: '2026-01-05T00:00:00.000Z' });
    const graphql = await first.graphql<{ query: Answer }>(
      'query ($request: JSON!) { query(request: $request) { rows totals meta { cached } } }',
      { request: REQUEST },
    );
    expect(graphql.data?.query).toEqual({ rows: fresh.rows, totals: fresh.totals, meta: { cached: true } });
  });

  it('never answers from before an import that was acknowledged, at whichever server', async () => {
    for (let round = 1; round <= 10; round++) {
      await ask(first);
      await ask(second);
      await first.rows([row('a', `${round}.25`, `2026-02-${String(round).padStart(2, '0')}`)]);
      const [here, there] = await Promise.all([ask(first), ask(second)]);
      for (const { rows, totals, meta } of [here, there]) {
        expect(rows).toEqual([{ data_source: 'meta_ads', spend: `${round + 2}.25` }]);
        expect(totals).toEqual({ spend: `${round + 2}.25` });
        expect(meta.data_as_of).toEqual({ meta_ads: `2026-02-${String(round).padStart(2, '0')}T00:00:00.000Z` });
      }
    }
  });

  it('keeps its answers over an import that changed nothing', async () => {
    await ask(first);
    expect((await first.rows([row('b', '2.00')])).body).toMatchObject({ unchanged: 1, loaded: 0, replaced: 0 });
    expect((await ask(first)).meta.cached).toBe(true);
  });

  it('tells for each source how fresh it is, also from the cache, and moves only the one that got rows', async () => {
    const of = async (server: TestServer): Promise<Answer['meta']> => (await ask(server)).meta;
    const { meta_ads } = (await of(first)).data_as_of;
    expect(meta_ads).toBeTruthy();
    const google = { ...row('g1', '0', '2025-11-30'), data_source: 'google_ads', data_payload: { clicks: 1 } };
    await first.rows([google]);
    const both = { google_ads: '2025-11-30T00:00:00.000Z', meta_ads };
    expect(await of(first)).toMatchObject({ cached: false, data_as_of: both });
    expect(await of(first)).toMatchObject({ cached: true, data_as_of: both });
    // Rows about an earlier day, and the same rows again, make no source fresher.
    await second.rows([{ ...google, external_id: 'g0', recorded_at: '2025-10-01T00:00:00Z' }]);
    expect(await of(first)).toMatchObject({ cached: false, data_as_of: both });
    await second.rows([google]);
    expect(await of(first)).toMatchObject({ cached: true, data_as_of: both });
    await second.rows([{ ...google, external_id: 'g2', recorded_at: '2025-12-24T18:00:00Z' }]);
    const later = { google_ads: '2025-12-24T18:00:00.000Z', meta_ads };
    expect(await of(first)).toMatchObject({ cached: false, data_as_of: later });
    expect(await of(second)).toMatchObject({ data_as_of: later });
  });

  it('forgets with a definition', async () => {
    const metric = { metric_key: 'double', display_label: 'Double', category: 'calculated', metric_type: 'metric' };
    const made = await first.json<{ id: string }>('/api/marketing/metrics', {
      ...metric,
      data_type: 'float',
      formula: 'spend * 2',
    });
    expect(made.status).toBe(201);
    const request = { metrics: ['double'], dimensions: [] };
    expect((await ask(second, request)).rows).toEqual([{ double: 24.5 }]);
    expect((await ask(second, request)).meta.cached).toBe(true);
    await first.json(`/api/marketing/metrics/${made.body.id}`, { formula: 'spend * 3' }, 'PATCH');
    const changed = await ask(second, request);
    expect(changed).toMatchObject({ rows: [{ double: 36.75 }], meta: { cached: false } });
  });

  it('neither reads nor fills the cache while an import makes its rows visible', async () => {
    await ask(first);
    const { rows } = await engine.sql('SELECT id FROM imports ORDER BY created_at DESC LIMIT 1');
    const id = (rows as { id: string }[])[0]?.id;
    await engine.sql(`UPDATE imports SET state = 'committing' WHERE id = $1`, [id]);
    expect((await ask(first)).meta.cached).toBe(false);
    expect((await ask(first)).meta.cached).toBe(false);
    await engine.sql(`UPDATE imports SET state = 'done' WHERE id = $1`, [id]);
    expect((await ask(first)).meta.cached).toBe(true);
  });

  it('asks the engine once for a stampede', async () => {
    const request = { ...REQUEST, dimensions: ['campaign_name'], totals: false };
    await engine.hold();
    const stampede = Array.from({ length: 8 }, () => ask(first, request));
    const other = ask(first, { ...request, limit: 7 });
    // The other one came last, so all of the stampede had come when it is seen.
    await engine.untilHeld(2);
    await engine.release();
    const answers = await Promise.all(stampede);
    expect(new Set(answers.map(({ rows }) => JSON.stringify(rows))).size).toBe(1);
    expect(answers.every(({ meta }) => !meta.cached)).toBe(true);
    await other;
    expect((await ask(first, request)).meta.cached).toBe(true);
  });

  it('lets one of several leave, and stops the engine with the last', async () => {
    const request = { metrics: ['clicks'], dimensions: ['campaign_name'] };
    const send = (signal: AbortSignal): Promise<Response> =>
      first.fetch('/api/query', {
        method: 'POST',
        body: JSON.stringify(request),
        headers: { 'content-type': 'application/json' },
        signal,
      });
    await engine.hold();
    const leaving = [new AbortController(), new AbortController()] as const;
    const answers = leaving.map(({ signal }) =>
      send(signal)
        .then(() => 'answered')
        .catch(() => 'left'),
    );
    await engine.untilHeld(1);
    leaving[0].abort();
    expect(await answers[0]).toBe('left');
    expect(await engine.held()).toHaveLength(1);
    leaving[1].abort();
    expect(await answers[1]).toBe('left');
    await engine.untilHeld(0);
    await engine.release();
    expect((await ask(first, request)).rows).toHaveLength(1);
  });
});
