/** A shop's customers through the doors: what they did, what they cost and are worth, and two ids that are one person. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { TestServer } from '../support/server.js';

jest.setTimeout(180_000);

interface Journey {
  journey: Record<string, unknown>;
  customer_ids: string[];
  timeline: { at: string; kind: string; channel: string | null; value: string | null }[];
  next_cursor: string | null;
  warnings: { code: string }[];
}

const touch = (
  id: string,
  at: string,
  source: string,
  customer: string,
  campaign: string,
  payload: object,
): object => ({
  external_id: id,
  recorded_at: at,
  data_source: source,
  source_category: 'external_marketing',
  campaign_id: campaign,
  customer_id: customer,
  data_payload: payload,
});
const order = (id: string, at: string, customer: string, revenue: string, more: object = {}): object => ({
  external_id: id,
  recorded_at: at,
  data_source: 'shop',
  source_category: 'external_revenue',
  customer_id: customer,
  currency: 'USD',
  data_payload: { revenue, ...more },
});

describe('journeys of customers', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
    await server.rows([
      touch('t1', '2026-01-01T10:00:00Z', 'meta_ads', 'ann@example.com', 'Spring', { device: 'mobile' }),
      touch('t2', '2026-01-03T10:00:00Z', 'newsletter', 'ann@example.com', 'News', { channel: 'email', spend: '0.50' }),
      order('o1', '2026-01-04T10:00:00Z', 'Ann@Example.com', '80.00', { margin: '30.00' }),
      touch('t3', '2026-01-02T10:00:00Z', 'meta_ads', 'phone-17', 'Spring', {}),
      touch('t4', '2026-01-02T11:00:00Z', 'meta_ads', 'phone-18', 'Spring', {}),
      order('o2', '2026-01-05T10:00:00Z', 'walk-in', '20.00'),
      {
        external_id: 'spend',
        recorded_at: '2026-01-01T00:00:00Z',
        data_source: 'meta_ads',
        source_category: 'external_marketing',
        campaign_id: 'Spring',
        currency: 'USD',
        data_payload: { spend: '10.01', clicks: 40 },
      },
    ]);
  }, 180_000);
  afterAll(() => server.stop());

  const journey = async (customer: string, query = ''): Promise<Journey> => {
    const { status, body } = await server.json<Journey>(
      `/api/analytics/customer-journey/${encodeURIComponent(customer)}${query}`,
    );
    expect(status).toBe(200);
    return body;
  };

  it('are found by e-mail address or by the id that the source has, with what they cost and are worth', async () => {
    const ann = await journey('ANN@example.com');
    expect(ann.journey).toMatchObject({
      journey_start_date: '2026-01-01T10:00:00.000Z',
      first_touch_campaign: 'Spring',
      first_touch_source: 'meta_ads',
      last_touch_source: 'email',
      total_touchpoints: 2,
      conversions: 1,
      acquisition_cost: '0.50',
      lifetime_value: '80.00',
      currencies: ['USD'],
    });
    expect(ann.timeline.map(({ kind, channel, value }) => [kind, channel, value])).toEqual([
      ['touchpoint', 'meta_ads', null],
      ['touchpoint', 'email', null],
      ['conversion', 'shop', '80.00'],
    ]);
    expect(ann.warnings.map(({ code }) => code)).toEqual(['attribution_not_calculated']);
    // Two customers share the spend of the campaign that touched them first, to the cent.
    const costs = [await journey('phone-17'), await journey('phone-18')].map(({ journey: of }) => of.acquisition_cost);
    expect(costs.sort()).toEqual(['5.00', '5.01']);
  });

  it('come in pages, and as a list that can be filtered', async () => {
    const first = await journey('ann@example.com', '?limit=2');
    expect(first.timeline).toHaveLength(2);
    const second = await journey('ann@example.com', `?limit=2&cursor=${first.next_cursor}`);
    expect(second.timeline.map(({ kind }) => kind)).toEqual(['conversion']);
    expect(second.next_cursor).toBeNull();
    const list = await server.json<{ data: Record<string, unknown>[]; next_cursor: string | null }>(
      '/api/analytics/customer-journeys?first_touch_source=meta_ads&converted=false&limit=1',
    );
    expect(list.body.data).toHaveLength(1);
    expect(list.body.next_cursor).not.toBeNull();
    expect((await server.json('/api/analytics/customer-journey/nobody')).status).toBe(404);
  });

  it('are one after two ids were merged, and two again when that is undone', async () => {
    const merged = await server.json<{ id: string }>('/api/customers/merges', {
      from: 'phone-17',
      to: 'ann@example.com',
    });
    expect(merged.status).toBe(201);
    const both = await journey('phone-17');
    expect(both.customer_ids).toHaveLength(2);
    expect(both.journey).toMatchObject({ total_touchpoints: 3, lifetime_value: '80.00' });
    // Chained: who is merged into the phone comes along; a circle is refused.
    const chained = await server.json<{ id: string }>('/api/customers/merges', { from: 'phone-18', to: 'phone-17' });
    expect(chained.status).toBe(201);
    expect((await journey('phone-18')).journey).toMatchObject({ total_touchpoints: 4 });
    const circle = await server.json<{ code: string }>('/api/customers/merges', {
      from: 'ann@example.com',
      to: 'phone-18',
    });
    expect([circle.status, circle.body.code]).toEqual([409, 'merge_cycle']);
    const ask = async (request: object): Promise<{ rows: object[]; codes: string[] }> => {
      const { body } = await server.json<{ rows: object[]; meta: { warnings: { code: string }[] } }>(
        '/api/query',
        request,
      );
      return { rows: body.rows, codes: body.meta.warnings.map(({ code }) => code) };
    };
    const people = { metrics: ['journeys', 'customers'] };
    expect(await ask(people)).toEqual({ rows: [{ journeys: 2, customers: 2 }], codes: [] });
    // Asked about ids themselves, the answer is about ids, and says so.
    const ids = await ask({ metrics: ['customers'], dimensions: ['customer_id'] });
    expect(ids.codes).toEqual(['customers_not_merged']);
    expect(ids.rows).toHaveLength(5);
    for (const { body } of [merged, chained])
      expect((await server.fetch(`/api/customers/merges/${body.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await journey('ann@example.com')).journey).toMatchObject({ total_touchpoints: 2 });
    expect((await journey('phone-18')).journey).toMatchObject({ total_touchpoints: 1 });
    expect((await ask(people)).rows).toEqual([{ journeys: 4, customers: 4 }]);
    expect((await server.json<{ data: object[] }>('/api/customers/merges')).body.data).toEqual([]);
  });

  it('follow the next import at once', async () => {
    await server.rows([touch('t5', '2026-01-06T10:00:00Z', 'google_ads', 'ann@example.com', 'Brand', {})]);
    expect((await journey('ann@example.com')).journey).toMatchObject({
      total_touchpoints: 3,
      last_touch_campaign: 'Brand',
    });
  });

  it('say what a campaign cost and brought, and that attribution is missing', async () => {
    const { status, body } = await server.json<{ totals: object; meta: { warnings: { code: string }[] } }>(
      '/api/analytics/campaigns/Spring/performance?from=2026-01-01&to=2026-01-31',
    );
    expect(status).toBe(200);
    expect(body.totals).toMatchObject({ spend: '10.01', clicks: 40 });
    expect(body.meta.warnings.map(({ code }) => code)).toContain('attribution_not_calculated');
    const refused = await server.json<{ code: string; detail: string }>('/api/query', {
      metrics: ['attributed_revenue'],
    });
    expect([refused.status, refused.body.code]).toEqual([422, 'attribution_not_calculated']);
    expect(refused.body.detail).toContain('POST /api/analytics/attribution/calculate');
  });

  it('say what customers cost and are worth, over REST and GraphQL', async () => {
    const rest = await server.json<{ rows: object[] }>('/api/analytics/customer-lifecycle');
    expect(rest.body.rows).toEqual([
      expect.objectContaining({
        campaign_name: 'Spring',
        journeys: 3,
        acquisition_cost: '10.51',
        lifetime_value: '80.00',
      }),
      expect.objectContaining({ campaign_name: 'unattributed', journeys: 1, lifetime_value: '20.00' }),
    ]);
    const { data, errors } = await server.graphql<{
      customerLifecycle: { rows: object[] };
      customerJourney: { journey: object };
      marketing: object[];
    }>(`{
      customerLifecycle { rows }
      customerJourney(customer: "phone-17") { journey { total_touchpoints first_touch_campaign } }
      marketing { campaignName journeys ltvCacRatio }
    }`);
    expect(errors).toBeUndefined();
    expect(data?.customerLifecycle.rows).toEqual(rest.body.rows);
    expect(data?.customerJourney.journey).toEqual({ total_touchpoints: 1, first_touch_campaign: 'Spring' });
    expect(data?.marketing).toHaveLength(2);
  });

  it('are told anew once the organisation says otherwise which rows count', async () => {
    const say = async (settings: object): Promise<void> => {
      const { status } = await server.json('/api/analytics/attribution/settings', settings, 'PUT');
      expect(status).toBe(200);
    };
    const sums = async (): Promise<unknown> =>
      (await server.json<{ rows: unknown }>('/api/query', { metrics: ['journeys', 'lifetime_value'] })).body.rows;
    expect(await sums()).toEqual([{ journeys: 4, lifetime_value: '100.00' }]);
    await say({
      touch: { data_sources: ['google_ads', 'newsletter'] },
      conversion: { source_categories: [], data_sources: ['shop', 'newsletter'], revenue_field: 'margin' },
    });
    const ann = await journey('ann@example.com');
    expect(ann.journey).toMatchObject({ total_touchpoints: 1, first_touch_campaign: 'Brand', lifetime_value: '30.00' });
    // What could be both is a conversion; without the worth of one it is neither.
    expect(ann.timeline.map(({ kind, channel }) => [kind, channel])).toEqual([
      ['other', 'meta_ads'],
      ['other', 'email'],
      ['conversion', 'shop'],
      ['touchpoint', 'google_ads'],
    ]);
    expect(await sums()).toEqual([{ journeys: 4, lifetime_value: '30.00' }]);
    await say({
      touch: { data_sources: [] },
      conversion: { source_categories: ['external_revenue'], data_sources: [], revenue_field: 'revenue' },
    });
    expect((await journey('ann@example.com')).journey).toMatchObject({ total_touchpoints: 3, lifetime_value: '80.00' });
    expect(await sums()).toEqual([{ journeys: 4, lifetime_value: '100.00' }]);
  });
});
