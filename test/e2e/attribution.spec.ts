/** The sample shop's revenue, shared out among what led to it: every model, grouping and door adds up to the cent. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { connect } from '../wire/clients.js';

jest.setTimeout(240_000);

interface Answer {
  rows: Record<string, string | number | null>[];
  totals: Record<string, string | number | null> | null;
  meta: { warnings: { code: string }[] };
}

describe('attribution of the sample organisation', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ env: { SAMPLE_DATA: 'on' }, readySeconds: 200 });
    await until(() => server.printed.includes('Press Ctrl-C') || undefined, { seconds: 200 });
  }, 240_000);
  afterAll(() => server.stop());

  const ask = async (request: object): Promise<Answer> => {
    const { status, body } = await server.json<Answer>('/api/query', request);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  };
  const cents = (rows: Answer['rows'], key: string): bigint =>
    rows.reduce((sum, row) => sum + BigInt(String(row[key] ?? '0.00').replace('.', '')), 0n);

  it('adds up to the revenue less refunds, by every model and dimension of the touchpoint', async () => {
    const filters = { member: 'source_category', operator: 'equals', values: ['external_revenue'] };
    const { rows } = await ask({ metrics: ['net_revenue'], filters });
    const whole = cents(rows, 'net_revenue');
    expect(whole).toBeGreaterThan(0n);
    for (const attribution_model of ['first_touch', 'last_touch', 'linear', 'time_decay', 'position_based', 'shapley'])
      for (const dimension of ['channel', 'campaign_name', 'landing_page', 'customer_id', 'data_source']) {
        const grouped = await ask({ metrics: ['attributed_revenue'], dimensions: [dimension], attribution_model });
        expect([attribution_model, dimension, cents(grouped.rows, 'attributed_revenue')]).toEqual([
          attribution_model,
          dimension,
          whole,
        ]);
      }
    const months = await ask({ metrics: ['attributed_revenue'], time_grain: 'monthly' });
    expect(cents(months.rows, 'attributed_revenue')).toBe(whole);
  });

  it('is a relation of the SQL API, with the model as a column or as a setting', async () => {
    const client = await connect(server, { database: 'sample' });
    const sql = async (text: string): Promise<unknown[][]> =>
      (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
    const models = ['first_touch', 'linear', 'time_decay'];
    const expected: unknown[][] = [];
    for (const attribution_model of models) {
      const metrics = ['attributed_revenue', 'assisted_to_last_ratio'];
      const order = [{ member: 'channel', direction: 'asc' }];
      const { rows } = await ask({ metrics, dimensions: ['channel'], attribution_model, order });
      for (const row of rows) expected.push([attribution_model, row.channel, row.attributed_revenue]);
    }
    const byModel = `SELECT attribution_model, channel, MEASURE(attributed_revenue) FROM attribution
      WHERE attribution_model IN ('${models.join("', '")}') GROUP BY 1, 2 ORDER BY 1, 2 NULLS FIRST`;
    const text = (row: unknown[]): string => JSON.stringify(row);
    expect((await sql(byModel)).map(text).sort()).toEqual(expected.map(text).sort());
    const linear = expected.filter(([model]) => model === 'linear').map(([, ...row]) => text(row));
    // Without GROUP BY it is the same question, and it is the model of the session where none is named.
    const plain = 'SELECT channel, attributed_revenue FROM attribution';
    expect((await sql(plain)).map(text).sort()).toEqual(linear.sort());
    await client.query(`SET attribution_model = 'first_touch'`);
    expect(await sql('SHOW attribution_model')).toEqual([['first_touch']]);
    const first = expected.filter(([model]) => model === 'first_touch').map(([, ...row]) => text(row));
    expect((await sql(plain)).map(text).sort()).toEqual(first.sort());
    await client.query('RESET attribution_model');
    expect(await sql('SHOW attribution_model')).toEqual([['linear']]);
    await expect(
      sql(`SELECT SUM(credited_revenue) FROM attribution WHERE attribution_model <> 'linear'`),
    ).rejects.toMatchObject({ code: '0A000', hint: expect.stringContaining('attribution_model') });
    await expect(sql('SELECT COUNT(*) FROM attribution')).rejects.toMatchObject({ code: '0A000' });
    const { rows: acquired } = await ask({ metrics: ['journeys', 'ltv_cac_ratio'], dimensions: ['data_source'] });
    const journeys = await sql(
      'SELECT data_source, SUM(journeys)::int, MEASURE(ltv_cac_ratio)::float8 FROM journeys GROUP BY 1',
    );
    expect(journeys.map(text).sort()).toEqual(acquired.map((row) => text(Object.values(row))).sort());
    expect((await sql('SELECT * FROM attribution LIMIT 3')).length).toBe(3);
    await client.end();
  });

  it('has the ready views of campaigns, customers, creatives and models', async () => {
    const views = await server.json<{ data: { id: string; report_name: string }[] }>('/api/reports/views');
    const data = async (name: string): Promise<Answer> => {
      const view = views.body.data.find(({ report_name: title }) => title.startsWith(name));
      const { status, body } = await server.json<Answer>(`/api/reports/views/${view?.id}/data`);
      expect([name, status]).toEqual([name, 200]);
      return body;
    };
    const campaigns = await data('Campaigns: spend and attributed');
    const brand = campaigns.rows.find(({ campaign_name: name }) => name === 'Brand');
    expect(Number(brand?.spend)).toBeGreaterThan(0);
    expect(Number(brand?.attributed_roas)).toBeGreaterThan(0);
    expect(campaigns.meta.warnings).toEqual([]);
    const lifecycle = await data('Customer lifecycle');
    expect(lifecycle.rows.filter(({ ltv_cac_ratio: ratio }) => Number(ratio) > 0).length).toBeGreaterThan(5);
    const creatives = await data('Creative ROI');
    expect(creatives.rows.map(({ asset_name: name }) => name).sort()).toEqual(
      expect.arrayContaining(['Carousel | bestsellers', 'Static | sofa', 'Video | 15s']),
    );
    expect(Number(creatives.rows[0]?.creative_roi)).toBeGreaterThan(0);
    const models = await data('Attribution models');
    expect(models.rows.some(({ channel }) => channel === 'unattributed')).toBe(true);
  });

  it('shows paths, models side by side, assists and a journey with its credits, over REST and GraphQL', async () => {
    const paths = await server.json<{
      conversions: number;
      paths: { path: string[] }[];
      lengths: { conversions: number }[];
    }>('/api/analytics/paths?limit=5');
    expect(paths.body.paths).toHaveLength(5);
    const comparison = await server.json<Answer>(
      '/api/analytics/model-comparison?by=channel&models=first_touch,shapley',
    );
    expect(Object.keys(comparison.body.totals ?? {})).toContain('attributed_revenue:shapley');
    const roi = await server.json<Answer>('/api/analytics/assets/Static%20%7C%20sofa/roi?attribution_model=linear');
    const [creative] = roi.body.rows;
    expect([roi.status, roi.body.rows.length]).toEqual([200, 1]);
    expect(Number(creative?.impressions)).toBeGreaterThan(0);
    expect(Number(creative?.creation_cost)).toBeGreaterThan(0);
    const ratio = Number(creative?.revenue) / Number(creative?.creation_cost);
    expect(Number(creative?.creative_roi)).toBeCloseTo(ratio, 6);
    // The platform's id of a campaign is not the shop's; by it alone nothing is credited, and the answer says how to ask.
    const named = await server.json<Answer>('/api/query', {
      ...{ metrics: ['spend'], dimensions: ['campaign_id', 'campaign_name'], limit: 1 },
      order: [{ member: 'spend', direction: 'desc' }],
    });
    const { campaign_id: campaignId, campaign_name: campaignName } = named.body.rows[0] ?? {};
    const campaign = await server.json<Answer>(`/api/analytics/campaigns/${String(campaignId)}/performance`);
    expect(campaign.body.meta.warnings).toMatchObject([{ code: 'same_name_other_ids', suggestions: [campaignName] }]);
    const together = await server.json<Answer>(
      `/api/analytics/campaigns/${encodeURIComponent(String(campaignName))}/performance`,
    );
    expect(Number(together.body.rows[0]?.attributed_revenue)).toBeGreaterThan(0);
    expect(together.body.meta.warnings).toEqual([]);
    const assists = await server.json<Answer>('/api/analytics/assists?by=channel');
    expect(assists.body.rows.length).toBeGreaterThan(3);
    const list = await server.json<{ data: { customer_id: string }[] }>(
      '/api/analytics/customer-journeys?converted=true&first_touch_source=email&limit=1',
    );
    expect(list.body.data).toMatchObject([{ customer_id: expect.any(String), first_touch_source: 'email' }]);
    // One with a credited touchpoint: who bought before the first has none, and who is first by id differs by installation.
    const { rows: credited } = await ask({
      ...{ metrics: ['attributed_revenue'], dimensions: ['customer_id'], attribution_model: 'linear', limit: 1 },
      filters: { member: 'channel', operator: 'equals', values: ['email'] },
      order: [{ member: 'attributed_revenue', direction: 'desc' }],
    });
    const id = encodeURIComponent(String(credited[0]?.customer_id));
    const journey = await server.json<{
      models: string[];
      timeline: { kind: string; credits: Record<string, { revenue: string }> }[];
    }>(`/api/analytics/customer-journey/${id}`);
    expect(journey.body.models).toEqual(expect.arrayContaining(['first_touch', 'linear', 'shapley']));
    expect(journey.body.timeline.find(({ kind }) => kind === 'touchpoint')?.credits.linear).toBeDefined();
    const { data, errors } = await server.graphql<{
      marketing: { channel: string; attributedRevenue: string; first: string }[];
      conversionPaths: { conversions: number };
    }>(`{
      marketing(attributionModel: "linear") { channel attributedRevenue first: attributedRevenue(model: "first_touch") }
      conversionPaths(limit: 1) { conversions }
    }`);
    expect(errors).toBeUndefined();
    expect(data?.conversionPaths.conversions).toBe(paths.body.conversions);
    // The arguments are those of REST, checked alike.
    const wrong = async (field: string): Promise<unknown> =>
      (await server.graphql(`{ ${field} }`)).errors?.map(({ extensions }) => extensions?.['code']);
    expect(await wrong('conversionPaths(by: "data_source; DROP") { conversions }')).toEqual(['invalid_request']);
    expect(await wrong('assists(limit: 5000) { rows }')).toEqual(['invalid_request']);
    const compared = await server.graphql<{ modelComparison: { rows: unknown[] } }>(
      '{ modelComparison(models: ["linear", "first_touch"], by: "channel", range: null, limit: 3) { rows } }',
    );
    expect(compared.errors).toBeUndefined();
    const { body: rest } = await server.json<{ rows: unknown[] }>(
      '/api/analytics/model-comparison?models=linear,first_touch&by=channel&limit=3',
    );
    expect(compared.data?.modelComparison.rows).toEqual(rest.rows);
    expect(data?.marketing.every(({ first }) => first !== null)).toBe(true);
  });

  it('refuses a model that was not calculated, and says when rows are newer than the run', async () => {
    const refused = await server.json<{ code: string; detail: string }>('/api/query', {
      metrics: ['attributed_revenue:mine'],
    });
    expect([refused.status, refused.body.code]).toEqual([422, 'attribution_not_calculated']);
    // Its plan is kept by now: whoever asks again at once is told the same, and the server lives on.
    for (let again = 0; again < 5; again++)
      expect((await server.json('/api/query', { metrics: ['attributed_revenue:mine'] })).status).toBe(422);
    const request = { metrics: ['attributed_revenue'] };
    const before = cents((await ask(request)).rows, 'attributed_revenue');
    await server.rows([
      {
        ...{ external_id: 'late', recorded_at: '2026-01-05T10:00:00Z', data_source: 'shopify' },
        ...{ source_category: 'external_revenue', customer_id: 'someone@example.com', currency: 'USD' },
        data_payload: { revenue: '12.34' },
      },
    ]);
    // Either the row is part of the attribution, or the answer says that it is not yet.
    const soon = await ask(request);
    const isIn = cents(soon.rows, 'attributed_revenue') - before === 1234n;
    expect(soon.meta.warnings.map(({ code }) => code)).toEqual(isIn ? [] : ['attribution_stale']);
    await server.json('/api/analytics/attribution/calculate', { wait: true });
    expect(cents((await ask(request)).rows, 'attributed_revenue') - before).toBe(1234n);
  });
});
