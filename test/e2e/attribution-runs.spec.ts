/** Attribution through its doors, on a real server, as a marketer would use it. */
import { ADMIN_KEY, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** A customer of several sources is known to all by one UUID. */
const CUSTOMER = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const at = (days: number): string => new Date(START + days * DAY).toISOString();

interface Answer {
  readonly run_id: string;
  readonly state: string;
  readonly conversions: number;
  readonly revenue: string;
  readonly models: Record<
    string,
    {
      credited: number;
      unattributed: number;
      too_little_data?: boolean;
      rows: {
        value: string;
        conversions: string;
        revenue: string;
        removal_effect?: number;
        share?: number;
        share_interval?: [number, number];
      }[];
    }
  >;
}

let server: TestServer;
let line = 0;
const touch = (customer: string, days: number, source: string): object => ({
  external_id: `t${++line}`,
  recorded_at: at(days),
  data_source: source,
  source_category: 'external_marketing',
  customer_id: customer,
  data_payload: {},
});
const sale = (customer: string, days: number, revenue: string, rest: object = {}): object => ({
  external_id: `s${++line}`,
  recorded_at: at(days),
  data_source: 'shop',
  source_category: 'external_revenue',
  customer_id: customer,
  currency: 'USD',
  data_payload: { revenue },
  ...rest,
});

async function send(rows: readonly object[]): Promise<void> {
  const response = await server.fetch(
    '/api/integrations/rows',
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: rows.map((row) => JSON.stringify(row)).join('\n'),
    },
    ADMIN_KEY,
  );
  const body = (await response.json()) as { loaded: number; replaced: number };
  expect({ status: response.status, changed: body.loaded + body.replaced }).toEqual({
    status: 201,
    changed: rows.length,
  });
}

async function calculate(body: object): Promise<Answer> {
  const answer = await server.json<Answer>('/api/analytics/attribution/calculate', { wait: true, ...body });
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200, body: { state: 'succeeded' } });
  return answer.body;
}

const byValue = (answer: Answer, model: string): Record<string, string> =>
  Object.fromEntries(answer.models[model]?.rows.map(({ value, revenue }) => [value, revenue]) ?? []);

beforeAll(async () => {
  server = await TestServer.start();
}, 120_000);
afterAll(() => server.stop(), 30_000);

test('the journey of a $12,000 deal, by every model that looks at one journey', async () => {
  const anna = CUSTOMER(1);
  const sources = ['meta_ads', 'google_ads', 'email', 'webinar', 'sales'];
  await send([
    ...[0, 5, 12, 30, 38].map((days, index) => touch(anna, days, sources[index] ?? '')),
    sale(anna, 38, '12000.00', { external_id: 'deal' }),
  ]);
  const models = ['first_touch', 'last_touch', 'linear', 'time_decay', 'position_based', 'shapley'];
  const run = await calculate({ lookback_days: 60, models });
  expect(run).toMatchObject({ conversions: 1, revenue: '12000' });
  expect(byValue(run, 'time_decay')).toEqual({
    meta_ads: '175.19',
    google_ads: '287.44',
    email: '574.88',
    webinar: '3417.04',
    sales: '7545.45',
  });
  const even = { meta_ads: '2400', google_ads: '2400', email: '2400', webinar: '2400', sales: '2400' };
  expect(byValue(run, 'linear')).toEqual(even);
  expect(byValue(run, 'shapley')).toEqual(even);
  expect(byValue(run, 'first_touch')).toEqual({ meta_ads: '12000' });
  expect(byValue(run, 'last_touch')).toEqual({ sales: '12000' });
  expect(byValue(run, 'position_based')).toEqual({
    meta_ads: '4800',
    google_ads: '800',
    email: '800',
    webinar: '800',
    sales: '4800',
  });
  // Of the standard 30 days, only the last two touches and the one at day 12 count.
  const standard = await calculate({ models: ['first_touch'] });
  expect(byValue(standard, 'first_touch')).toEqual({ email: '12000' });
}, 60_000);

test('direct traffic counts only where it is all there is, unless it is asked for', async () => {
  const ben = CUSTOMER(2);
  await send([touch(ben, 100, 'direct'), touch(ben, 101, 'organic'), touch(ben, 102, 'direct'), sale(ben, 103, '140')]);
  const only = { models: ['position_based'], date_range: { from: at(103), to: at(104) } };
  expect(byValue(await calculate({ ...only, direct: [] }), 'position_based')).toEqual({ direct: '112', organic: '28' });
  expect(byValue(await calculate(only), 'position_based')).toEqual({ organic: '140' });
}, 60_000);

test('markov: removal effects of journeys that convert and of those that do not', async () => {
  const [one, two, three] = [CUSTOMER(11), CUSTOMER(12), CUSTOMER(13)];
  await send([
    touch(one, 200, 'c1'),
    touch(one, 201, 'c2'),
    touch(one, 202, 'c3'),
    sale(one, 203, '1000'),
    touch(two, 200, 'c1'),
    touch(three, 201, 'c2'),
    touch(three, 202, 'c3'),
  ]);
  const range = { from: at(200), to: at(204) };
  const run = await calculate({ models: ['markov'], date_range: range, confidence: { resamples: 50, seed: 7 } });
  expect(byValue(run, 'markov')).toEqual({ c1: '200', c2: '400', c3: '400' });
  const effects = run.models.markov?.rows.map(({ value, removal_effect }) => [value, removal_effect?.toFixed(9)]);
  expect(Object.fromEntries(effects ?? [])).toEqual({ c1: '0.500000000', c2: '1.000000000', c3: '1.000000000' });
  expect(run.models.markov).toMatchObject({ too_little_data: true });
  expect(run.models.markov?.rows[0]).toHaveProperty('share_interval');
  // shapley: each of three channels has brought a third; of a single conversion nobody can be sure.
  const shapley = (
    await calculate({ models: ['shapley'], date_range: range, confidence: { resamples: 50, seed: 7, level: 0.9 } })
  ).models.shapley;
  expect(shapley).toMatchObject({ credited: 1, too_little_data: true });
  for (const row of shapley?.rows ?? []) {
    expect(row.share).toBeCloseTo(1 / 3, 8);
    const [from = 1, to = 0] = row.share_interval ?? [];
    expect(from <= (row.share ?? 0) && (row.share ?? 0) <= to + 1e-9).toBe(true);
  }
}, 60_000);

test('a refund lowers the credit of the touches that earned it, and diff says so', async () => {
  const before = await calculate({ models: ['linear'], lookback_days: 60 });
  await send([sale(CUSTOMER(1), 45, '-3000.01')]);
  const after = await calculate({ models: ['linear'], lookback_days: 60 });
  expect(Number(before.revenue) - Number(after.revenue)).toBeCloseTo(3000.01, 6);
  const diff = await server.json<{ conversions: object[]; totals: object[] }>(
    `/api/analytics/attribution/runs/${after.run_id}/diff?against=${before.run_id}`,
  );
  expect(diff.body.conversions).toEqual([
    {
      conversion_id: expect.any(String),
      customer_id: CUSTOMER(1),
      change: 'revenue',
      revenue_before: '12000',
      revenue_after: '8999.99',
      touchpoints_before: 5,
      touchpoints_after: 5,
    },
  ]);
  expect(diff.body.totals).toContainEqual({
    model: 'linear',
    value: 'sales',
    conversions_before: '0.2',
    conversions_after: '0.2',
    revenue_before: '2400',
    revenue_after: '1799.99',
  });
}, 60_000);

test('an import restates only whom it concerns, by itself', async () => {
  const before = await calculate({ models: ['linear'], lookback_days: 60 });
  await send([touch(CUSTOMER(1), 37, 'podcast')]);
  const conversions = await until(async () => {
    const runs = await server.json<{ data: Answer[] }>('/api/analytics/attribution/runs');
    const [newest] = runs.body.data;
    if (newest?.state !== 'succeeded' || newest.run_id === before.run_id) return undefined;
    expect(newest).toMatchObject({ kind: 'update' });
    const diff = await server.json<{ conversions: object[] }>(
      `/api/analytics/attribution/runs/${newest.run_id}/diff?against=${before.run_id}`,
    );
    return diff.body.conversions.length > 0 ? diff.body.conversions : undefined;
  });
  expect(conversions).toMatchObject([
    { customer_id: CUSTOMER(1), change: 'credit', touchpoints_before: 5, touchpoints_after: 6 },
  ]);
}, 90_000);

test('runs are listed, and what is asked wrongly is refused in words', async () => {
  const list = await server.json<{ data: { run_id: string }[] }>('/api/analytics/attribution/runs');
  expect(list.body.data.length).toBeGreaterThan(4);
  const run = await server.json(`/api/analytics/attribution/runs/${list.body.data[0]?.run_id}`);
  expect(run.body).toMatchObject({ state: 'succeeded', progress: 1 });
  const pages: string[][] = [];
  for (let cursor = ''; ;) {
    const { body } = await server.json<{ data: { run_id: string }[]; next_cursor: string | null }>(
      `/api/analytics/attribution/runs?limit=2${cursor}`,
    );
    pages.push(body.data.map(({ run_id }) => run_id));
    if (body.next_cursor === null) break;
    cursor = `&cursor=${body.next_cursor}`;
  }
  expect(pages.flat()).toEqual(list.body.data.map(({ run_id }) => run_id));
  expect(await server.json('/api/analytics/attribution/runs?cursor=eHl6')).toMatchObject({
    status: 400,
    body: { code: 'invalid_cursor' },
  });
  const unknown = await server.json('/api/analytics/attribution/calculate', { models: ['linaer'] });
  expect(unknown).toMatchObject({
    status: 422,
    body: { code: 'unknown_model', errors: [{ pointer: '/models/0', suggestions: ['linear'] }] },
  });
  const settings = await server.json('/api/analytics/attribution/settings', { lookback_days: -1 }, 'PUT');
  expect(settings).toMatchObject({ status: 422, body: { errors: [{ pointer: '/lookback_days' }] } });
  const cancel = await server.json(`/api/analytics/attribution/runs/${list.body.data[0]?.run_id}/cancel`, {});
  expect(cancel).toMatchObject({ status: 409, body: { code: 'run_is_finished' } });
}, 60_000);

test('an organisation’s own model is one of its models from the next run on', async () => {
  const put = await server.json(
    '/api/analytics/attribution/settings',
    { custom_models: [{ key: 'closer', kind: 'position', start: [1], middle: 1, end: [3] }] },
    'PUT',
  );
  expect(put.status).toBe(200);
  const run = await calculate({ models: ['closer'], date_range: { from: at(200), to: at(204) } });
  expect(byValue(run, 'closer')).toEqual({ c1: '200', c2: '200', c3: '600' });
}, 60_000);

test('runs are asked for, read, compared and cancelled over GraphQL as over REST', async () => {
  const { data, errors } = await server.graphql<{ calculateAttribution: { run_id: string; state: string } }>(
    `mutation { calculateAttribution(input: { models: ["linear"], wait: true }) { run_id state progress models } }`,
  );
  expect(errors).toBeUndefined();
  const run = data?.calculateAttribution;
  expect(run).toMatchObject({ state: 'succeeded', progress: 1 });
  const read = await server.graphql<{ attributionRun: object; attributionRuns: { data: object[] }; diff: object }>(
    `query ($id: ID!) {
      attributionRun(id: $id) { run_id state progress models }
      attributionRuns(limit: 1, cursor: null) { data { run_id } next_cursor }
      diff: attributionDiff(id: $id, against: $id)
      attributionSettings
    }`,
    { id: run?.run_id },
  );
  expect(read.errors).toBeUndefined();
  expect(read.data).toMatchObject({
    attributionRun: run,
    attributionRuns: { data: [{ run_id: run?.run_id }] },
    diff: { conversions: [], truncated: false },
    attributionSettings: { lookback_days: 30 },
  });
  const codeOf = async (mutation: string): Promise<unknown> =>
    (await server.graphql(`mutation { ${mutation} }`)).errors?.[0]?.extensions?.code;
  const tooMany = await server.graphql('{ attributionRuns(limit: 5000, cursor: null) { next_cursor } }');
  expect(tooMany.errors?.[0]?.extensions).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/limit' }] });
  expect(await codeOf(`cancelAttributionRun(id: "${run?.run_id}") { state }`)).toBe('run_is_finished');
  expect(await codeOf('calculateAttribution(input: { modles: [] }) { run_id }')).toBe('invalid_request');
  expect(await codeOf('changeAttributionSettings(input: { lookback_days: -1 })')).toBe('invalid_attribution_settings');
}, 60_000);
