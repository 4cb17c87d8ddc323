/**
 * The story of the product's main job: exports in, an organisation's own metric, a saved report, its PDF and CSV in the
 * outbox. Over a real server with its embedded stores.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const META = `Campaign name,Ad set name,Ad name,Amount spent (USD),Impressions,Link clicks,Purchases,Purchases conversion value,Day
Spring sale,Women 25-34,Video A,"1,200.00",100000,2000,40,"3,600.50",2026-01-05
Spring sale,Men 25-34,Video B,300.25,20000,500,10,900.00,2026-01-06
Brand,All,Image,99.75,50000,100,0,0,2026-02-01
,,,"1,600.00",170000,2600,50,"4,500.50",
`;

const GOOGLE = `Campaign report
"January 1, 2026 - January 31, 2026"
Day,Campaign,Currency code,Cost,Impr.,Clicks,Conversions
2026-01-05,Search brand,USD,500.00,10000,800,12.5
2026-01-06,Search brand,USD,250.50,5000,400, --
Total: Account,,,750.50,15000,1200,12.5
`;

interface Result {
  columns: { name: string; label: string; role: string; type: string }[];
  rows: Record<string, unknown>[];
  totals: Record<string, unknown> | null;
  meta: {
    truncated: boolean;
    snapshot: string;
    date_range: unknown;
    data_as_of: Record<string, string>;
    aliases: unknown;
    sql?: string;
  };
}

describe('the main job', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  }, 120_000);
  afterAll(() => server?.stop());

  it('takes exports in and accounts for every line', async () => {
    const meta = await server.upload('meta_ads', 'meta.csv', META);
    expect(meta).toMatchObject({ status: 201, body: { loaded: 3, replaced: 0, unchanged: 0 } });
    const google = await server.upload('google_ads', 'google.csv', GOOGLE);
    expect(google).toMatchObject({ status: 201, body: { loaded: 2, rejected: 0 } });
    const again = await server.upload('meta_ads', 'meta.csv', META);
    expect(again).toMatchObject({ status: 201, body: { loaded: 0, replaced: 0, unchanged: 3 } });
  });

  it('answers in the organisation’s own words', async () => {
    const created = await server.json('/api/marketing/metrics', {
      metric_key: 'blended_roas',
      display_label: 'Blended ROAS',
      category: 'calculated',
      metric_type: 'metric',
      data_type: 'float',
      formula: 'revenue / spend',
      alias_keys: ['roas_old'],
    });
    expect(created).toMatchObject({
      status: 201,
      body: { status: 'valid', diagnostics: [], depends_on: ['revenue', 'spend'] },
    });

    const { status, body } = await server.json<Result>('/api/query', {
      metrics: ['spend', 'roas_old'],
      dimensions: ['data_source'],
      date_range: { from: '2026-01-01', to: '2026-01-31' },
      order: [{ member: 'spend', direction: 'desc' }],
      totals: true,
    });
    expect(status).toBe(200);
    expect(body.rows).toEqual([
      { data_source: 'meta_ads', spend: '1500.25', blended_roas: 2.999833361 },
      { data_source: 'google_ads', spend: '750.50', blended_roas: null },
    ]);
    expect(body.totals).toEqual({ spend: '2250.75', blended_roas: 1.999555704 });
    expect(body.meta.aliases).toEqual({ roas_old: 'blended_roas' });
    expect(body.meta.date_range).toEqual({ from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' });
  });

  it('gives the same rows as CSV and NDJSON', async () => {
    const request = {
      metrics: ['spend', 'clicks'],
      dimensions: ['campaign_name'],
      order: [{ member: 'campaign_name', direction: 'asc' }],
    };
    const send = async (accept: string): Promise<string> => {
      const response = await server.fetch('/api/query', {
        method: 'POST',
        body: JSON.stringify(request),
        headers: { 'content-type': 'application/json', accept },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain(accept);
      return response.text();
    };
    expect(await send('text/csv')).toBe(
      'campaign_name,spend,clicks\r\nBrand,99.75,100\r\nSearch brand,750.50,1200\r\nSpring sale,1500.25,2500\r\n',
    );
    expect(
      (await send('application/x-ndjson'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { campaign_name: 'Brand', spend: '99.75', clicks: 100 },
      { campaign_name: 'Search brand', spend: '750.50', clicks: 1200 },
      { campaign_name: 'Spring sale', spend: '1500.25', clicks: 2500 },
    ]);
  });

  it('saves a report, runs it over REST and GraphQL, and sends it as PDF and CSV', async () => {
    const view = await server.json<{ id: string }>('/api/reports/views', {
      report_name: 'Spend by source',
      report_category: 'roas_analysis',
      dimensions: ['data_source'],
      metrics: ['spend', 'blended_roas'],
      date_range: { from: '2026-01-01', to: '2026-01-31' },
      time_grain: 'daily',
      visibility: 'organization',
      totals: true,
    });
    expect(view.status).toBe(201);
    const rest = await server.json<Result>(`/api/reports/views/${view.body.id}/data`);
    expect(rest.body.rows).toHaveLength(4);
    expect(rest.body.columns.map((column) => column.name)).toEqual([
      'recorded_at',
      'data_source',
      'spend',
      'blended_roas',
    ]);
    const graphql = await server.graphql<{ runReportView: Result }>(
      'query ($id: ID!) { runReportView(id: $id) { columns { name } rows totals } }',
      { id: view.body.id },
    );
    expect(graphql.errors).toBeUndefined();
    expect(graphql.data?.runReportView.rows).toEqual(rest.body.rows);
    expect(graphql.data?.runReportView.totals).toEqual(rest.body.totals);

    const sent = await server.json<{ occurrence_id: string }>(`/api/reports/views/${view.body.id}/deliver`, {
      recipients: ['boss@example.com'],
    });
    expect(sent.status).toBe(202);
    const delivery = await until(async () => {
      const { body } = await server.json<{ data: { state: string; recipient: string }[] }>(
        `/api/reports/deliveries?view_id=${view.body.id}`,
      );
      return body.data.find((row) => row.state !== 'pending' && row.state !== 'sending');
    });
    expect(delivery).toMatchObject({ state: 'accepted', recipient: 'boss@example.com' });

    const outbox = join(server.dataDir, 'outbox');
    const [file] = readdirSync(outbox).filter((name) => name.endsWith('.eml'));
    const mail = await PostalMime.parse(readFileSync(join(outbox, file ?? '')));
    expect(mail.to?.[0]?.address).toBe('boss@example.com');
    expect(mail.subject).toContain('Spend by source');
    const attachment = (type: string): Buffer =>
      Buffer.from(mail.attachments.find((part) => part.mimeType === type)?.content as ArrayBuffer);
    expect(attachment('application/pdf').subarray(0, 5).toString()).toBe('%PDF-');
    expect(attachment('text/csv').toString('utf8')).toContain('\r\n2026-01-05,meta_ads,1200.00,3.000416667\r\n');
  }, 90_000);
});
