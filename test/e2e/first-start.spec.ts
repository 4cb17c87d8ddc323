/** What a newcomer gets from `npm start`: the sample organisation at every door, and its first report in the outbox. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import PostalMime from 'postal-mime';
import { embeddedDatabaseUrl } from '../support/records.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const SAMPLE = { SAMPLE_DATA: 'on' };
/** Rows, first and last day and sums of every source. */
const EVERYTHING = {
  metrics: ['sample_rows', 'spend', 'clicks', 'revenue', 'net_sales', 'delivered'],
  dimensions: ['data_source'],
  totals: true,
};

interface Result {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly Readonly<Record<string, string | number | null>>[];
  readonly totals: Readonly<Record<string, string | number | null>>;
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'tributary-first-'));
const mails = (dataDir: string): string[] =>
  readdirSync(dataDir).includes('outbox')
    ? readdirSync(join(dataDir, 'outbox')).filter((name) => name.endsWith('.eml'))
    : [];
const firstMail = (server: TestServer): Promise<string> =>
  until(() => mails(server.dataDir)[0], { seconds: 60, what: 'the first report in the outbox' });
const welcomed = (server: TestServer): Promise<true> =>
  until(() => (server.printed.includes('Press Ctrl-C to stop.') ? true : undefined), { what: 'the welcome' });

/** All sums, and what the sample organisation defines. */
async function contents(server: TestServer): Promise<unknown> {
  await server.json('/api/marketing/metrics', {
    metric_key: 'sample_rows',
    display_label: 'Rows',
    category: 'platform',
    metric_type: 'metric',
    data_type: 'integer',
    aggregation: 'count',
    expression: '*',
  });
  const { status, body } = await server.json<Result>('/api/query', EVERYTHING);
  expect(status).toBe(200);
  const views = await server.json<{ data: { report_name: string }[] }>('/api/reports/views');
  const model = await server.json<{ members: { key: string }[] }>('/api/marketing/model');
  return {
    rows: [...body.rows].sort((a, b) => (String(a.data_source) < String(b.data_source) ? -1 : 1)),
    totals: body.totals,
    views: views.body.data.map((view) => view.report_name),
    members: model.body.members.map((member) => member.key),
  };
}

describe('a first start', () => {
  const undisturbed = folder();
  const disturbed = folder();
  let server: TestServer;
  let whole: unknown;
  afterAll(async () => {
    await server?.end();
    for (const dataDir of [undisturbed, disturbed]) rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it('puts the first report, with its PDF and CSV, into the outbox within a minute of being ready', async () => {
    server = await TestServer.start({ dataDir: undisturbed, env: SAMPLE });
    const file = await firstMail(server);
    const mail = await PostalMime.parse(readFileSync(join(undisturbed, 'outbox', file)));
    expect(mail.subject).toContain('Sales and ad spend by week');
    const attachment = (type: string): Buffer =>
      Buffer.from(mail.attachments.find((part) => part.mimeType === type)?.content as ArrayBuffer);
    expect(attachment('application/pdf').subarray(0, 5).toString()).toBe('%PDF-');
    expect(attachment('text/csv').toString('utf8').trim().split('\r\n').length).toBeGreaterThan(20);
    await welcomed(server);
  }, 180_000);

  it('shows the same plausible numbers over REST, GraphQL and CSV', async () => {
    const request = {
      metrics: ['spend', 'revenue', 'roas', 'impressions', 'clicks'],
      dimensions: ['data_source'],
      filters: {
        and: [{ member: 'data_source', operator: 'equals', values: ['meta_ads', 'google_ads', 'tiktok_ads'] }],
      },
      order: [{ member: 'data_source', direction: 'asc' }],
      date_range: { last: 12, unit: 'month', complete: true },
    };
    const rest = await server.json<Result>('/api/query', request);
    expect(rest.status).toBe(200);
    expect(rest.body.rows.map((row) => row.data_source)).toEqual(['google_ads', 'meta_ads', 'tiktok_ads']);
    for (const row of rest.body.rows) {
      expect(Number(row.spend)).toBeGreaterThan(1_000);
      expect(Number(row.spend)).toBeLessThan(10_000_000);
      expect(Number(row.roas)).toBeGreaterThan(0.2);
      expect(Number(row.roas)).toBeLessThan(20);
      expect(Number(row.clicks) / Number(row.impressions)).toBeLessThan(0.2);
    }

    const graphql = await server.graphql<{ query: Result }>(
      'query ($request: JSON!) { query(request: $request) { rows } }',
      { request },
    );
    expect(graphql.errors).toBeUndefined();
    expect(graphql.data?.query.rows).toEqual(rest.body.rows);

    const csv = await server.fetch('/api/query', {
      method: 'POST',
      body: JSON.stringify(request),
      headers: { 'content-type': 'application/json', accept: 'text/csv' },
    });
    const names = rest.body.columns.map((column) => column.name);
    const lines = rest.body.rows.map((row) => names.map((name) => String(row[name] ?? '')).join(','));
    expect(await csv.text()).toBe(`${[names.join(','), ...lines].join('\r\n')}\r\n`);
  }, 60_000);

  it('prints a command for each door', () => {
    for (const part of ['/api/query', '/graphql', '/api/docs', '/graphiql', '/health/ready', '/metrics', 'outbox']) {
      expect(server.printed).toContain(part);
    }
  });

  it('is not repeated by the second start', async () => {
    whole = await contents(server);
    expect(await server.end()).toBe(0);
    server = await TestServer.start({ dataDir: undisturbed, env: SAMPLE });
    await welcomed(server);
    expect(server.printed).not.toContain('Importing');
    expect(await contents(server)).toEqual(whole);
    expect(mails(undisturbed)).toHaveLength(1);
    expect(await server.end()).toBe(0);
  }, 120_000);

  it('is carried on after it was stopped or killed in its middle, to the very same numbers', async () => {
    const endWhen = async (signal: 'SIGTERM' | 'SIGKILL', seen: () => Promise<boolean> | boolean): Promise<void> => {
      server = await TestServer.start({ dataDir: disturbed, env: SAMPLE });
      await until(async () => ((await seen()) ? true : undefined), { everyMs: 5, what: 'the moment to strike' });
      expect(await server.end(signal)).toBe(signal === 'SIGTERM' ? 0 : null);
    };
    await endWhen('SIGTERM', () => server.printed.includes('Importing'));
    await endWhen('SIGKILL', () => server.printed.includes('google-ads.csv:'));
    await endWhen('SIGKILL', async () => (await count(disturbed, 'marketing_report_views')) > 0);

    server = await TestServer.start({ dataDir: disturbed, env: SAMPLE });
    await firstMail(server);
    await welcomed(server);
    expect(await contents(server)).toEqual(whole);
    expect(await count(disturbed, 'occurrences')).toBe(1);
    expect(await server.end()).toBe(0);
  }, 300_000);
});

async function count(dataDir: string, table: 'marketing_report_views' | 'occurrences'): Promise<number> {
  const client = new pg.Client({ connectionString: embeddedDatabaseUrl(dataDir) });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    return rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}
