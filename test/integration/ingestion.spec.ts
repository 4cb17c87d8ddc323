/**
 * Real files through the import door, on both engines: every line accounted for, every sum exact, and no change when the
 * same file comes again.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import pg from 'pg';
import { packageRoot } from '../../src/common/package-root.js';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { startPreparedPostgres } from '../support/prepared-data.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

// Tens of thousands of rows through a server of its own; a busy machine takes its time.
jest.setTimeout(180_000);

const fixture = (name: string): Uint8Array => readFileSync(join(packageRoot, 'test/fixtures', name));

const CDNOW = {
  data_source: 'cdnow',
  source_category: 'external_revenue',
  recorded_at: { column: 'date', format: 'yyyyMMdd' },
  customer_id: 'customer_id',
  fields: { quantity: 'number_of_cds', revenue: 'dollar_value' },
  currency: 'USD',
  identity: 'line',
};
const ROBYN = { data_source: 'robyn', source_category: 'external_marketing', recorded_at: 'DATE', currency: 'EUR' };
const CHANNELS = ['tv_S', 'ooh_S', 'print_S', 'facebook_S', 'search_S'] as const;

interface Rows {
  rows: Record<string, unknown>[];
}

/** Revenue and spend of each quarter, straight from the file, in billionths. */
function quartersOfRobyn(): Map<string, { revenue: bigint; tv: bigint; spend: bigint }> {
  const [header = '', ...lines] = Buffer.from(fixture('robyn-weekly.csv')).toString('utf8').trim().split(/\r?\n/);
  const names = header.split(',').map((name) => name.replaceAll('"', ''));
  const quarters = new Map<string, { revenue: bigint; tv: bigint; spend: bigint }>();
  for (const line of lines) {
    const cells = line.split(',');
    const billionths = (name: string): bigint => {
      const [whole = '0', fraction = ''] = (cells[names.indexOf(name)] ?? '0').split('.');
      const tenths = BigInt(whole + fraction.slice(0, 10).padEnd(10, '0'));
      return (tenths + 5n) / 10n;
    };
    const [year, month] = (cells[0] ?? '').split('-');
    const first = String(Math.floor((Number(month) - 1) / 3) * 3 + 1).padStart(2, '0');
    const key = `${year}-${first}-01`;
    const sums = quarters.get(key) ?? { revenue: 0n, tv: 0n, spend: 0n };
    sums.revenue += billionths('revenue');
    sums.tv += billionths('tv_S');
    for (const channel of CHANNELS) sums.spend += billionths(channel);
    quarters.set(key, sums);
  }
  return quarters;
}

const billionthsOf = (value: unknown): bigint => {
  const [whole = '0', fraction = ''] = String(value).split('.');
  return BigInt(whole + fraction.padEnd(9, '0'));
};

function importsRealFiles(start: () => Promise<TestServer>, stop: (server: TestServer) => Promise<void>): void {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => stop(server));

  it('takes a file with CR line ends and dates from before 1970', async () => {
    const mapping = { data_source: 'airlines', source_category: 'external_operational', recorded_at: 'ds' };
    const read = { read: 144, rejected: 0 };
    const first = await server.upload('csv', 'air-passengers.csv', fixture('air-passengers.csv'), mapping);
    expect(first).toMatchObject({ status: 201, body: { ...read, loaded: 144 } });
    const again = await server.upload('csv', 'air-passengers.csv', fixture('air-passengers.csv'), mapping);
    expect(again).toMatchObject({ status: 201, body: { ...read, unchanged: 144 } });
    const definition = { metric_key: 'y', display_label: 'Passengers', metric_type: 'metric', data_type: 'integer' };
    expect(await server.json('/api/marketing/metrics', definition)).toMatchObject({ status: 201 });
    const { body } = await server.json<Rows>('/api/query', {
      metrics: ['y'],
      time_grain: 'yearly',
      date_range: { from: '1949-01-01', to: '1960-12-31' },
      filters: [{ member: 'data_source', operator: 'equals', values: ['airlines'] }],
    });
    expect(body.rows).toHaveLength(12);
    expect(body.rows.at(0)).toEqual({ recorded_at: '1949-01-01', y: 1520 });
    expect(body.rows.at(-1)).toEqual({ recorded_at: '1960-01-01', y: 5714 });
  });

  it('takes every CDNOW purchase, to the cent, and nothing the second time', async () => {
    const first = await server.upload('csv', 'cdnow-master.txt', fixture('cdnow-master.txt'), CDNOW);
    expect(first).toMatchObject({
      status: 201,
      body: { read: 69_659, loaded: 69_659, replaced: 0, unchanged: 0, rejected: 0, warnings: [] },
    });
    const again = await server.upload('csv', 'cdnow-master.txt', fixture('cdnow-master.txt'), CDNOW);
    expect(again.body).toMatchObject({ read: 69_659, loaded: 0, replaced: 0, unchanged: 69_659, rejected: 0 });
    const { body } = await server.json<Rows>('/api/query', {
      metrics: ['revenue', 'row_count', 'customers'],
      dimensions: [],
      filters: { and: [{ member: 'data_source', operator: 'equals', values: ['cdnow'] }] },
    });
    expect(body.rows).toEqual([{ revenue: '2500315.63', row_count: 69_659, customers: 23_570 }]);
  });

  it('takes the mapping after the file as well', async () => {
    const form = new FormData();
    form.set('file', new Blob([fixture('robyn-weekly.csv') as Uint8Array<ArrayBuffer>]), 'robyn-weekly.csv');
    form.set('mapping', JSON.stringify(ROBYN));
    const response = await server.fetch('/api/integrations/import?preset=csv', { method: 'POST', body: form });
    expect(await response.json()).toMatchObject({ read: 208, loaded: 208, rejected: 0 });
  });

  it('lets an organisation define each channel’s spend, and answers ROAS by quarter', async () => {
    for (const channel of CHANNELS) {
      const { status } = await server.json('/api/marketing/metrics', {
        metric_key: channel.toLowerCase(),
        display_label: `Spend on ${channel.slice(0, -2)}`,
        metric_type: 'metric',
        data_type: 'currency',
        aggregation: 'sum',
      });
      expect(status).toBe(201);
    }
    const roas = await server.json('/api/marketing/metrics', {
      metric_key: 'robyn_roas',
      display_label: 'ROAS of all channels',
      metric_type: 'metric',
      data_type: 'float',
      formula: `revenue / (${CHANNELS.map((channel) => channel.toLowerCase()).join(' + ')})`,
    });
    expect(roas).toMatchObject({ status: 201, body: { status: 'valid' } });
    const { body } = await server.json<Rows>('/api/query', {
      metrics: ['revenue', 'tv_s', 'robyn_roas'],
      dimensions: [],
      filters: { and: [{ member: 'data_source', operator: 'equals', values: ['robyn'] }] },
      time_grain: 'quarterly',
      time_zone: 'UTC',
      currency: 'EUR',
    });
    const expected = quartersOfRobyn();
    expect(body.rows.map((row) => String(row['recorded_at']).slice(0, 10))).toEqual([...expected.keys()].sort());
    for (const row of body.rows) {
      const sums = expected.get(String(row['recorded_at']).slice(0, 10));
      expect(sums).toBeDefined();
      if (!sums) continue;
      expect(billionthsOf(row['revenue'])).toBe(sums.revenue);
      expect(billionthsOf(row['tv_s'])).toBe(sums.tv);
      expect(Number(row['robyn_roas'])).toBeCloseTo(Number(sums.revenue) / Number(sums.spend), 8);
    }
  });

  it('never adds dollars and euros up', async () => {
    const ask = async (more: object): Promise<unknown> =>
      (await server.json<{ code?: string }>('/api/query', { metrics: ['revenue'], ...more })).body.code;
    expect(await ask({})).toBe('fx_rate_missing');
    expect(await ask({ currency: 'as_recorded' })).toBe('mixed_currencies');
    expect(await ask({ currency: 'as_recorded', dimensions: ['currency'] })).toBeUndefined();
    expect(await ask({ filters: [{ member: 'currency', operator: 'equals', values: ['USD'] }] })).toBeUndefined();
    expect(await ask({ metrics: ['quantity'] })).toBeUndefined();
  });

  it('replaces what a later file restates, keeps the rest, and shows what it knows of sources and rejects', async () => {
    const meta = (rows: string): string => `Day,Campaign name,Amount spent (USD),Impressions\r\n${rows}`;
    await server.upload('meta_ads', 'a.csv', meta('2026-05-01,A,"1,000.10",5\r\n2026-05-02,A,2.20,6\r\n'));
    const later = await server.upload<{ rejects: string }>(
      'meta_ads',
      'b.csv',
      meta('2026-05-02,A,2.50,6\r\n2026-05-03,A,x,7\r\n2026-05-03,B,3.30,8\r\n'),
    );
    expect(later.body).toMatchObject({ read: 3, loaded: 1, replaced: 1, unchanged: 0, rejected: 1 });
    const rejects = await server.json<{ data: unknown[] }>(later.body.rejects);
    expect(rejects.body.data).toEqual([
      {
        line: 3,
        code: 'not_a_number',
        reason: 'spend: "x" is not a number',
        content: '2026-05-03,A,x,7',
        is_cut: false,
      },
    ]);
    const { body } = await server.json<Rows>('/api/query', {
      metrics: ['spend'],
      dimensions: [],
      filters: { and: [{ member: 'data_source', operator: 'equals', values: ['meta_ads'] }] },
    });
    expect(body.rows).toEqual([{ spend: '1005.90' }]);
    const sources = await server.json<{ data: { data_source: string; latest_recorded_at: string }[] }>(
      '/api/integrations/sources',
    );
    expect(sources.body.data.map(({ data_source, latest_recorded_at }) => [data_source, latest_recorded_at])).toEqual([
      ['airlines', '1960-12-01T00:00:00.000Z'],
      ['cdnow', '1998-06-30T00:00:00.000Z'],
      ['meta_ads', '2026-05-03T00:00:00.000Z'],
      ['robyn', '2019-11-11T00:00:00.000Z'],
    ]);
    const imports = await server.json<{ data: { filename: string; state: string }[]; next_cursor: string }>(
      '/api/integrations/imports?limit=2',
    );
    expect(imports.body.data.map(({ filename, state }) => `${filename} ${state}`)).toEqual([
      'b.csv done',
      'a.csv done',
    ]);
    const next = await server.json<{ data: { filename: string }[] }>(
      `/api/integrations/imports?limit=2&cursor=${imports.body.next_cursor}`,
    );
    expect(next.body.data[0]?.filename).toBe('robyn-weekly.csv');
  });

  it('lets two files for the same organisation arrive at once', async () => {
    const rows = (from: number): string =>
      Array.from({ length: 5_000 }, (_, index) =>
        JSON.stringify({
          external_id: `p${from + index}`,
          recorded_at: '2026-01-05',
          data_source: 'parallel',
          source_category: 'external_marketing',
          data_payload: { clicks: 1 },
        }),
      ).join('\n');
    const answers = await Promise.all([0, 2_500, 5_000, 0].map((from) => server.rows<{ loaded: number }>(rows(from))));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(answers.reduce((sum, { body }) => sum + body.loaded, 0)).toBe(10_000);
    const { body } = await server.json<Rows>('/api/query', {
      metrics: ['clicks'],
      dimensions: [],
      filters: { and: [{ member: 'data_source', operator: 'equals', values: ['parallel'] }] },
    });
    expect(body.rows).toEqual([{ clicks: 10_000 }]);
  });
}

describe('imports on the embedded ClickHouse', () => {
  importsRealFiles(
    () => TestServer.start(),
    (server) => server?.stop(),
  );
});

describe('imports on Postgres', () => {
  let folder: string;
  let database: EmbeddedPostgres | undefined;
  importsRealFiles(
    async () => {
      folder = mkdtempSync(join(tmpdir(), 'tributary-ingestion-'));
      database = await startPreparedPostgres(join(folder, 'own-postgres'));
      return TestServer.start({ env: { DATABASE_URL: database.url, ANALYTICS_URL: database.url } });
    },
    async (server) => {
      await server?.stop();
      await database?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  );

  it('lets the planner know of many rows at once', async () => {
    const client = new pg.Client({ connectionString: database?.url });
    await client.connect();
    const analyzed = async (): Promise<true | undefined> => {
      const { rows } = await client.query<{ known: boolean }>(
        "SELECT last_analyze IS NOT NULL AS known FROM pg_stat_user_tables WHERE relname = 'unified_marketing_data'",
      );
      return rows.some(({ known }) => known) || undefined;
    };
    // Its views of statistics are a little behind.
    await until(analyzed, { seconds: 10, what: 'statistics of the imported rows' }).finally(() => client.end());
  });
});
