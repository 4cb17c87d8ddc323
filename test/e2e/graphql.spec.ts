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

  it('answers a question of all four parts: when, which, in what order, how many', async () => {
    const { data, errors } = await server.graphql(`{
      marketing(
        dateRange: { from: "2026-01-01", to: "2026-03-31" }
        where: { dataSource: { equals: ["meta_ads", "google_ads"] }, spend: { gt: "60" } }
        orderBy: [{ field: recordedAt }, { field: spend, direction: DESC }]
        limit: 5
      ) { dataSource campaignName recordedAt(grain: MONTH) spend campaignRoas }
    }`);
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      marketing: [
        {
          ...{ dataSource: 'meta_ads', campaignName: 'Spring', recordedAt: '2026-01-01' },
          ...{ spend: '100.10', campaignRoas: 2.997002997 },
        },
        {
          ...{ dataSource: 'google_ads', campaignName: 'Brand', recordedAt: '2026-02-01' },
          ...{ spend: '200.00', campaignRoas: 4.5 },
        },
      ],
    });
    const { data: described } = await server.graphql<{ __type: { fields: { name: string; description: string }[] } }>(
      '{ __type(name: "MarketingRow") { fields { name description } } }',
    );
    const told = new Map(described?.__type.fields.map(({ name, description }) => [name, description]));
    expect(told.get('campaignRoas')).toContain('ROAS');
    expect(told.get('recordedAt')).toBeTruthy();
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

  it('keeps the names of what a comparison adds, whatever metrics come later', async () => {
    const input = {
      metric_key: 'spend_previous',
      display_label: 'Thrice',
      metric_type: 'metric',
      data_type: 'currency',
    };
    const { data: created } = await server.graphql<{ createMetric: { id: string } }>(
      'mutation ($input: MetricInput!) { createMetric(input: $input) { id } }',
      { input: { ...input, formula: 'spend * 3' } },
    );
    const { data } = await server.graphql(`{
      marketing(dateRange: { from: "2026-02-01", to: "2026-02-28" }, compare: PREVIOUS_PERIOD, orderBy: [{ field: spendPrevious }], limit: 1) {
        dataSource spend spendPrevious spend_previous
      }
    }`);
    expect(data).toEqual({
      marketing: [{ dataSource: 'meta_ads', spend: '50.05', spendPrevious: '100.10', spend_previous: '150.15' }],
    });
    await server.json(`/api/marketing/metrics/${created?.createMetric.id}`, undefined, 'DELETE');
  });

  it('compares, fills gaps and ranks, with fields for what these add', async () => {
    const { data, errors, extensions } = (await server.graphql(`{
      compared: marketing(
        dateRange: { from: "2026-02-01", to: "2026-02-28" }, compare: PREVIOUS_PERIOD, orderBy: [{ field: spendPrevious }]
      ) { dataSource spendPrevious spendChange }
      filled: marketing(dateRange: { from: "2026-02-05", to: "2026-02-07" }, fill: ZERO) {
        recordedAt(grain: DAY) clicks
      }
      top: marketing(top: { limit: 1, by: spend }) { dataSource dataSourceOther spend }
      marketingTotals(dateRange: { from: "2026-02-01", to: "2026-02-28" }, compare: PREVIOUS_PERIOD) {
        spend spendChange
      }
    }`)) as Awaited<ReturnType<TestServer['graphql']>> & { extensions: { marketing: Record<string, unknown> } };
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      compared: [
        { dataSource: 'meta_ads', spendPrevious: '100.10', spendChange: -0.5 },
        { dataSource: 'google_ads', spendPrevious: null, spendChange: null },
      ],
      filled: [
        { recordedAt: '2026-02-05', clicks: 20 },
        { recordedAt: '2026-02-06', clicks: 30 },
        { recordedAt: '2026-02-07', clicks: 0 },
      ],
      top: [
        { dataSource: 'google_ads', dataSourceOther: false, spend: '200.00' },
        { dataSource: null, dataSourceOther: true, spend: '150.15' },
      ],
      marketingTotals: { spend: '250.05', spendChange: 1.498001998 },
    });
    expect(extensions.marketing.compared).toMatchObject({
      compare: { mode: 'previous_period', range: { from: '2026-01-04T00:00:00.000Z' } },
    });
  });

  it('filters by what a comparison adds, as REST does', async () => {
    const range = { from: '2026-02-01', to: '2026-02-28' };
    const [before, change] = ['spend__previous', 'spend__change'];
    const request = { metrics: ['clicks'], dimensions: ['data_source'], date_range: range, compare: 'previous_period' };
    const rest = (filters: unknown, more: object = {}) =>
      server.json<{ rows: unknown[]; code: string; errors: unknown[] }>('/api/query', { ...request, filters, ...more });
    const named = (rows: unknown[]): unknown[] => rows.map((row) => (row as Record<string, unknown>)['data_source']);
    expect(named((await rest({ member: change, operator: 'lt', values: [0] })).body.rows)).toEqual(['meta_ads']);
    expect(named((await rest({ member: before, operator: 'notSet' })).body.rows)).toEqual(['google_ads']);
    const { data, errors } = await server.graphql(`{
      fallen: marketing(
        dateRange: { from: "2026-02-01", to: "2026-02-28" }, compare: PREVIOUS_PERIOD
        where: { or: [{ spendChange: { lt: "-0.4" } }, { spendPrevious: { gt: "1000" } }] }
      ) { dataSource }
    }`);
    expect([errors, data]).toEqual([undefined, { fallen: [{ dataSource: 'meta_ads' }] }]);

    const alone = await rest([{ member: change, operator: 'lt', values: [0] }], { compare: null });
    expect(alone).toMatchObject({
      status: 422,
      body: { code: 'comparison_required', errors: [{ pointer: '/filters/0/member', suggestions: ['spend'] }] },
    });
    const without = await server.graphql('{ marketing(where: { spendChange: { lt: "0" } }) { dataSource } }');
    expect(without.errors?.[0]?.extensions?.code).toBe('comparison_required');
    const unknown = await rest([{ member: 'data_source__change', operator: 'set' }]);
    expect(unknown).toMatchObject({ status: 422, body: { code: 'unknown_member' } });

    const view = { report_name: 'Fallen', ...request, filters: [{ member: change, operator: 'lt', values: [0] }] };
    const saved = await server.json<{ id: string }>('/api/reports/views', view);
    expect(saved.status).toBe(201);
    const shown = await server.json<{ rows: unknown[] }>(`/api/reports/views/${saved.body.id}/data`);
    expect(named(shown.body.rows)).toEqual(['meta_ads']);
    const page = await (await server.fetch(`/api/reports/views/${saved.body.id}/data?format=html`)).text();
    expect(page).toContain('Spend (change) is less than 0');
    const refused = await server.json<{ code: string }>('/api/reports/views', { ...view, compare: null });
    expect(refused).toMatchObject({ status: 422, body: { code: 'comparison_required' } });
  });

  it('gives pages with totals and subtotals, which stay as they are while rows arrive', async () => {
    const page = (after: string | null, more = ''): ReturnType<TestServer['graphql']> =>
      server.graphql(
        `query ($after: String) {
          marketingPage(limit: 2, after: $after, orderBy: [{ field: campaignName }], subtotals: [[dataSource]]) {
            rows { dataSource campaignName spend }
            nextCursor
            ${more}
          }
        }`,
        { after },
      );
    const first = await page(null, 'totals { clicks } subtotals { by rows { dataSource spend campaignRoas } }');
    expect(first.errors).toBeUndefined();
    const { nextCursor, ...shown } = (first.data as { marketingPage: { nextCursor: string } }).marketingPage;
    expect(shown).toEqual({
      rows: [
        { dataSource: 'google_ads', campaignName: 'Brand', spend: '200.00' },
        { dataSource: 'meta_ads', campaignName: 'Spring', spend: '100.10' },
      ],
      totals: { clicks: 60 },
      subtotals: [
        {
          by: ['dataSource'],
          rows: [
            { dataSource: 'google_ads', spend: '200.00', campaignRoas: 4.5 },
            { dataSource: 'meta_ads', spend: '150.15', campaignRoas: 2.664002664 },
          ],
        },
      ],
    });
    expect((await page(nextCursor)).errors?.[0]?.extensions?.code).toBe('bad_cursor');
    await server.rows([row(9, 'meta_ads', '2026-02-09', 'Autumn', '1', '1')]);
    const next = await page(nextCursor, 'totals { clicks campaignRoas }');
    expect(next.data).toEqual({
      marketingPage: {
        rows: [{ dataSource: 'meta_ads', campaignName: 'Summer', spend: '50.05' }],
        totals: { clicks: 150, campaignRoas: expect.any(Number) },
        nextCursor: null,
      },
    });
    await server.rows([row(9, 'meta_ads', '2026-02-09', 'Autumn', '0', '0')]);
  });

  it('runs saved reports with all that a query can ask for, page by page', async () => {
    const { body: view } = await server.json<{ id: string }>('/api/reports/views', {
      report_name: 'Sources',
      metrics: ['spend'],
      dimensions: ['data_source', 'campaign_name'],
      date_range: { from: '2026-02-01', to: '2026-02-28' },
      compare: 'previous_period',
      top: { limit: 1, by: 'spend', dimension: 'data_source' },
      subtotals: ['data_source'],
    });
    expect(view).toMatchObject({
      compare: 'previous_period',
      top: { limit: 1, by: 'spend', dimension: 'data_source', other: true },
      subtotals: ['data_source'],
      fill: null,
    });
    const at = `/api/reports/views/${view.id}`;
    const { body: page } = await server.json<{ next_cursor: string; rows: unknown[]; subtotals: unknown[] }>(
      `${at}/data?limit=1`,
    );
    expect(page.rows).toEqual([
      {
        ...{ data_source: 'google_ads', data_source__other: false, campaign_name: 'Brand' },
        ...{ spend: '200.00', spend__previous: null, spend__change: null },
      },
    ]);
    expect(page.subtotals).toMatchObject([
      { by: ['data_source'], rows: [{ spend: '200.00' }, { data_source__other: true, spend: '50.05' }] },
    ]);
    const { data, errors } = await server.graphql(
      'query ($id: ID!, $cursor: String) { runReportView(id: $id, limit: 1, cursor: $cursor) { rows } }',
      { id: view.id, cursor: page.next_cursor },
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ runReportView: { rows: [{ data_source__other: true, campaign_name: 'Summer' }] } });
    const html = await server.fetch(`${at}/data?format=html`);
    const text = (await html.text()).replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(text.includes('Other Summer $50.05')).toBe(true);
    const { body: refused } = await server.json<{ code: string }>(at, { date_range: null }, 'PATCH');
    expect(refused.code).toBe('date_range_required');
    const changed = await server.json(at, { compare: null, top: null, subtotals: null }, 'PATCH');
    const plain = changed.body;
    expect([plain.compare, plain.top, plain.subtotals]).toEqual([null, null, null]);
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
    expect(await code('{ marketing { spendPrevious } }')).toBe('invalid_request');
    expect(await code('{ marketing { dataSourceOther spend } }')).toBe('invalid_request');
    expect(await code('{ marketing(compare: PREVIOUS_YEAR) { spend } }')).toBe('date_range_required');
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
