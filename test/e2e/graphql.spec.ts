/** Each organisation's own metrics as typed GraphQL fields, beside the management schema. */
import { TestServer } from '../support/server.js';

const row = (id: number, source: string, day: string, campaign: string, spend: string, revenue: string): unknown => ({
  external_id: String(id),
  recorded_at: `${day}T12:00:00Z`,
  data_source: source,
  source_category: 'external_marketing',
  campaign_id: campaign,
  currency: 'USD',
  data_payload: { spend, revenue, clicks: 10 * id, device: id % 2 ? 'mobile' : 'desktop' },
});

describe('typed GraphQL', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
    await server.rows([
      row(1, 'meta_ads', '2026-01-05', 'Spring', '100.10', '300'),
      row(2, 'meta_ads', '2026-02-05', 'Summer', '50.05', '100'),
      row(3, 'google_ads', '2026-02-06', 'Brand', '200', '900'),
    ]);
  }, 120_000);
  afterAll(() => server?.stop());

  it('answers by field names of the model, grouped by what is selected', async () => {
    const { data, errors } = await server.graphql(`{
      marketing(dateRange: { from: "2026-01-01", to: "2026-03-31" }, orderBy: [{ field: spend, direction: DESC }]) {
        dataSource
        spend
        campaignRoas
        clicks
      }
    }`);
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      marketing: [
        { dataSource: 'google_ads', spend: '200.00', campaignRoas: 4.5, clicks: 30 },
        { dataSource: 'meta_ads', spend: '150.15', campaignRoas: 2.664002664, clicks: 30 },
      ],
    });
  });

  it('groups time by the grain of the field, filters with typed conditions, and tells its notes', async () => {
    const { data, errors, extensions } = (await server.graphql(
      `query ($grain: TimeGrain!, $withClicks: Boolean!) {
        monthly: marketing(where: { or: [{ dataSource: { equals: ["google_ads"] } }, { device: { contains: ["MOB"] } }] }) {
          ...parts
          clicks @include(if: $withClicks)
        }
        marketingTotals(where: { spend: { gt: "120" } }) { spend }
      }
      fragment parts on MarketingRow { recordedAt(grain: $grain) spend }`,
      { grain: 'MONTH', withClicks: false },
    )) as Awaited<ReturnType<TestServer['graphql']>> & { extensions: Record<string, unknown> };
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      monthly: [
        { recordedAt: '2026-01-01', spend: '100.10' },
        { recordedAt: '2026-02-01', spend: '200.00' },
      ],
      marketingTotals: { spend: '350.15' },
    });
    expect(extensions).toMatchObject({ marketing: { monthly: { truncated: false, time_zone: 'UTC' } } });
  });

  it('has a new metric as a field as soon as it is defined, with its label as description', async () => {
    const created = await server.graphql(
      'mutation ($input: MetricInput!) { createMetric(input: $input) { metric_key status } }',
      {
        input: {
          metric_key: 'blended_roas',
          display_label: 'Blended ROAS',
          metric_type: 'metric',
          data_type: 'float',
          formula: 'revenue / spend',
        },
      },
    );
    expect(created.data).toEqual({ createMetric: { metric_key: 'blended_roas', status: 'valid' } });
    expect((await server.graphql('{ marketing { blendedRoas } }')).data).toEqual({
      marketing: [{ blendedRoas: 3.712694559 }],
    });
    const { data } = await server.graphql<{ __type: { fields: { name: string; description: string }[] } }>(
      '{ __type(name: "MarketingRow") { fields { name description } } }',
    );
    expect(data?.__type.fields.find((field) => field.name === 'blendedRoas')?.description).toContain('Blended ROAS');
    expect(data?.__type.fields.every((field) => field.description.length > 0)).toBe(true);
  });

  it('gives errors with the codes of REST', async () => {
    const code = async (query: string, key?: string | null): Promise<unknown> =>
      (await server.graphql(query, {}, key)).errors?.[0]?.extensions?.code;
    expect(await code('{ marketing { spent } }')).toBe('graphql_invalid');
    expect(await code('{ marketing {')).toBe('graphql_syntax');
    expect(await code('{ marketing(timeZone: "Mars/Olympus") { spend } }')).toBe('unknown_time_zone');
    expect(await code('{ marketing(dateRange: { last: 3 }) { spend } }')).toBe('invalid_request');
    expect(await code('{ a: marketing { x: recordedAt(grain: DAY) y: recordedAt(grain: MONTH) spend } }')).toBe(
      'invalid_request',
    );
    expect(await code('{ metrics { metric_key } }', null)).toBe('unauthenticated');
    expect(await code('{ metrics { metric_key } }', 'trb_nobody000_0123456789abcdef')).toBe('unauthenticated');
    const deep = `{ __schema { types ${'{ fields { type '.repeat(8)}{ name } ${'} }'.repeat(8)} } }`;
    expect(await code(deep)).toBe('query_too_complex');
    const wide = `{ ${Array.from({ length: 30 }, (_, index) => `a${index}: marketing { spend }`).join(' ')} }`;
    expect(await code(wide)).toBe('query_too_complex');
    const byGet = await server.fetch(`/graphql?query=${encodeURIComponent('mutation { deleteReportView(id: "x") }')}`);
    expect(byGet.status).toBe(405);
  });
});
