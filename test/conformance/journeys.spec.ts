import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { STANDARD_JOURNEY_RULES } from '../../src/attribution/models/journey-rules.js';
import { clickhouseStore, load, postgresStore, run, type Store } from './stores.js';
import { ANNA, journeyRows, NEWCOMER, PHONE, TABLET } from './journey-rows.js';
import type { UnifiedRow } from '../../src/engine/engine.js';

const HEAD = {
  clickhouse: `SELECT toString(customer_id), formatDateTime(journey_start_date, '%Y-%m-%d'), first_touch_campaign, first_touch_source,
    last_touch_campaign, last_touch_source, toString(total_touchpoints), toString(conversions), toDecimal128(own_cost, 2), toDecimal128(lifetime_value, 2),
    current_stage, arrayStringConcat(currencies, ',') FROM customer_journey_tracking FINAL ORDER BY toString(customer_id)`,
  postgres: `SELECT customer_id::text, to_char(journey_start_date, 'YYYY-MM-DD'), first_touch_campaign, first_touch_source,
    last_touch_campaign, last_touch_source, total_touchpoints::text, conversions::text, round(own_cost, 2)::text, round(lifetime_value, 2)::text,
    current_stage, array_to_string(currencies, ',') FROM customer_journey_tracking ORDER BY customer_id::text`,
};
const EVENTS = {
  clickhouse: `SELECT journey_data FROM customer_journey_tracking FINAL WHERE customer_id = ?`,
  postgres: `SELECT journey_data::text FROM customer_journey_tracking WHERE customer_id = $1`,
};

describe.each([
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
])('journeys on %s', (_name, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  }, 120_000);
  afterAll(() => store.close());

  const refresh = async (organization: string): Promise<number> => {
    const { journeys } = store.engine;
    const changes = await journeys.changes(organization, 'journeys');
    const computed = await journeys.refresh(organization, changes, STANDARD_JOURNEY_RULES);
    await journeys.forget(organization, 'journeys', changes);
    return computed;
  };
  const heads = (organization: string): Promise<(readonly unknown[])[]> =>
    run(store.engine, organization, { sql: HEAD[store.engine.dialect], params: [] });
  const at = async (organization: string): Promise<string> => {
    const found = await heads(organization);
    return found.map((row) => row.map((value) => value ?? '–').join(' | ')).join('\n');
  };

  test('each customer has first and last touch, stage, cost and value', async () => {
    const organization = randomUUID();
    await load(store.engine, organization, journeyRows());
    expect(await refresh(organization)).toBe(3);
    // Anna: 2.50 + 0.50 until she first bought; what came later has not brought her. 100 + 40 − 15 − 20 = 105.
    expect(await at(organization)).toBe(
      [
        `${ANNA} | 2026-01-01 | Spring | meta_ads | Autumn | email | 4 | 2 | 3.00 | 105.00 | customer | USD`,
        `${PHONE} | 2026-01-02 | Brand | google_ads | Brand | google_ads | 1 | 0 | 1.25 | 0.00 | – | `,
        `${TABLET} | 2026-01-04 | – | – | – | – | 0 | 1 | – | 60.00 | – | USD`,
      ].join('\n'),
    );
    const [[data]] = (await run(store.engine, organization, {
      sql: EVENTS[store.engine.dialect],
      params: [ANNA],
    })) as [[string]];
    const events = JSON.parse(data) as { kind: string; at: string; campaign: string | null }[];
    expect(events.map(({ kind, at: when }) => `${when} ${kind}`)).toEqual([
      '2026-01-01T10:00:00.000Z touchpoint',
      '2026-01-03T10:00:00.000Z touchpoint',
      '2026-01-03T10:00:00.000Z conversion',
      '2026-01-05T10:00:00.000Z touchpoint',
      '2026-01-06T10:00:00.000Z other',
      '2026-01-07T10:00:00.000Z touchpoint',
      '2026-01-07T12:00:00.000Z conversion',
      '2026-01-08T10:00:00.000Z other',
    ]);
  });

  test('a new and a restated row touch their customers only, also the one that a row has left', async () => {
    const organization = randomUUID();
    await load(store.engine, organization, journeyRows());
    await refresh(organization);
    const rows = journeyRows();
    const touch = rows.find(({ customer_id }) => customer_id === PHONE) as UnifiedRow;
    // The touch was someone else's, and an equal row comes again.
    const moved = { ...touch, customer_id: NEWCOMER, content_hash: '00000000000000ff' };
    await load(store.engine, organization, [moved, rows[0] as UnifiedRow]);
    expect(await refresh(organization)).toBe(1);
    const after = await at(organization);
    expect(after).toContain(`${NEWCOMER} | 2026-01-02 | Brand`);
    expect(after).not.toContain(PHONE);
    expect(after).toContain(`${ANNA} | 2026-01-01 | Spring | meta_ads | Autumn | email | 4 | 2 | 3.00 | 105.00`);
  });

  test('two ids of one person are one journey, and two again when that is taken back', async () => {
    const organization = randomUUID();
    await load(store.engine, organization, journeyRows());
    await refresh(organization);
    const before = await at(organization);
    const { journeys } = store.engine;
    const identify = async (customer: string, canonical: string): Promise<void> => {
      const change = randomUUID();
      await journeys.mark(organization, change, [customer, canonical, TABLET]);
      await journeys.identify(organization, [{ customer_id: customer, canonical_id: canonical }]);
    };
    await identify(PHONE, TABLET);
    expect(await refresh(organization)).toBe(1);
    expect(await at(organization)).toContain(
      `${TABLET} | 2026-01-02 | Brand | google_ads | Brand | google_ads | 1 | 1 | 1.25 | 60.00 | – | USD`,
    );
    expect(await at(organization)).not.toContain(PHONE);
    await identify(PHONE, PHONE);
    expect(await refresh(organization)).toBe(2);
    expect(await at(organization)).toBe(before);
  });

  test('another organisation has none of it, and a change that was not computed stays noted', async () => {
    const organization = randomUUID();
    await load(store.engine, organization, journeyRows());
    const { journeys } = store.engine;
    const changes = await journeys.changes(organization, 'journeys');
    await journeys.refresh(organization, changes, STANDARD_JOURNEY_RULES);
    expect(await journeys.changes(organization, 'journeys')).toEqual(changes);
    expect(await journeys.changes(organization, 'attribution')).toEqual(changes);
    expect(await heads(randomUUID())).toEqual([]);
  });
});
