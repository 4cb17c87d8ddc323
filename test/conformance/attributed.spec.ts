/** Attributed metrics over credits and journeys that are worked out by hand, the same on every engine. */
import { randomUUID } from 'node:crypto';
import { DateTime } from 'luxon';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CompiledModel } from '../../src/compiler/cube/compile.js';
import { buildModel } from '../../src/compiler/model/build.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { presentValue } from '../../src/compiler/query/present.js';
import type { MemberDefinition, WindowDefinition } from '../../src/compiler/model/types.js';
import { rowLock } from '../../src/compiler/query/row-lock.js';
import type { Filter, FilterOperator, ReportRequest } from '../../src/compiler/query/types.js';
import { STANDARD_JOURNEY_RULES } from '../../src/attribution/models/journey-rules.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { compiledFor } from './compiled.js';
import { RUN, writeCredits } from './credits.js';
import { ANNA, journeyRows, PHONE, TABLET } from './journey-rows.js';
import { TYPED_FIELDS } from './model.js';
import { clickhouseStore, load, postgresStore, run, type Store } from './stores.js';

const defined = (metric_key: string, rest: Partial<MemberDefinition>): MemberDefinition => ({
  ...{ metric_key, display_label: metric_key, metric_type: 'metric', data_type: 'float', category: 'calculated' },
  ...{ expression: null, aggregation: null, formula: null, additivity: 'non_additive', alias_keys: [] },
  ...{
    description: null,
    unit: null,
    format: null,
    standard_key: null,
    weight: null,
    source_tables: [],
  },
  ...rest,
});
const roasOver = (metric_key: string, window: WindowDefinition): MemberDefinition => defined(metric_key, { window });
const ofCategory = (category: string): object => ({
  ...{ member: 'source_category', operator: 'equals', values: [category] },
});
const OWN = [
  roasOver('roas_three_days', { kind: 'rolling', metric: 'attributed_roas', count: 3, unit: 'day' }),
  roasOver('roas_so_far', { kind: 'cumulative', metric: 'attributed_roas' }),
  defined('customers_so_far', { window: { kind: 'cumulative', metric: 'customers' } }),
  defined('buyers', {
    conversion: {
      ...{ from: ofCategory('external_marketing'), to: ofCategory('external_revenue') },
      ...{ days: 30, output: 'count' },
    },
  }),
];

describe.each([
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
])('attributed metrics on %s', (_name, open) => {
  const organization = randomUUID();
  let store: Store;
  let compiled: CompiledModel;

  beforeAll(async () => {
    store = await open();
    await load(store.engine, organization, journeyRows());
    await writeCredits(store, organization);
    const { journeys } = store.engine;
    await journeys.refresh(organization, await journeys.changes(organization, 'journeys'), STANDARD_JOURNEY_RULES);
    const settings = { currency: 'USD', time_zone: 'UTC', week_start: 1 };
    const { library } = new LibraryService();
    const model = buildModel({ standard: library.members, organization: OWN, settings });
    expect(model.members.filter(({ status }) => status !== 'valid')).toEqual([]);
    compiled = await compiledFor(store.engine.dialect, model);
  }, 120_000);
  afterAll(() => store.close());

  type Asked = Partial<ReportRequest>;
  /** What the organisation is known to have. */
  let mergesCustomers = false;
  /** As what the last answer counted customers. */
  let counted = 'none';
  const ask = async (request: Asked, of = organization, totals = false): Promise<string[]> => {
    const planned = await planQuery({
      snapshot: compiled,
      compiled,
      request: { metrics: [], dimensions: [], ...request },
      dialect: store.engine.dialect,
      organizationId: of,
      now: new Date('2026-02-15T12:00:00Z'),
      maxRows: 1000,
      mergesCustomers,
    });
    counted = planned.relations.customers;
    const columns = totals ? planned.columns.filter(({ role }) => role === 'metric') : planned.columns;
    const statement = totals ? planned.totals : planned.statement;
    if (statement === null) throw new Error('No totals.');
    const rows = await run(store.engine, of, statement, [RUN]);
    return rows.map((row) =>
      columns.map((column, index) => String(presentValue(row[index] ?? null, column) ?? '–')).join(' | '),
    );
  };

  it('stand beside spend, by source, with what no touchpoint has brought', async () => {
    const asked = {
      ...{ metrics: ['attributed_revenue', 'spend', 'attributed_roas'], dimensions: ['data_source'], totals: true },
      filters: { member: 'source_category', operator: 'notEquals', values: ['external_revenue'] } as const,
      order: [{ member: 'data_source', direction: 'asc' as const }],
    };
    expect(await ask(asked)).toEqual([
      'crm_salesforce | 0.00 | – | –',
      'google_ads | 51.25 | 31.75 | 1.614173228',
      'meta_ads | 52.50 | 11.50 | 4.565217391',
      'newsletter | 1.25 | – | –',
      'unattributed | 60.00 | – | –',
    ]);
    // 105 of 165 are credited; of those is the return on 43.25.
    expect(await ask(asked, organization, true)).toEqual(['165.00 | 43.25 | 2.427745665']);
  });

  it('show several models side by side, by a dimension that only the touchpoint’s payload has', async () => {
    const metrics = ['attributed_revenue:first_touch', 'attributed_revenue:last_touch', 'attributed_revenue'];
    expect(
      await ask({ metrics, dimensions: ['campaign_name'], order: [{ member: 'campaign_name', direction: 'asc' }] }),
    ).toEqual([
      'Autumn | 0.00 | 5.00 | 1.25',
      'Brand | 0.00 | 100.00 | 51.25',
      'Spring | 105.00 | 0.00 | 52.50',
      'unattributed | 60.00 | 60.00 | 60.00',
    ]);
    expect(
      await ask({
        metrics: ['attributed_revenue'],
        dimensions: ['device'],
        order: [{ member: 'device', direction: 'asc' }],
      }),
    ).toEqual(['desktop | 51.25', 'mobile | 51.25', 'unattributed | 60.00', '– | 2.50']);
    const modifier = { metrics: ['attributed_revenue', 'attributed_roas'], attribution_model: 'last_touch' } as const;
    expect(
      await ask({
        ...modifier,
        dimensions: ['campaign_id'],
        order: [{ member: 'attributed_revenue', direction: 'desc' }],
      }),
    ).toEqual([
      '00000002-0000-5000-8000-000000000002 | 100.00 | 3.149606299',
      '– | 60.00 | –',
      '00000002-0000-5000-8000-000000000003 | 5.00 | –',
      '00000002-0000-5000-8000-000000000001 | 0.00 | 0',
    ]);
  });

  it('reconcile to the revenue less refunds in every grouping, model and day', async () => {
    expect(await ask({ metrics: ['net_revenue', 'attributed_revenue'] })).toEqual(['165.00 | 165.00']);
    for (const dimensions of [
      ['device'],
      ['asset_id'],
      ['customer_id', 'device'],
      ['source_category', 'campaign_name'],
    ])
      for (const attribution_model of ['first_touch', 'last_touch', 'linear'] as const) {
        const groups = await ask({
          metrics: ['attributed_revenue', 'attributed_conversions'],
          dimensions,
          attribution_model,
        });
        const sum = (back: number): number =>
          groups.reduce((total, line) => total + Math.round(Number(line.split(' | ').at(-back)) * 10_000), 0);
        expect([sum(2), sum(1)]).toEqual([1_650_000, 30_000]);
      }
    const days = { date_range: { from: '2026-01-02', to: '2026-01-07' }, time_grain: 'daily', fill: 'zero' } as const;
    expect(await ask({ metrics: ['attributed_revenue', 'spend'], ...days })).toEqual([
      '2026-01-02 | 0.00 | 31.25',
      '2026-01-03 | 100.00 | 0.50',
      '2026-01-04 | 60.00 | –',
      '2026-01-05 | 0.00 | 9.00',
      '2026-01-06 | 0.00 | –',
      '2026-01-07 | 5.00 | –',
    ]);
  });

  it('are of the asker’s touchpoints only, once by the plan and once by the engine', async () => {
    const request: ReportRequest = {
      metrics: ['attributed_revenue', 'assisted_conversions', 'spend'],
      dimensions: ['campaign_name'],
      totals: true,
    };
    const condition = (member: string, operator: FilterOperator, ...values: string[]): Filter => ({
      ...{ member, operator },
      values,
    });
    const cases: readonly (readonly [Filter, 'same' | 'wider'])[] = [
      [condition('campaign_name', 'equals', 'Spring'), 'same'],
      [condition('campaign_name', 'notEquals', 'Spring'), 'same'],
      [condition('campaign_name', 'equals', 'Spring', 'unattributed'), 'same'],
      [condition('device', 'equals', 'mobile'), 'same'],
      [{ or: [condition('data_source', 'equals', 'google_ads'), condition('device', 'set')] }, 'same'],
      // Of credits these are the conversion's, which no row of a touchpoint tells: the plan alone holds them.
      [condition('recorded_at', 'afterDate', '2026-01-03'), 'wider'],
      [
        { and: [condition('recorded_at', 'afterDate', '2026-01-03'), condition('campaign_name', 'equals', 'Brand')] },
        'wider',
      ],
    ];
    const now = new Date('2026-02-15T12:00:00Z');
    for (const [filter, engine] of cases) {
      const { dialect } = store.engine;
      const input = { snapshot: compiled, compiled, request, dialect, organizationId: organization, now, maxRows: 100 };
      const seesAll = { hidden: [], masked: [], granted: [], rows: [] };
      const [limited, free] = [
        await planQuery({ ...input, policy: { ...seesAll, rows: [filter] } }),
        await planQuery({ ...input, policy: seesAll }),
      ];
      const lock = rowLock({
        ...{ rows: [filter], model: compiled.model, now, dialect, typed: TYPED_FIELDS, isOneCurrency: true },
        relations: limited.relations.names,
      });
      const read = async (plan: typeof free, held: typeof lock): Promise<unknown> => [
        await run(store.engine, organization, plan.statement, [RUN], held),
        plan.totals && (await run(store.engine, organization, plan.totals, [RUN], held)),
      ];
      const right = await read(limited, null);
      expect({ filter, read: await read(limited, lock) }).toEqual({ filter, read: right });
      const byEngine = await read(free, lock);
      if (engine === 'same') expect({ filter, read: byEngine }).toEqual({ filter, read: right });
      const all = await read(free, null);
      expect(all).not.toEqual(right);
    }
  });

  it('tell what assists from what closes', async () => {
    const metrics = [
      'assisted_conversions',
      'last_touch_conversions',
      'assisted_to_last_ratio',
      'touchpoint_influence',
    ];
    expect(
      await ask({ metrics, dimensions: ['data_source'], order: [{ member: 'data_source', direction: 'asc' }] }),
    ).toEqual([
      'google_ads | 1 | 1 | 1 | 0.375',
      'meta_ads | 2 | 0 | – | 0.333333333',
      'newsletter | 0 | 1 | 0 | 0.25',
      'unattributed | 0 | 0 | – | –',
    ]);
  });

  it('say what customers cost and are worth, by what touched them first', async () => {
    const metrics = ['journeys', 'acquisition_cost', 'lifetime_value', 'ltv_cac_ratio'];
    expect(
      await ask({ metrics, dimensions: ['campaign_name'], order: [{ member: 'campaign_name', direction: 'asc' }] }),
    ).toEqual([
      'Brand | 1 | 1.25 | 0.00 | 0',
      'Spring | 1 | 3.00 | 105.00 | 35',
      'unattributed | 1 | 0.00 | 60.00 | –',
    ]);
  });

  it('take filters, tops, comparisons, filters on groups and windows as any metric', async () => {
    const mobile = { member: 'device', operator: 'equals', values: ['mobile'] } as const;
    expect(await ask({ metrics: ['attributed_revenue', 'spend'], filters: mobile })).toEqual(['51.25 | 33.75']);
    const top = { limit: 1, by: 'attributed_revenue:first_touch' };
    expect(await ask({ metrics: ['attributed_revenue'], dimensions: ['campaign_name'], top })).toEqual([
      'Spring | false | 52.50',
      '– | true | 112.50',
    ]);
    const large = { member: 'attributed_revenue', operator: 'gt', values: [52] } as const;
    expect(await ask({ metrics: ['attributed_conversions'], dimensions: ['data_source'], filters: large })).toEqual([
      'meta_ads | 1',
      'unattributed | 1',
    ]);
    const compare = { compare: 'previous_period', date_range: { from: '2026-01-06', to: '2026-01-08' } } as const;
    expect(await ask({ metrics: ['attributed_revenue'], ...compare })).toEqual(['5.00 | 160.00 | -0.96875']);
  });

  it('are put together over windows, formulas over them too, as a request for that stretch of time is', async () => {
    const dimensions = ['data_source'];
    const january = { from: '2026-01-01', to: '2026-01-10' };
    const rolled = await ask({ metrics: ['roas_three_days'], dimensions, date_range: january, time_grain: 'daily' });
    expect(rolled.length).toBeGreaterThan(8);
    for (const row of rolled) {
      const [day = '', source = '', value] = row.split(' | ');
      const from = DateTime.fromISO(day).minus({ days: 2 }).toISODate() ?? '';
      const whole = await ask({ metrics: ['attributed_roas'], dimensions, date_range: { from, to: day } });
      expect([day, `${source} | ${value}`]).toEqual([day, whole.find((each) => each.startsWith(`${source} | `))]);
    }
    const [soFar] = await ask({ metrics: ['roas_so_far'], date_range: january });
    expect(soFar).toBe((await ask({ metrics: ['attributed_roas'] }))[0]);
    const named = await ask({ metrics: ['roas_so_far:first_touch'], date_range: january });
    expect(named).toEqual(await ask({ metrics: ['attributed_roas:first_touch'] }));
  });

  it('leave out other organisations and runs that are not published', async () => {
    const request = { metrics: ['attributed_revenue', 'journeys'], dimensions: ['data_source'] };
    expect(await ask(request, randomUUID())).toEqual([]);
  });

  it('refuse a model that there is none of, and a metric that has none', async () => {
    const refused = async (metric: string): Promise<unknown> =>
      ask({ metrics: [metric] }).catch((problem: { errors: readonly { code: string }[] }) => problem.errors[0]?.code);
    expect(await refused('attributed_revenue:Last touch')).toBe('unknown_attribution_model');
    expect(await refused('spend:linear')).toBe('not_attributed');
    expect(await refused('first_touch_revenue:linear')).toBe('not_attributed');
  });

  it('count people where ids were merged, over time, in groups and from one event to another', async () => {
    const bySource = {
      ...{ metrics: ['customers', 'spend'], dimensions: ['data_source'] },
      order: [{ member: 'data_source', direction: 'asc' }],
    } as const;
    const all = { metrics: ['customers', 'buyers'], date_range: { from: '2026-01-01', to: '2026-01-10' } };
    const soFar = { ...all, metrics: ['customers_so_far'], time_grain: 'daily' } as const;
    const byId = { metrics: ['customers'], dimensions: ['customer_id'] };
    const identify = (canonical: string): Promise<void> =>
      store.engine.journeys.identify(organization, [
        { customer_id: PHONE, canonical_id: canonical },
        { customer_id: TABLET, canonical_id: canonical === ANNA ? ANNA : TABLET },
      ]);
    const ids = [await ask(bySource), await ask(all), (await ask(soFar)).at(-1), (await ask(byId)).length];
    expect(ids).toEqual([
      [
        'crm_salesforce | 1 | –',
        'google_ads | 2 | 31.75',
        'meta_ads | 1 | 11.50',
        'newsletter | 1 | –',
        'shopify | 2 | –',
      ],
      ...[['3 | 1'], '2026-01-10 | 3', 4],
    ]);
    expect(counted).toBe('ids');
    await store.engine.journeys.identify(organization, [{ customer_id: PHONE, canonical_id: TABLET }]);
    mergesCustomers = true;
    try {
      // Who had seen the advertisement by phone bought by tablet.
      expect(await ask(all)).toEqual(['2 | 2']);
      expect(counted).toBe('people');
      await identify(ANNA);
      expect(await ask(bySource)).toEqual([
        ...['crm_salesforce | 1 | –', 'google_ads | 1 | 31.75', 'meta_ads | 1 | 11.50', 'newsletter | 1 | –'],
        'shopify | 1 | –',
      ]);
      expect([await ask(all), (await ask(soFar)).at(-1)]).toEqual([['1 | 1'], '2026-01-10 | 1']);
      // Asked about ids, it tells of ids.
      expect([(await ask(byId)).length, counted]).toEqual([4, 'ids']);
    } finally {
      await identify(PHONE);
    }
    // As before, by people as by ids.
    expect([await ask(bySource), await ask(all), (await ask(soFar)).at(-1)]).toEqual(ids.slice(0, 3));
    mergesCustomers = false;
  });
});
