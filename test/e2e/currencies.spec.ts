/** Sends every example of `docs/guides/currencies.md` to a server, and what else its doors do with rates. */
import { runCli } from '../support/cli.js';
import { TestServer } from '../support/server.js';
import { Guide } from '../support/guide.js';

type Json = Record<string, unknown>;
interface Answer {
  readonly rows: Json[];
  readonly meta: { readonly cached: boolean };
}

const guide = await Guide.read('currencies.md');
const SPEND = { metrics: ['spend'], date_range: { from: '2026-01-01', to: '2026-01-31' } };

describe('the guide to currencies', () => {
  let server: TestServer;
  const send = async (body: string, type: string): Promise<{ status: number; body: Json }> => {
    const response = await server.fetch('/api/fx/rates', { method: 'POST', body, headers: { 'content-type': type } });
    return { status: response.status, body: (await response.json()) as Json };
  };
  const spend = async (more: Json = {}): Promise<unknown> =>
    (await server.json<Answer>('/api/query', { ...SPEND, ...more })).body.rows[0]?.['spend'];

  beforeAll(async () => {
    server = await TestServer.start();
    expect((await server.rows(guide.rows)).status).toBe(201);
  }, 120_000);
  afterAll(() => server?.stop());

  it('begins without rates, which is said', async () => {
    expect(await server.json('/api/query', SPEND)).toMatchObject({
      status: 422,
      body: { code: 'fx_rate_missing', errors: [{ pointer: '/currency' }] },
    });
    const [rates = ''] = guide.of('rates');
    expect(await send(rates, 'text/csv')).toEqual({
      status: 201,
      body: { read: 4, loaded: 4, restated: 0, unchanged: 0 },
    });
    expect(await send(rates, 'text/csv')).toMatchObject({ body: { loaded: 0, restated: 0, unchanged: 4 } });
  });

  it.each(guide.examples)('%s', async (_, request, expected) => {
    expect((await server.json('/api/query', request)).body).toMatchObject(expected);
    // Kept answers are the same.
    expect((await server.json('/api/query', request)).body).toMatchObject(expected);
  });

  it('restates, takes back and lists rates, and no answer is older than they are', async () => {
    expect(await spend()).toBe('450.00');
    const restated = { base: 'EUR', quote: 'USD', day: '2026-01-05', rate: 1.3, source: 'bank' };
    expect(await server.json('/api/fx/rates', [restated])).toMatchObject({ status: 201, body: { restated: 1 } });
    expect(await spend()).toBe('460.00');
    expect(await send(`${JSON.stringify({ ...restated, rate: '1.20' })}\n`, 'application/x-ndjson')).toMatchObject({
      body: { restated: 1 },
    });
    expect(await spend()).toBe('450.00');
    const page = await server.json<{ data: Json[]; next_cursor: string }>('/api/fx/rates?base=EUR&limit=3');
    expect(page.body.data.map(({ quote, day, rate }) => [quote, day, rate])).toEqual([
      ['GBP', '2026-01-02', '0.8'],
      ['GBP', '2026-01-05', '0.8'],
      ['USD', '2026-01-02', '1.1'],
    ]);
    const rest = await server.json<{ data: Json[] }>(`/api/fx/rates?base=EUR&cursor=${page.body.next_cursor}`);
    expect(rest.body).toMatchObject({ data: [{ day: '2026-01-05', source: 'bank' }], next_cursor: null });
    const taken = await server.json('/api/fx/rates?base=EUR&quote=USD&from=2026-01-05', undefined, 'DELETE');
    expect(taken).toEqual({ status: 200, body: { deleted: 1 } });
    // £80 on the 5th at Friday's 1.10.
    expect(await spend()).toBe('440.00');
    await server.json('/api/organization/settings', { fx_carry_days: 1 }, 'PATCH');
    expect(await server.json('/api/query', SPEND)).toMatchObject({
      status: 422,
      body: {
        code: 'fx_rate_missing',
        detail: expect.stringContaining('EUR on 2026-01-04 (1 row); GBP on 2026-01-05'),
      },
    });
    await server.json('/api/organization/settings', { fx_carry_days: 7 }, 'PATCH');
    expect(await spend()).toBe('440.00');
  });

  it('asks for a currency in saved views, CSV and GraphQL', async () => {
    const view = await server.json<{ id: string }>('/api/reports/views', {
      report_name: 'Spend in euros',
      report_category: 'campaign_performance',
      ...SPEND,
      currency: 'EUR',
      on_missing_rate: 'flag',
    });
    expect(view).toMatchObject({ status: 201, body: { currency: 'EUR', on_missing_rate: 'flag' } });
    expect((await server.json<Answer>(`/api/reports/views/${view.body.id}/data`)).body.rows).toEqual([
      { spend: '400.00' },
    ]);
    const csv = await server.fetch(`/api/reports/views/${view.body.id}/data?format=csv`);
    expect((await csv.text()).trim().split(/\r?\n/).at(-1)).toBe('400.00');
    const typed = await server.graphql(
      '{ marketing(dateRange: { from: "2026-01-01", to: "2026-02-28" }, currency: "EUR", onMissingRate: FLAG) { spend clicks } }',
    );
    expect(typed).toMatchObject({ data: { marketing: [{ spend: null, clicks: 110 }] } });
    const refused = await server.graphql('{ marketing(currency: "EURO") { spend } }');
    expect(refused.errors?.[0]?.extensions?.['code']).toBe('unknown_currency');
    const imported = await server.graphql(
      'mutation { importFxRates(rates: [{ base: "EUR", quote: "JPY", day: "2026-02-10", rate: "180" }]) { loaded } }',
    );
    expect(imported).toEqual({ data: { importFxRates: { loaded: 1 } } });
    expect(await spend({ date_range: { from: '2026-02-01', to: '2026-02-28' }, currency: 'EUR' })).toBe('50.00');
    const listed = await server.graphql('{ fxRates(quote: "JPY") { data { base day rate } } }');
    expect(listed.data).toEqual({ fxRates: { data: [{ base: 'EUR', day: '2026-02-10', rate: '180' }] } });
  });

  it('refuses rates with every mistake, and stores none of them', async () => {
    const bad = [
      { base: 'EUR', quote: 'EUR', day: '2026-02-30', rate: '-1' },
      { base: 'euro', quote: 'USD', day: '2026-01-01', rate: '1e3', as_of: 'noon', colour: 'red' },
      { base: 'EUR', quote: 'CHF', day: '2026-01-01', rate: '0.93' },
    ];
    const refused = await server.json<{ code: string; errors: { pointer: string }[] }>('/api/fx/rates', { rates: bad });
    expect(refused).toMatchObject({ status: 422, body: { code: 'invalid_rates' } });
    expect(refused.body.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/rates/0/day',
      '/rates/0/quote',
      '/rates/0/rate',
      '/rates/1/as_of',
      '/rates/1/base',
      '/rates/1/colour',
      '/rates/1/rate',
    ]);
    expect((await server.json('/api/fx/rates?quote=CHF')).body).toEqual({ data: [], next_cursor: null });
    const csv = await send('base;quote;day\nEUR;USD;2026-01-01\n', 'text/csv');
    expect(csv).toMatchObject({ status: 422, body: { detail: expect.stringContaining('rate is not among them') } });
    const line = await send('base,quote,date,rate\nEUR,USD,2026-01-01,1\nEUR,USD,01.02.2026,1\n', 'text/csv');
    expect(line.body['detail']).toContain('Line 3: day must be a day such as 2026-01-31');
    expect(await send('{"base":', 'application/x-ndjson')).toMatchObject({ status: 422 });
    expect(await send('{}', 'application/json')).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((await server.json('/api/fx/rates?base=EUR', undefined, 'DELETE')).status).toBe(400);
  });

  it('takes rates of the operator’s for all organisations, where an organisation has none of its own', async () => {
    const march = { date_range: { from: '2026-03-01', to: '2026-03-31' } };
    await server.rows([
      {
        ...{ recorded_at: '2026-03-02T09:00:00Z', data_source: 'meta_ads', currency: 'CHF' },
        source_category: 'external_marketing',
        data_payload: { spend: '10.00' },
      },
    ]);
    expect((await server.json('/api/query', { ...SPEND, ...march })).body).toMatchObject({ code: 'fx_rate_missing' });
    const wrong = await runCli(server, ['fx', 'import', '-', '--everyone'], 'base,quote,day,rate\nCHF,USD,soon,1\n');
    expect([wrong.code, wrong.err.includes('Line 2: day must be a day')]).toEqual([1, true]);
    const rates =
      'base,quote,day,rate,source\nCHF,USD,2026-03-02,1.25,central bank\nEUR,USD,2026-03-02,9,central bank\n';
    const given = await runCli(server, ['fx', 'import', '-', '--everyone'], rates);
    expect([given.code, given.out.trim()]).toEqual([0, '2 read: 2 loaded, 0 restated, 0 unchanged.']);
    expect(await spend(march)).toBe('12.50');
    // The organisation's own rate wins, also the other way round; without it the operator's counts again.
    await server.json('/api/fx/rates', [{ base: 'USD', quote: 'CHF', day: '2026-03-02', rate: '0.5' }]);
    expect(await spend(march)).toBe('20.00');
    const listed = await server.json<{ data: Json[] }>('/api/fx/rates?from=2026-03-01');
    expect(listed.body.data.map(({ base, quote, origin }) => [base, quote, origin])).toEqual([
      ['EUR', 'USD', 'installation'],
      ['USD', 'CHF', 'organization'],
    ]);
    const taken = await server.json('/api/fx/rates?base=USD&quote=CHF', undefined, 'DELETE');
    expect(taken.body).toEqual({ deleted: 1 });
    expect(await spend(march)).toBe('12.50');
    const trail = await server.json<{ data: Json[] }>('/api/audit?action=fx_rates.import_for_everyone');
    expect(trail.body.data).toMatchObject([{ after: { loaded: 2, sources: ['central bank'] } }]);
  }, 60_000);

  it('shows journeys of customers in the organisation’s currency, and what they did as recorded', async () => {
    const row = (at: string, category: string, currency: string, data_payload: Json): Json => ({
      ...{ recorded_at: at, data_source: 'somewhere', source_category: category, customer_id: 'ada', currency },
      data_payload,
    });
    await server.rows([
      row('2026-03-02T08:00:00Z', 'external_marketing', 'CHF', { cost: '2.00', campaign_name: 'Alps' }),
      row('2026-03-02T10:00:00Z', 'external_revenue', 'USD', { revenue: '100.00' }),
      row('2026-03-02T11:00:00Z', 'external_revenue', 'CHF', { revenue: '10.00' }),
    ]);
    const read = async (): Promise<{ journey: Json; timeline: Json[]; warnings: Json[] }> =>
      (await server.json<{ journey: Json; timeline: Json[]; warnings: Json[] }>('/api/analytics/customer-journey/ada'))
        .body;
    const { journey, timeline } = await read();
    const money = { acquisition_cost: '2.50', lifetime_value: '112.50', currency: 'USD', currencies: ['CHF', 'USD'] };
    expect(journey).toMatchObject(money);
    expect(timeline.map(({ cost, value, currency }) => [cost, value, currency])).toEqual([
      ['2.00', null, 'CHF'],
      [null, '100.00', 'USD'],
      [null, '10.00', 'CHF'],
    ]);
    const run = await server.json('/api/analytics/attribution/calculate', { models: ['linear'], wait: true });
    const byCurrency = { revenue: null, revenue_by_currency: { CHF: '10', USD: '100' } };
    expect(run).toMatchObject({
      status: 200,
      body: {
        ...byCurrency,
        conversions: 2,
        currencies: ['CHF', 'USD'],
        warnings: [{ code: 'several_currencies' }],
        models: { linear: { credited: 2, rows: [{ value: 'somewhere', conversions: '2', ...byCurrency }] } },
      },
    });
    const credited = await read();
    expect(credited.timeline[0]).toMatchObject({ credits: { linear: { conversions: '2', revenue: '112.50' } } });
    const asked = {
      metrics: ['lifetime_value', 'acquisition_cost'],
      filters: { member: 'campaign_name', operator: 'equals', values: ['Alps'] },
    };
    expect((await server.json<Answer>('/api/query', asked)).body.rows).toEqual([
      { lifetime_value: '112.50', acquisition_cost: '2.50' },
    ]);
    await server.rows([row('2026-03-02T12:00:00Z', 'external_revenue', 'SEK', { revenue: '10.00' })]);
    const gap = await read();
    expect(gap.journey).toMatchObject({ acquisition_cost: null, lifetime_value: null });
    expect(gap.warnings.map(({ code }) => code)).toContain('fx_rate_missing');
    expect((await server.json('/api/query', asked)).body).toMatchObject({ code: 'fx_rate_missing' });
  }, 60_000);
});
