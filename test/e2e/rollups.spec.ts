/**
 * Rollups through the doors: an answer is never older than the last import that was acknowledged, whether a rollup or
 * rows give it, also when the server is killed right after an import or in the middle of one.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { ImportWatch } from '../support/import-watch.js';
import { startPreparedPostgres } from '../support/prepared-data.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

interface Answer {
  readonly rows: readonly Record<string, unknown>[];
  readonly totals: unknown;
  readonly meta: { readonly rollup: string | null; readonly rollup_reason: string | null; readonly sql: string };
}
interface Rollup {
  readonly name: string;
  readonly state: string;
  readonly origin: string;
  readonly stale_months: number;
  readonly months: number;
  readonly rows: number;
  readonly bytes: number;
  readonly answers: number;
  readonly dimensions: readonly string[];
  readonly metrics: readonly string[];
}

const DEVICES = ['mobile', 'desktop', null] as const;
const row = (number: number, spend: string, day = 1 + (number % 28)): Record<string, unknown> => ({
  external_id: `row ${number}`,
  recorded_at: `2026-0${1 + (number % 3)}-${String(day).padStart(2, '0')}T${String(number % 24).padStart(2, '0')}:45:00Z`,
  data_source: 'meta_ads',
  source_category: 'external_marketing',
  campaign_id: `Campaign ${number % 4}`,
  currency: 'USD',
  data_payload: { ...(number % 7 === 0 ? {} : { spend }), clicks: number % 5, device: DEVICES[number % 3] ?? null },
});
const REQUEST = {
  metrics: ['spend', 'clicks', 'cpc'],
  dimensions: ['device'],
  time_grain: 'monthly',
  totals: true,
  time_zone: 'UTC',
};
/** No row has a customer; no rollup here is by customer: the same question, and only rows can answer it. */
const FROM_ROWS = { filters: [{ member: 'customer_id', operator: 'notSet' }] };

describe.each(['chdb', 'postgres'])('rollups on %s', (engine) => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-rollups-'));
  let postgres: EmbeddedPostgres;
  let server: TestServer;
  let watch: ImportWatch;

  const start = (): Promise<TestServer> =>
    TestServer.start({
      dataDir: join(folder, 'data'),
      env: {
        DATABASE_URL: postgres.url,
        ROLLUP_MIN_ROWS: '200',
        ...(engine === 'postgres' ? { ANALYTICS_URL: postgres.url } : {}),
      },
    });
  beforeAll(async () => {
    postgres = await startPreparedPostgres(join(folder, 'postgres'));
    server = await start();
    watch = await ImportWatch.open(postgres.url);
  }, 240_000);
  afterAll(async () => {
    await watch?.close();
    await server?.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const ask = async (more: object = {}): Promise<Answer> => {
    const { status, body } = await server.json<Answer>('/api/query?explain=true', { ...REQUEST, ...more });
    expect([status, body]).toEqual([200, body]);
    return body;
  };
  const rollups = async (): Promise<readonly Rollup[]> =>
    (await server.json<{ data: readonly Rollup[] }>('/api/marketing/rollups')).body.data;
  const untilFresh = (name: string): Promise<Rollup> =>
    until(
      async () => {
        const found = (await rollups()).find((each) => each.name === name);
        return found?.state === 'ready' && found.stale_months === 0 ? found : undefined;
      },
      { what: `the rollup ${name}` },
    );
  /** What rows say now is what anybody is told now. @returns whether a rollup told it */
  const same = async (): Promise<boolean> => {
    const [asked, rows] = [await ask(), await ask(FROM_ROWS)];
    expect(rows.meta.rollup).toBeNull();
    expect([asked.rows, asked.totals]).toEqual([rows.rows, rows.totals]);
    return asked.meta.rollup !== null;
  };

  it('builds what is asked for, and answers from it what rows answer', async () => {
    await server.rows(Array.from({ length: 150 }, (_, number) => row(number, `${number}.10`)));
    expect((await ask()).meta).toMatchObject({ rollup: null, rollup_reason: null });
    const { status, body } = await server.json<Rollup>(
      '/api/marketing/rollups/by_device',
      { dimensions: ['data_source', 'campaign_id', 'device'], grain: 'daily', time_zone: 'UTC' },
      'PUT',
    );
    expect([status, body.name, body.origin]).toEqual([200, 'by_device', 'organization']);
    const fresh = await untilFresh('by_device');
    expect(fresh).toMatchObject({ months: 3, dimensions: ['campaign_id', 'data_source', 'device'] });
    expect(fresh.metrics).toEqual(expect.arrayContaining(['spend', 'clicks', 'cpc', 'roas']));
    expect(fresh.metrics).not.toContain('customers');
    expect([fresh.rows > 0, fresh.bytes > 0]).toEqual([true, true]);
    const answer = await ask();
    expect(answer.meta).toMatchObject({ rollup: 'by_device', rollup_reason: null });
    expect(answer.meta.sql).toContain('rollup_');
    expect(await same()).toBe(true);
    // An answer is an answer: the cache does not care where it came from.
    const cached = await server.json<{ meta: { cached: boolean } }>('/api/query', REQUEST);
    expect(cached.body.meta.cached).toBe(true);
  }, 120_000);

  it('streams exports from it, too', async () => {
    const csv = async (more: object): Promise<string> => {
      const response = await server.fetch('/api/query?format=csv', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...REQUEST, totals: false, ...more }),
      });
      return response.text();
    };
    expect(await csv({})).toBe(await csv(FROM_ROWS));
  });

  it('says why rows answer', async () => {
    expect((await ask({ metrics: ['customers'] })).meta.rollup_reason).toContain('does not hold “customers”');
    expect((await ask({ dimensions: ['currency'] })).meta.rollup_reason).toContain('not by “currency”');
    expect((await ask({ time_grain: 'hourly' })).meta.rollup_reason).toContain('by_device: it is daily');
    expect((await ask({ time_zone: 'Asia/Kathmandu' })).meta.rollup_reason).toContain('days');
  });

  it('never tells what was before an import that was acknowledged', async () => {
    let told = 0;
    for (let round = 0; round < 12; round += 1) {
      // Some rows are restated, some move to another day, some are new.
      const changed = Array.from({ length: 12 }, (_, index) =>
        row((round * 37 + index * 11) % 220, `${round}.${index}5`, 1 + ((round + index) % 28)),
      );
      await server.rows(changed);
      told += (await same()) ? 1 : 0;
      if (round % 4 === 3) await untilFresh('by_device');
      told += (await same()) ? 1 : 0;
    }
    expect(told).toBeGreaterThan(2);
  }, 180_000);

  it('would be found out if a restating import did not mark its months', async () => {
    const database = new pg.Client({ connectionString: postgres.url });
    await database.connect();
    try {
      await untilFresh('by_device');
      // What an import whose marks were forgotten would do: everything else happens, the months stay as they are.
      await database.query(`
        CREATE FUNCTION forget_marks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER forget_marks BEFORE INSERT OR UPDATE ON rollup_months FOR EACH ROW
          WHEN (NEW.is_stale) EXECUTE FUNCTION forget_marks()`);
      await server.rows([row(5, '1234.56')]);
      const [asked, rows] = [await ask(), await ask(FROM_ROWS)];
      expect(asked.meta.rollup).toBe('by_device');
      expect(asked.totals).not.toEqual(rows.totals);
    } finally {
      await database.query('DROP TRIGGER forget_marks ON rollup_months; DROP FUNCTION forget_marks()');
      await database.end();
    }
    // Marked by the next import, it tells the truth again.
    await server.rows([row(5, '1234.57')]);
    await same();
    await untilFresh('by_device');
    expect(await same()).toBe(true);
  }, 120_000);

  it('has a default one for large organisations, which can be turned off', async () => {
    await server.rows(Array.from({ length: 100 }, (_, number) => row(1_000 + number, '3.00')));
    const made = await until(
      async () => (await rollups()).find(({ name, state }) => name === 'default' && state === 'ready'),
      {
        what: 'the default rollup',
      },
    );
    expect(made).toMatchObject({ origin: 'default', dimensions: expect.arrayContaining(['campaign_id']) as unknown });
    expect((await server.fetch('/api/marketing/rollups/default', { method: 'DELETE' })).status).toBe(204);
    expect((await rollups()).map(({ name }) => name)).toEqual(['by_device']);
  }, 120_000);

  it('is right at once after the server was killed with an import done and nothing rolled up', async () => {
    await untilFresh('by_device');
    for (let round = 0; round < 3; round += 1) {
      await server.rows([row(1, `77.${round}`), row(2, `88.${round}`), row(3, `99.${round}`, 27 - round)]);
      await kill();
      server = await start();
      await same();
      await untilFresh('by_device');
      expect(await same()).toBe(true);
    }
  }, 240_000);

  it('is right after the server was killed while an import became visible', async () => {
    for (let round = 0; round < 2; round += 1) {
      const before = await watch.newest();
      const sent = server
        .rows(Array.from({ length: 3_000 }, (_, number) => row(number, `${round}.75`)))
        .catch(() => undefined);
      await watch.reaches('committing', before);
      await kill();
      await sent;
      server = await start();
      await same();
      await watch.reaches('done', before);
      await same();
      await untilFresh('by_device');
      expect(await same()).toBe(true);
    }
  }, 240_000);

  it('answers what is of rows, beside attribution and journeys, which are read themselves', async () => {
    const event = (number: number, source_category: string, data_payload: object): object => ({
      ...{ external_id: `event ${number}`, recorded_at: `2026-02-0${number}T10:00:00Z`, data_source: 'meta_ads' },
      ...{ source_category, customer_id: 'ann', campaign_id: 'Campaign 1', currency: 'USD', data_payload },
    });
    await server.rows([
      event(1, 'external_marketing', { spend: '2.00', device: 'mobile' }),
      event(2, 'external_revenue', { revenue: '80.00' }),
    ]);
    const calculated = await server.json<{ state: string }>('/api/analytics/attribution/calculate', {
      ...{ models: ['linear'], wait: true },
    });
    expect(calculated.body.state).toBe('succeeded');
    const by = { dimensions: ['data_source'], totals: true };
    await untilFresh('by_device');
    const beside = await ask({ ...by, metrics: ['spend', 'attributed_revenue', 'journeys'], time_grain: null });
    expect(beside.meta).toMatchObject({ rollup: 'by_device' });
    for (const table of ['rollup_', 'revenue_attribution', 'customer_journey_tracking'])
      expect(beside.meta.sql).toContain(table);
    const alone = await ask({ ...by, metrics: ['attributed_revenue', 'journeys'], time_grain: null });
    expect(alone.meta).toMatchObject({ rollup: null, rollup_reason: expect.stringContaining('no rows') as unknown });
    const rows = await ask({ ...by, metrics: ['spend', 'customers'], time_grain: null });
    expect(rows.meta.rollup).toBeNull();
    const spend = rows.rows.find(({ data_source: source }) => source === 'meta_ads')?.['spend'];
    expect(beside.rows).toContainEqual({ data_source: 'meta_ads', spend, attributed_revenue: '80.00', journeys: 1 });
    expect(alone.rows).toContainEqual({ data_source: 'meta_ads', attributed_revenue: '80.00', journeys: 1 });
  }, 120_000);

  it('counts its answers, and is gone when it is deleted', async () => {
    // What was asked before may come from the cache, where rows have put it while the rollup was stale.
    expect((await ask({ limit: 17 })).meta.rollup).toBe('by_device');
    expect(await (await server.fetch('/metrics')).text()).toMatch(
      /tributary_query_answers_total\{source="rollup"\} [1-9]/,
    );
    expect((await server.fetch('/api/marketing/rollups/by_device', { method: 'DELETE' })).status).toBe(204);
    expect(await rollups()).toEqual([]);
    await until(async () => ((await ask()).meta.rollup === null ? true : undefined), { what: 'rows to answer' });
    expect((await server.fetch('/api/marketing/rollups/by_device', { method: 'DELETE' })).status).toBe(404);
  }, 60_000);

  it('refuses what can’t be', async () => {
    const put = async (body: object, name = 'mine'): Promise<[number, unknown]> => {
      const answer = await server.json<{ code: string }>(`/api/marketing/rollups/${name}`, body, 'PUT');
      return [answer.status, answer.body.code];
    };
    expect(await put({ dimensions: ['devise'], grain: 'daily' })).toEqual([422, 'unknown_dimension']);
    expect(await put({ dimensions: ['recorded_at'], grain: 'daily' })).toEqual([422, 'not_rolled_up']);
    expect(await put({ dimensions: [], grain: 'weekly' })).toEqual([400, 'invalid_request']);
    expect(await put({ dimensions: [], grain: 'daily' }, 'Mine!')).toEqual([422, 'bad_name']);
  });

  async function kill(): Promise<void> {
    const gone = once(server.process, 'exit');
    server.process.kill('SIGKILL');
    await gone;
  }
});
