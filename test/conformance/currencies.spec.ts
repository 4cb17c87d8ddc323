/**
 * Money of several currencies in one answer, on every engine. The amounts were worked out by hand: each row's amount times
 * the rate of its UTC day.
 */
import { randomUUID } from 'node:crypto';
import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import type { Rate } from '../../src/compiler/currency/rate-book.js';
import { RateBook, dayNumber } from '../../src/compiler/currency/rate-book.js';
import type { CompiledModel } from '../../src/compiler/cube/compile.js';
import { DEFAULT_FX } from '../../src/compiler/model/types.js';
import { buildModel } from '../../src/compiler/model/build.js';
import { missingRates } from '../../src/compiler/query/money-checks.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { presentRow, type PresentedValue } from '../../src/compiler/query/present.js';
import type { PlannedColumn, QueryPlan, ReportRequest, Statement } from '../../src/compiler/query/types.js';
import { STANDARD_JOURNEY_RULES } from '../../src/attribution/models/journey-rules.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { compiledFor } from './compiled.js';
import { ANNA, ANNA_TOO, CHIYO_ROWS, CUSTOMER_ROWS } from './currencies/customers.js';
import { CURRENCY_DEFINITIONS, RATES, ROWS, moneyRow } from './currencies/model.js';
import { ORGANIZATION, OTHER_ORGANIZATION } from './rows.js';
import { clickhouseStore, load, postgresStore, run, type Store } from './stores.js';

const ENGINES: readonly (readonly [string, () => Promise<Store>])[] = [
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
];
const JANUARY = { from: '2026-01-01', to: '2026-01-31' };
const SETTINGS = { currency: 'USD', time_zone: 'UTC', week_start: 1 };
type Row = Readonly<Record<string, PresentedValue>>;

describe.each(ENGINES)('money on %s', (_, open) => {
  let store: Store;
  let compiled: CompiledModel;
  beforeAll(async () => {
    store = await open();
    await load(store.engine, ORGANIZATION, ROWS);
    const model = buildModel({ standard: [], organization: CURRENCY_DEFINITIONS, settings: SETTINGS });
    expect(model.members.filter(({ status }) => status !== 'valid')).toEqual([]);
    compiled = await compiledFor(store.engine.dialect, model);
  }, 60_000);
  afterAll(() => store?.close());

  const plan = (
    request: Partial<ReportRequest>,
    { rates = RATES, currencies = ['EUR', 'GBP', 'JPY', 'USD'], organizationId = ORGANIZATION, of = compiled } = {},
  ): Promise<QueryPlan> =>
    planQuery({
      snapshot: of,
      compiled: of,
      request: { metrics: [], dimensions: [], date_range: JANUARY, ...request },
      dialect: store.engine.dialect,
      organizationId,
      now: new Date('2026-03-01T00:00:00Z'),
      maxRows: 1_000,
      money: { rates, currencies },
    });
  const rowsOf = async (
    statement: Statement,
    columns: readonly PlannedColumn[],
    organizationId = ORGANIZATION,
  ): Promise<Row[]> => (await run(store.engine, organizationId, statement)).map((row) => presentRow(row, columns));
  const answer = async (request: Partial<ReportRequest>): Promise<Row[]> => {
    const planned = await plan(request);
    expect(await findings(planned)).toEqual([]);
    return rowsOf(planned.statement, planned.columns);
  };
  /** What the checks that come before the statement say. */
  const findings = async ({ money, checks }: QueryPlan, organizationId = ORGANIZATION): Promise<string[]> => {
    const said: string[] = [];
    for (const gaps of money?.gaps ?? []) {
      const missing = missingRates(gaps, await run(store.engine, organizationId, gaps.statement));
      if (missing !== null) said.push(missing.message);
    }
    for (const { statement, most, problem } of checks)
      if (Number((await run(store.engine, organizationId, statement))[0]?.[0]) > most) said.push(problem.code);
    return said;
  };

  it('is converted row by row: the rate of the day, the one before a weekend, the reciprocal, through a third', async () => {
    expect(
      await answer({
        metrics: ['spend'],
        dimensions: ['data_source', 'currency'],
        order: [{ member: 'data_source', direction: 'asc' }],
      }),
    ).toEqual([
      // 50 × 1.10 + 10.01 × 1.10 (Friday's) + 1 × 1.20 + 1 × 1.30
      { data_source: 'google_ads', currency: 'EUR', spend: '68.511' },
      { data_source: 'meta_ads', currency: 'USD', spend: '100.00' },
      // No currency: the organisation's.
      { data_source: 'meta_ads', currency: null, spend: '7.00' },
      // £20 = €25 (at 0.80) = $30 (at 1.20)
      { data_source: 'tiktok_ads', currency: 'GBP', spend: '30.00' },
    ]);
    expect(await answer({ metrics: ['spend'], currency: 'EUR' })).toEqual([
      // 100 ÷ 1.10 = 90.909090909; 7 ÷ 1.20 = 5.833333333; 62.01 as it is; £20 = €25
      { spend: '183.752424242' },
    ]);
  });

  it('falls on the UTC day, in whatever zone the report is', async () => {
    const request = {
      metrics: ['spend'],
      dimensions: [],
      time_grain: 'daily',
      filters: { member: 'label', operator: 'equals', values: ['midnight'] },
    } as const;
    expect(await answer(request)).toEqual([
      { recorded_at: '2026-01-05', spend: '1.20' },
      { recorded_at: '2026-01-06', spend: '1.30' },
    ]);
    expect(await answer({ ...request, time_zone: 'America/New_York' })).toEqual([
      { recorded_at: '2026-01-05', spend: '2.50' },
    ]);
  });

  it('is right in formulas, averages, extremes, medians, last values, weights, distinct days and shares', async () => {
    expect(
      await answer({
        metrics: [
          'roas',
          'average_spend',
          'least_spend',
          'most_spend',
          'median_spend',
          'last_spend',
          'score_by_spend',
          'cost_per_click',
        ],
      }),
    ).toEqual([
      {
        // (300 + 100 × 1.10) ÷ 205.511
        roas: 1.99502703,
        average_spend: '29.358714286',
        least_spend: '1.20',
        most_spend: '100.00',
        // 1.20 1.30 7 11.011 30 55 100
        median_spend: '11.011',
        last_spend: '1.30',
        // (2 × 100 + 8 × 55) ÷ 155
        score_by_spend: 4.129032258,
        cost_per_click: '20.5511',
      },
    ]);
    expect(
      await answer({
        metrics: ['spend_share'],
        dimensions: ['data_source'],
        order: [{ member: 'data_source', direction: 'asc' }],
      }),
    ).toEqual([
      { data_source: 'google_ads', spend_share: 0.333369017 },
      { data_source: 'meta_ads', spend_share: 0.520653396 },
      { data_source: 'tiktok_ads', spend_share: 0.145977588 },
    ]);
  });

  it('is compared, accumulated, ranked and totalled as converted', async () => {
    const rows = await answer({
      metrics: ['spend', 'spend_so_far'],
      time_grain: 'daily',
      date_range: { from: '2026-01-02', to: '2026-01-06' },
      fill: 'null',
    });
    expect(rows).toEqual([
      { recorded_at: '2026-01-02', spend: '155.00', spend_so_far: '155.00' },
      { recorded_at: '2026-01-03', spend: null, spend_so_far: '155.00' },
      { recorded_at: '2026-01-04', spend: '11.011', spend_so_far: '166.011' },
      { recorded_at: '2026-01-05', spend: '38.20', spend_so_far: '204.211' },
      { recorded_at: '2026-01-06', spend: '1.30', spend_so_far: '205.511' },
    ]);
    const averages = await answer({
      metrics: ['average_spend_so_far', 'score_so_far'],
      time_grain: 'daily',
      date_range: { from: '2026-01-03', to: '2026-01-06' },
    });
    // Of $155 on the 2nd, and of $11.011, $30, $7, $1.20 and $1.30 since; scores 2 and 8 by $100 and $55.
    expect(averages).toEqual([
      { recorded_at: '2026-01-03', average_spend_so_far: '77.50', score_so_far: 4.129032258 },
      { recorded_at: '2026-01-04', average_spend_so_far: '55.337', score_so_far: 4.129032258 },
      { recorded_at: '2026-01-05', average_spend_so_far: '34.035166667', score_so_far: 4.129032258 },
      { recorded_at: '2026-01-06', average_spend_so_far: '29.358714286', score_so_far: 4.129032258 },
    ]);
    expect(
      await answer({
        metrics: ['spend'],
        date_range: { from: '2026-01-05', to: '2026-01-06' },
        compare: 'previous_period',
      }),
    ).toEqual([{ spend: '39.50', spend__previous: '11.011', spend__change: 2.587321769 }]);
    const top = await plan({
      metrics: ['spend'],
      dimensions: ['data_source'],
      top: { limit: 1, by: 'spend' },
      totals: true,
      currency: 'GBP',
    });
    // Into pounds: 1 EUR = 0.80, 1 USD = 1 ÷ 1.10 × 0.80 or 1 ÷ 1.20 × 0.80
    expect(await rowsOf(top.statement, top.columns)).toEqual([
      { data_source: 'meta_ads', data_source__other: false, spend: '77.393939394' },
      { data_source: null, data_source__other: true, spend: '69.608' },
    ]);
    const metrics = top.columns.filter(({ role }) => role === 'metric');
    expect(await rowsOf(top.totals ?? top.statement, metrics)).toEqual([{ spend: '147.001939394' }]);
    expect(top.columns.at(-1)?.unit).toBe('GBP');
    expect(top.money).toMatchObject({ currency: 'GBP', gaps: [{ refuses: true }] });
  });

  it('is filtered in the currency that is shown; bands and conditions of definitions are in the organisation’s', async () => {
    const request = {
      metrics: ['spend'],
      dimensions: ['data_source'],
      order: [{ member: 'data_source', direction: 'asc' }],
      filters: { member: 'spend', operator: 'gt', values: [65] },
    } as const;
    expect((await answer(request)).map((row) => row['data_source'])).toEqual(['google_ads', 'meta_ads']);
    expect((await answer({ ...request, currency: 'EUR' })).map((row) => row['data_source'])).toEqual(['meta_ads']);
    const bands = [
      { band: 'high', spend: '155.00', big_spend: '155.00' },
      { band: 'low', spend: '50.511', big_spend: null },
    ];
    const banded = {
      metrics: ['spend', 'big_spend'],
      dimensions: ['band'],
      order: [{ member: 'band', direction: 'asc' }],
    } as const;
    expect(await answer(banded)).toEqual(bands);
    expect((await answer({ ...banded, currency: 'EUR' })).map((row) => row['band'])).toEqual(['high', 'low']);
    expect(
      await answer({
        dimensions: ['price'],
        metrics: ['rows'],
        filters: { member: 'price', operator: 'gt', values: [30] },
        order: [{ member: 'price', direction: 'asc' }],
        currency: 'EUR',
      }),
    ).toEqual([
      { price: '55.00', rows: 1 },
      { price: '100.00', rows: 1 },
    ]);
  });

  it('is not touched where all rows carry the currency anyway', async () => {
    const { statement, money } = await plan({ metrics: ['spend', 'roas'] }, { currencies: ['USD'] });
    expect(statement.sql).not.toMatch(/fx_|currency|::jsonb/);
    expect(money).toEqual({ currency: 'USD', rates: [], gaps: [] });
  });

  it('is refused where a rate is missing, or left empty and said so; other rows and metrics don’t mind', async () => {
    const request: Partial<ReportRequest> = {
      metrics: ['revenue', 'clicks'],
      dimensions: ['data_source'],
      date_range: { from: '2026-01-01', to: '2026-02-28' },
      order: [{ member: 'data_source', direction: 'asc' }],
    };
    const [refusal] = await findings(await plan(request));
    expect(refusal).toContain('no exchange rate into USD for JPY on 2 days from 2026-02-10 to 2026-02-11 (2 rows)');
    expect(refusal).toContain('POST /api/fx/rates');
    const flagged = await plan({ ...request, on_missing_rate: 'flag' });
    expect((await findings(flagged))[0]).toContain('Numbers that need it are left empty.');
    expect(await rowsOf(flagged.statement, flagged.columns)).toEqual([
      { data_source: 'google_ads', revenue: '110.00', clicks: 3 },
      { data_source: 'meta_ads', revenue: '300.00', clicks: 7 },
      { data_source: 'shop', revenue: null, clicks: 2 },
      { data_source: 'tiktok_ads', revenue: null, clicks: null },
    ]);
    const running = await plan({
      ...request,
      metrics: ['revenue_so_far'],
      dimensions: [],
      order: [],
      time_grain: 'monthly',
      on_missing_rate: 'flag',
    });
    expect(await rowsOf(running.statement, running.columns)).toEqual([
      { recorded_at: '2026-01-01', revenue_so_far: '410.00' },
      { recorded_at: '2026-02-01', revenue_so_far: null },
    ]);
    const others = { ...request, filters: { member: 'data_source', operator: 'notEquals', values: ['shop'] } } as const;
    expect(await findings(await plan(others))).toEqual([]);
    expect((await plan({ ...request, metrics: ['clicks'] })).money).toBeNull();
    const forever = await findings(await plan({ ...request, date_range: null, metrics: ['spend'], currency: 'JPY' }));
    expect(forever[0]).toContain('EUR on 4 days from 2026-01-02 to 2026-01-06 (4 rows)');
  });

  it('is empty in each window that holds an amount without a rate, and in no other', async () => {
    const metrics = ['spend_2_days', 'average_spend_2_days', 'score_2_days', 'least_spend_2_days', 'spend_so_far'];
    const request: Partial<ReportRequest> = {
      metrics: [...metrics, 'cost_per_click_so_far'],
      time_grain: 'daily',
      date_range: { from: '2026-01-02', to: '2026-01-07' },
      on_missing_rate: 'flag',
    };
    const rates = RATES.filter(({ quote }) => quote !== 'GBP');
    const { statement, columns } = await plan(request, { rates });
    // £20 on the 5th have no rate; $155 on the 2nd, $11.011 on the 4th, $1.30 on the 6th.
    const rows = (await rowsOf(statement, columns)).map((row) => Object.values(row));
    expect(rows).toEqual([
      ['2026-01-02', '155.00', '77.50', 4.129032258, '55.00', '155.00', '15.50'],
      ['2026-01-03', '155.00', '77.50', 4.129032258, '55.00', '155.00', '15.50'],
      ['2026-01-04', '11.011', '11.011', null, '11.011', '166.011', '16.6011'],
      ['2026-01-05', null, null, null, null, null, null],
      ['2026-01-06', null, null, null, null, null, null],
      ['2026-01-07', '1.30', '1.30', null, '1.30', null, null],
    ]);
    // Rows are read once, by stretches of time, each of which says whether it misses a rate.
    expect(statement.sql).toContain('_complete_spend');
    const one = await plan(request, { currencies: ['USD'] });
    expect(one.statement).toEqual(
      (await plan({ ...request, on_missing_rate: null }, { currencies: ['USD'] })).statement,
    );
  });

  it('is shown as recorded only where no number puts several currencies together', async () => {
    const request = { metrics: ['spend', 'roas'], currency: 'as_recorded' } as const;
    expect(await findings(await plan(request))).toEqual(['mixed_currencies']);
    const grouped = await plan({
      ...request,
      dimensions: ['currency'],
      filters: { member: 'currency', operator: 'set' },
    });
    expect(await findings(grouped)).toEqual([]);
    expect(grouped.columns.at(1)?.unit).toBeNull();
    expect(await rowsOf(grouped.statement, grouped.columns)).toContainEqual({
      currency: 'GBP',
      spend: '20.00',
      roas: null,
    });
    expect(await findings(await plan({ ...request, dimensions: ['currency'], totals: true }))).toEqual([
      'mixed_currencies',
    ]);
    const one = { member: 'currency', operator: 'equals', values: ['EUR'] } as const;
    expect(await findings(await plan({ ...request, filters: one, totals: true }))).toEqual([]);
  });

  it('knows what is no currency, and ranges that hold too many rates', async () => {
    await expect(plan({ metrics: ['spend'], currency: 'eur' })).rejects.toMatchObject({
      errors: [{ code: 'unknown_currency', pointer: '/currency', suggestions: ['EUR'] }],
    });
    const rates = [RATES[0], { ...RATES[0], day: '1950-01-01' }] as Rate[];
    await expect(plan({ metrics: ['spend'], date_range: null }, { rates })).rejects.toMatchObject({
      code: 'fx_range_too_long',
    });
  });

  it('adds up to the last digit for random amounts and rates', async () => {
    const amount = fc
      // At most 20 digits: larger numbers are no values.
      .tuple(fc.bigInt({ min: 1n - 10n ** 20n, max: 10n ** 20n - 1n }), fc.nat(9))
      .map(([n, scale]) => new Decimal(n.toString()).div(new Decimal(10).pow(scale)));
    const rate = fc
      .tuple(fc.bigInt({ min: 10n ** 9n, max: 10n ** 14n }), fc.integer({ min: 11, max: 13 }))
      .map(([n, scale]) => new Decimal(n.toString()).div(new Decimal(10).pow(scale)).toFixed());
    const [rows] = fc.sample(
      fc.array(fc.record({ amount, currency: fc.constantFrom('EUR', 'GBP', 'USD', null), day: fc.nat(27) }), {
        minLength: 400,
        maxLength: 400,
      }),
      1,
    );
    const [given] = fc.sample(
      fc.array(fc.record({ quote: fc.constantFrom('GBP', 'USD'), day: fc.nat(27), rate }), {
        minLength: 40,
        maxLength: 60,
      }),
      1,
    );
    if (!rows || !given) throw new Error('Nothing to test');
    const dayOf = (day: number): string => `2026-03-${String(day + 1).padStart(2, '0')}`;
    const rates: Rate[] = [...new Map(given.map((each) => [`${each.quote}${each.day}`, each])).values()].map(
      (each) => ({
        base: 'EUR',
        quote: each.quote,
        day: dayOf(each.day),
        rate: each.rate,
        source: 'random',
        as_of: '2026-03-01T00:00:00.000Z',
      }),
    );
    await load(
      store.engine,
      OTHER_ORGANIZATION,
      rows.map(({ amount: spend, currency, day }, index) =>
        moneyRow(index, `${dayOf(day)}T12:00:00.000Z`, 'random', currency, { spend: spend.toFixed() }),
      ),
    );
    const book = new RateBook(rates, DEFAULT_FX);
    const Exact = Decimal.clone({ precision: 100, rounding: Decimal.ROUND_HALF_UP });
    for (const currency of ['USD', 'EUR', 'GBP']) {
      let sum = new Exact(0);
      for (const row of rows) {
        const from = row.currency ?? 'USD';
        const day = dayNumber(dayOf(row.day));
        const [by] = from === currency ? ['1'] : book.series(from, currency, day, day).rates;
        if (by == null) sum = new Exact(Number.NaN);
        else sum = sum.plus(new Exact(row.amount.toFixed()).times(by).toDecimalPlaces(9));
      }
      const planned = await plan(
        { metrics: ['spend'], date_range: { from: '2026-03-01', to: '2026-03-31' }, currency, on_missing_rate: 'flag' },
        { rates, organizationId: OTHER_ORGANIZATION },
      );
      const [row] = await run(store.engine, OTHER_ORGANIZATION, planned.statement);
      const expected = sum.isNaN() ? null : sum.toFixed();
      expect(row?.[0] === null ? null : new Exact(String(row?.[0])).toFixed()).toBe(expected);
    }
  });

  describe('of customers', () => {
    const organizationId = randomUUID();
    const metrics = ['journeys', 'acquisition_cost', 'lifetime_value', 'ltv_cac_ratio'];
    let library: CompiledModel;
    beforeAll(async () => {
      const model = buildModel({
        standard: new LibraryService().library.members,
        organization: CURRENCY_DEFINITIONS.filter(({ metric_key: key }) => key === 'band' || key === 'price'),
        settings: SETTINGS,
      });
      library = await compiledFor(store.engine.dialect, model);
      await load(store.engine, organizationId, CUSTOMER_ROWS);
      const { journeys } = store.engine;
      await journeys.mark(organizationId, randomUUID(), [ANNA, ANNA_TOO]);
      await journeys.identify(organizationId, [{ customer_id: ANNA_TOO, canonical_id: ANNA }]);
      await refreshed();
    });
    const refreshed = async (): Promise<void> => {
      const { journeys } = store.engine;
      await journeys.refresh(
        organizationId,
        await journeys.changes(organizationId, 'journeys'),
        STANDARD_JOURNEY_RULES,
      );
    };
    const asked = (request: Partial<ReportRequest>, currencies = ['EUR', 'GBP', 'USD']): Promise<QueryPlan> =>
      plan({ metrics, date_range: null, ...request }, { organizationId, currencies, of: library });
    const told = async (planned: QueryPlan): Promise<Row[]> => {
      expect(await findings(planned, organizationId)).toEqual([]);
      return rowsOf(planned.statement, planned.columns, organizationId);
    };
    const byCampaign = {
      dimensions: ['campaign_name'],
      order: [{ member: 'campaign_name', direction: 'asc' }],
    } as const;

    it('is converted at the rate of each day on which they were touched or paid', async () => {
      expect(await told(await asked(byCampaign))).toEqual(
        [
          // €10 × 1.10; $100 + (€50 − €10) × 1.30 + 7 on her other device
          ...[{ campaign_name: 'Brand', journeys: 1, acquisition_cost: '11.00', lifetime_value: '159.00' }],
          // His touch cost nothing of its own, so all of €3 × 1.10 + $1; £20 = €25 = $30
          ...[{ campaign_name: 'Spring', journeys: 1, acquisition_cost: '4.30', lifetime_value: '30.00' }],
        ].map((row) => expect.objectContaining(row) as unknown),
      );
      // €10; $100 ÷ 1.20 + €40 + $7 ÷ 1.30. €3 + $1 ÷ 1.20 = €3.833333333, shared in whole cents; €25
      expect(await told(await asked({ ...byCampaign, currency: 'EUR' }))).toMatchObject([
        { acquisition_cost: '10.00', lifetime_value: '128.717948718' },
        { acquisition_cost: '3.83', lifetime_value: '25.00' },
      ]);
    });

    it('is of all time, whatever the range in which journeys began', async () => {
      const request = { date_range: { from: '2026-01-01', to: '2026-01-02' } };
      expect(await told(await asked(request))).toMatchObject([{ journeys: 2, lifetime_value: '189.00' }]);
    });

    it('is refused as recorded and by currency, and so are amounts of touchpoints as a band', async () => {
      const refused = (request: Partial<ReportRequest>): Promise<unknown> =>
        asked(request).catch(({ code, errors }: { code: string; errors: { pointer: string }[] }) => [
          code,
          errors[0]?.pointer,
        ]);
      expect(await refused({ currency: 'as_recorded' })).toEqual(['mixed_currencies', '/currency']);
      expect(await refused({ dimensions: ['currency'] })).toEqual(['mixed_currencies', '/dimensions']);
      const euros = { member: 'currency', operator: 'equals', values: ['EUR'] } as const;
      expect(await refused({ filters: euros })).toEqual(['mixed_currencies', '/dimensions']);
      const attributed = { metrics: ['attributed_revenue'] };
      expect(await refused({ ...attributed, dimensions: ['band'] })).toEqual(['mixed_currencies', '/dimensions']);
      const high = { member: 'band', operator: 'equals', values: ['high'] } as const;
      const dear = { member: 'price', operator: 'gt', values: [20] } as const;
      for (const filters of [high, dear, { or: [high, dear] }]) {
        expect(await refused({ ...attributed, filters })).toEqual(['mixed_currencies', '/dimensions']);
        expect(await refused({ filters })).toEqual(['mixed_currencies', '/dimensions']);
        // In one currency there is nothing to mix up.
        expect((await asked({ ...attributed, filters }, ['USD'])).columns).toMatchObject([
          { name: 'attributed_revenue' },
        ]);
      }
      // Counting customers needs no rate.
      expect(await told(await asked({ metrics: ['journeys'], currency: 'as_recorded' }))).toEqual([{ journeys: 2 }]);
    });

    it('costs nothing where all rows are in one currency', async () => {
      const { statement } = await asked(byCampaign, ['USD']);
      expect(statement.sql).not.toContain('customer_identities');
      expect((await asked(byCampaign)).statement.sql).toContain('customer_identities');
    });

    it('is said to miss a rate, or left empty, where a customer paid without one', async () => {
      await load(store.engine, organizationId, CHIYO_ROWS);
      await refreshed();
      const currencies = ['EUR', 'GBP', 'JPY', 'USD'];
      const [missing] = await findings(await asked(byCampaign, currencies), organizationId);
      expect(missing).toContain('what customers whose journey began on 2026-02-10 have cost or brought (1 number)');
      const flagged = await asked({ ...byCampaign, on_missing_rate: 'flag' }, currencies);
      expect((await findings(flagged, organizationId))[0]).toContain('Numbers that need it are left empty.');
      expect(await rowsOf(flagged.statement, flagged.columns, organizationId)).toMatchObject([
        { campaign_name: 'Brand', lifetime_value: '159.00' },
        { campaign_name: 'Spring', lifetime_value: '30.00' },
        { campaign_name: 'unattributed', journeys: 1, lifetime_value: null },
      ]);
      // Of journeys that began in January nothing is missing.
      const january = await asked({ ...byCampaign, date_range: JANUARY }, currencies);
      expect((await told(january)).map(({ lifetime_value: value }) => value)).toEqual(['159.00', '30.00']);
    });
  });
});
