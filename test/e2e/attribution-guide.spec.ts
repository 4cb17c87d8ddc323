/** Sends every example of `docs/guides/attribution.md` to a server. */
import { isDeepStrictEqual } from 'node:util';
import { Guide } from '../support/guide.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

type Json = Record<string, unknown>;

const guide = await Guide.read('attribution.md');

describe('the guide to attribution', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start();
    expect((await server.rows(guide.rows)).status).toBe(201);
  }, 240_000);
  afterAll(() => server?.stop(), 60_000);

  it('is refused before attribution was ever calculated', async () => {
    const { status, body } = await server.json('/api/query', { metrics: ['attributed_revenue'] });
    expect([status, body.code]).toEqual([422, 'attribution_not_calculated']);
    const [parameters = ''] = guide.of('calculate');
    const run = await server.json('/api/analytics/attribution/calculate', JSON.parse(parameters));
    expect([run.status, run.body]).toEqual([200, expect.objectContaining({ state: 'succeeded', revenue: '200' })]);
  }, 120_000);

  it.each(guide.examples)('%s', async (_, request, expected) => {
    expect((await server.json('/api/query', request)).body).toMatchObject(expected);
  });

  it('knows what nothing has touched by its name in a metric’s own filter, too', async () => {
    const own = (metric_key: string, operator: string): Json => ({
      ...{
        metric_key,
        display_label: metric_key,
        category: 'calculated',
        metric_type: 'metric',
        data_type: 'currency',
      },
      ...{ aggregation: 'sum', expression: 'revenue_attribution.revenue_amount' },
      filter: { member: 'data_source', operator, values: ['unattributed'] },
    });
    for (const definition of [own('walked_in', 'equals'), own('led_here', 'notEquals')])
      expect((await server.json('/api/marketing/metrics', definition)).status).toBe(201);
    const { body } = await server.json('/api/query', { metrics: ['walked_in', 'led_here', 'attributed_revenue'] });
    expect(body).toMatchObject({ rows: [{ walked_in: '60.00', led_here: '140.00', attributed_revenue: '200.00' }] });
  });

  it('shows a campaign manager what is credited to the own campaigns, and of everyone’s journeys nothing', async () => {
    const { body: user } = await server.json('/api/users', {
      ...{ email: 'spring@example.com', role: 'campaign_manager', campaigns: ['Spring'] },
    });
    const { body: made } = await server.json('/api/keys', { name: 'own', user_id: user.id });
    const key = String(made.key);
    const request = {
      ...{ metrics: ['attributed_revenue', 'attributed_revenue:first_touch', 'attributed_conversions', 'spend'] },
      ...{ dimensions: ['campaign_name'], totals: true },
    };
    const spring = { attributed_revenue: '63.34', 'attributed_revenue:first_touch': '140.00', spend: '25.00' };
    const { body } = await server.json<{ rows: Json[]; totals: Json }>('/api/query', request, 'POST', key);
    expect(body.rows).toEqual([expect.objectContaining({ campaign_name: 'Spring', ...spring })]);
    expect(body.totals).toMatchObject(spring);
    for (const [path, code] of [
      ['attribution/runs', 'policy_not_supported_here'],
      ['paths', 'policy_not_supported_here'],
      ['customer-journeys', 'forbidden'],
      ['customer-journey/ann@example.com', 'forbidden'],
    ]) {
      const answer = await server.json(`/api/analytics/${path}`, undefined, 'GET', key);
      expect([path, answer.status, answer.body.code]).toEqual([path, 403, code]);
    }
    const other = await server.json<{ rows: Json[] }>(
      '/api/analytics/campaigns/Brand/performance',
      undefined,
      'GET',
      key,
    );
    expect(JSON.stringify(other.body.rows)).not.toContain('63.33');
  });

  it('credits the orders of two ids that are one person to what either has seen, until the merge is undone', async () => {
    const request = { metrics: ['attributed_revenue'], dimensions: ['data_source'] };
    const shown = async (): Promise<Record<string, unknown>> => {
      const { body } = await server.json<{ rows: Json[] }>('/api/query', request);
      return Object.fromEntries(body.rows.map((row) => [row.data_source, row.attributed_revenue]));
    };
    const becomes = (wanted: Record<string, string>): Promise<boolean> =>
      until(async () => isDeepStrictEqual(await shown(), wanted) || undefined, { what: JSON.stringify(wanted) });
    const before = { meta_ads: '63.34', google_ads: '63.33', newsletter: '13.33', unattributed: '60.00' };
    expect(await shown()).toEqual(before);
    const merge = await server.json('/api/customers/merges', { from: 'walk-in', to: 'ann@example.com' });
    expect(merge.status).toBe(201);
    await becomes({ meta_ads: '83.34', google_ads: '83.33', newsletter: '33.33' });
    const { status } = await server.fetch(`/api/customers/merges/${String(merge.body.id)}`, { method: 'DELETE' });
    expect(status).toBe(204);
    await becomes(before);
  }, 180_000);

  it('answers the documents of the guide', async () => {
    const [documents, replies] = [guide.of('document'), guide.of('reply')];
    expect(documents.length).toBeGreaterThan(0);
    for (const [index, document] of documents.entries()) {
      const { data, errors } = await server.graphql(document);
      expect({ data, errors }).toEqual({ data: JSON.parse(replies[index] ?? '') as Json, errors: undefined });
    }
  });
});
