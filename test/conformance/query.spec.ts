/**
 * The same requests over the same rows on every engine, against answers worked out by hand. A door that gives another
 * number than these is wrong, and so is an engine.
 */
import { Decimal } from 'decimal.js';
import type { CompiledModel } from '../../src/compiler/cube/compile.js';
import { buildModel } from '../../src/compiler/model/build.js';
import type { ModelSettings } from '../../src/compiler/model/types.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { presentValue, type PresentedValue } from '../../src/compiler/query/present.js';
import type { Filter, QueryPlan, ReportRequest, Statement } from '../../src/compiler/query/types.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { expectedText } from '../golden/expected.js';
import { GOLDEN_NOW, GOLDEN_REQUESTS, goldenModel } from '../golden/model.js';
import { compiledFor } from './compiled.js';
import { ask, type ConformanceCase } from './cases/case.js';
import { COMPARE_CASES } from './cases/compare.js';
import { FILL_CASES } from './cases/fill.js';
import { FILTER_CASES, GROUP_FILTER_CASES } from './cases/filters.js';
import { NUMBER_CASES } from './cases/numbers.js';
import { SHAPE_CASES } from './cases/shape.js';
import { GRAIN_CASES, RANGE_CASES } from './cases/time.js';
import { TOP_CASES } from './cases/top.js';
import { WINDOW_CASES } from './cases/windows.js';
import { conformanceModel } from './model.js';
import { ORGANIZATION, OTHER_ORGANIZATION, OTHER_ROWS, ROWS } from './rows.js';
import { randomFrom, randomRequest } from './random-requests.js';
import { clickhouseStore, load, postgresStore, run, type Store } from './stores.js';

const NOW = '2026-02-15T12:00:00Z';
const MAX_ROWS = 1000;

const ENGINES: readonly (readonly [string, () => Promise<Store>])[] = [
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
];

describe.each(ENGINES)('%s', (engineName, open) => {
  let store: Store;
  const compiled = new Map<string, Promise<CompiledModel>>();
  let golden: Promise<CompiledModel> | undefined;

  beforeAll(async () => {
    store = await open();
    await load(store.engine, ORGANIZATION, ROWS);
    await load(store.engine, OTHER_ORGANIZATION, OTHER_ROWS);
  }, 60_000);
  afterAll(() => store.close());

  const compile = (settings: Partial<ModelSettings> = {}): Promise<CompiledModel> => {
    const key = JSON.stringify(settings);
    const { dialect } = store.engine;
    const model = compiled.get(key) ?? compiledFor(dialect, conformanceModel(settings));
    compiled.set(key, model);
    return model;
  };

  async function plan(
    request: ReportRequest,
    {
      settings = {},
      now = NOW,
      organizationId = ORGANIZATION,
    }: { settings?: Partial<ModelSettings>; now?: string; organizationId?: string } = {},
  ): Promise<QueryPlan> {
    const model = await compile(settings);
    const { dialect } = store.engine;
    return planQuery({
      snapshot: model,
      compiled: model,
      request,
      dialect,
      organizationId,
      now: new Date(now),
      maxRows: MAX_ROWS,
    });
  }

  async function answer(
    statement: Statement,
    columns: QueryPlan['columns'],
    organizationId = ORGANIZATION,
  ): Promise<PresentedValue[][]> {
    const rows = await run(store.engine, organizationId, statement);
    return rows.map((row) => columns.map((column, index) => presentValue(row[index] ?? null, column)));
  }

  const check = async ({ request, settings, now, ...expected }: ConformanceCase): Promise<void> => {
    const planned = await plan(request, { settings, now });
    const rows = await answer(planned.statement, planned.columns);
    const limit = planned.limit ?? Infinity;
    expect(rows.slice(0, limit)).toEqual(expected.rows);
    expect(rows.length > limit).toBe(expected.truncated ?? false);
    expect(planned.warnings.map(({ code }) => code)).toEqual(expected.warnings ?? []);
    expect(planned.aliases).toEqual(expected.aliases ?? aliasesOf(request));
    const metrics = planned.columns.filter(({ role }) => role === 'metric');
    const totals = planned.totals === null ? null : (await answer(planned.totals, metrics))[0];
    expect(totals ?? null).toEqual(expected.totals ?? null);
    const subtotals = [];
    for (const { statement, columns } of planned.subtotals) subtotals.push(await answer(statement, columns));
    expect(subtotals).toEqual(expected.subtotals ?? []);
    const refusals = [];
    for (const { statement, most, problem } of planned.checks)
      if (Number((await run(store.engine, ORGANIZATION, statement))[0]?.[0]) > most) refusals.push(problem.code);
    expect(refusals[0]).toBe(expected.refused);
    if (expected.compared !== undefined) {
      const { from = '', to = '' } = planned.compare?.range ?? {};
      expect([from, to].map((at) => at.replace('T00:00:00.000Z', ''))).toEqual(expected.compared);
    }
    if (expected.leftOut !== undefined) {
      const { left_out: left = null } = planned.compare ?? {};
      expect(left && [left.from, left.to]).toEqual(expected.leftOut);
    }
  };

  /** `cost` is the only alias that filter cases use without naming it. */
  const aliasesOf = (request: ReportRequest): Record<string, string> =>
    JSON.stringify(request).includes('"cost"') ? { cost: 'spend' } : {};

  describe('numbers', () => {
    it.each(NUMBER_CASES)('$name', check);
  });
  describe('filters', () => {
    it.each(FILTER_CASES)('$name', check);
    it.each(GROUP_FILTER_CASES)('$name', check);
  });
  describe('time grains', () => {
    it.each(GRAIN_CASES)('$name', check);
  });
  describe('date ranges', () => {
    it.each(RANGE_CASES)('$name', check);
  });
  describe('order, pages, totals, aliases, warnings', () => {
    it.each(SHAPE_CASES)('$name', check);
  });

  describe('comparisons', () => {
    it.each(COMPARE_CASES)('$name', check);
  });
  describe('gaps', () => {
    it.each(FILL_CASES)('$name', check);
  });
  describe('windows', () => {
    it.each(WINDOW_CASES)('$name', check);
  });
  describe('top values and subtotals', () => {
    it.each(TOP_CASES)('$name', check);
  });

  describe('requests whose SQL is committed in test/golden', () => {
    it.each(Object.entries(GOLDEN_REQUESTS))('%s', async (name, request) => {
      const model = goldenModel();
      const { dialect } = store.engine;
      golden ??= compiledFor(dialect, model);
      const planned = await planQuery({
        snapshot: { model },
        compiled: await golden,
        request,
        dialect,
        organizationId: ORGANIZATION,
        now: new Date(GOLDEN_NOW),
        maxRows: MAX_ROWS,
      });
      const rows = await answer(planned.statement, planned.columns);
      const metrics = planned.columns.filter(({ role }) => role === 'metric');
      if (planned.totals !== null) rows.push(...(await answer(planned.totals, metrics)));
      const actual = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
      expect(actual).toBe(await expectedText(`${name}.ndjson`, actual));
    });
  });

  describe('what must hold for any request', () => {
    /** Planning and running takes ClickHouse longer than Postgres. */
    const COUNT = engineName === 'ClickHouse' ? 40 : 200;
    const rowsOf = async (request: ReportRequest): Promise<PresentedValue[][]> => {
      const planned = await plan(request);
      return answer(planned.statement, planned.columns);
    };
    /** The sum of a column, as decimal text. */
    const sum = (rows: readonly (readonly PresentedValue[])[], index: number): string =>
      rows.reduce((total, row) => total.plus(String(row[index] ?? 0)), new Decimal(0)).toFixed();

    it('a filter and its opposite are the whole, and totals are the query without dimensions', async () => {
      const random = randomFrom(7);
      for (let count = 0; count < COUNT; count += 1) {
        const { request, split } = randomRequest(random);
        const own = request.filters as readonly Filter[];
        const whole = await plan({ ...request, totals: true });
        const metrics = whole.columns.filter(({ role }) => role === 'metric');
        const first = whole.columns.findIndex(({ role }) => role === 'metric');
        const rows = await answer(whole.statement, whole.columns);
        const totals = (await answer(whole.totals ?? whole.statement, metrics))[0] ?? [];
        // The first metric adds up; its sum over rows, twins included, is the total that the engine computes.
        expect([request, sum(rows, first)]).toEqual([request, sum([totals], 0)]);
        if (request.compare) expect([request, sum(rows, first + 1)]).toEqual([request, sum([totals], 1)]);
        const { time_grain: _, fill: __, top: ___, ...plain } = request;
        const [without] = await rowsOf({ ...plain, dimensions: [] });
        expect([request, totals]).toEqual([request, without]);
        const parts = [];
        for (const part of split) parts.push(...(await rowsOf({ ...request, filters: [...own, part] })));
        expect([request, split, sum(parts, first)]).toEqual([request, split, sum(rows, first)]);
      }
    }, 120_000);

    it('a window at the end of a time axis is the window without one', async () => {
      const random = randomFrom(5);
      const metrics = ['spend_so_far', 'spend_30_days', 'customers_60_days', 'roas_month_to_date'].concat([
        ...['spend_year_to_date', 'items_so_far', 'margin_quarter_to_date', 'score_so_far', 'six_scores_3_days'],
        ...['weighted_score_3_days', 'average_spend_2_days', 'score_month_to_date', 'mobile_score_so_far'],
      ]);
      for (let count = 0; count < COUNT / 4; count += 1) {
        const day = new Date(Date.UTC(2026, 0, 1 + Math.floor(random() * 60))).toISOString().slice(0, 10);
        const request: ReportRequest = {
          metrics,
          dimensions: ['device', 'data_source'],
          date_range: { from: '2025-12-20', to: day },
          time_zone: random() < 0.5 ? 'UTC' : 'America/New_York',
        };
        const whole = await rowsOf({ ...request, order: [{ member: 'device', direction: 'asc' }] });
        const grain = (['daily', 'weekly', 'monthly'] as const)[Math.floor(random() * 3)] ?? 'daily';
        const rows = await rowsOf({
          ...request,
          time_grain: grain,
          order: [
            { member: 'recorded_at', direction: 'desc' },
            { member: 'device', direction: 'asc' },
          ],
        });
        const last = rows.filter(([bucket]) => bucket === rows[0]?.[0]).map(([, ...values]) => values);
        expect([request, grain, last]).toEqual([request, grain, whole]);
      }
    }, 120_000);

    it('pages one after the other are the whole, in order', async () => {
      const random = randomFrom(11);
      for (let count = 0; count < COUNT / 3; count += 1) {
        const { request } = randomRequest(random);
        const ordered = random() < 0.5;
        const asked: ReportRequest = ordered
          ? { ...request, order: [{ member: request.metrics[0] ?? '', direction: random() < 0.5 ? 'asc' : 'desc' }] }
          : request;
        const whole = await rowsOf(asked);
        const limit = 1 + Math.floor(random() * 5);
        const paged: PresentedValue[][] = [];
        let cursor: string | null = null;
        do {
          const planned: QueryPlan = await plan({ ...asked, limit, cursor });
          const raw = await run(store.engine, ORGANIZATION, planned.statement);
          paged.push(...(await answer(planned.statement, planned.columns)).slice(0, limit));
          cursor = raw.length > limit ? (planned.cursorAfter?.(raw[limit - 1] ?? []) ?? null) : null;
        } while (cursor !== null && paged.length < 40);
        expect([asked, paged]).toEqual([asked, whole.slice(0, paged.length)]);
        if (cursor === null) expect(paged).toHaveLength(whole.length);
      }
    }, 120_000);
  });

  it('runs every member of the standard library', async () => {
    const { library } = new LibraryService();
    const settings = conformanceModel().settings;
    const model = buildModel({ standard: library.members, organization: [], settings });
    const { dialect } = store.engine;
    const standard = await compiledFor(dialect, model);
    const valid = model.members.filter(({ status }) => status === 'valid');
    expect(valid).toHaveLength(library.members.length);
    for (let from = 0; from < valid.length; from += 10) {
      const members = valid.slice(from, from + 10);
      const keysOf = (isDimension: boolean): string[] =>
        members.filter(({ kind }) => (kind === 'dimension') === isDimension).map(({ key }) => key);
      const planned = await planQuery({
        snapshot: { model },
        compiled: standard,
        request: ask('mixed', { metrics: keysOf(false), dimensions: keysOf(true) }),
        dialect,
        organizationId: ORGANIZATION,
        now: new Date(NOW),
        maxRows: MAX_ROWS,
      });
      expect((await answer(planned.statement, planned.columns))[0]).toHaveLength(members.length);
    }
  });

  it('answers each organisation from its own rows only', async () => {
    const request = { metrics: ['spend', 'rows'], dimensions: ['device'] };
    const theirs = await plan(request, { organizationId: OTHER_ORGANIZATION });
    expect(await answer(theirs.statement, theirs.columns, OTHER_ORGANIZATION)).toEqual([['theirs', '4000000.00', 4]]);
    // The engine's own lock holds where a plan of another organisation gets through.
    expect(await answer(theirs.statement, theirs.columns, ORGANIZATION)).toEqual([]);
  });

  it('says which instants a relative range meant', async () => {
    const { range } = await plan({
      metrics: ['spend'],
      dimensions: [],
      date_range: { last: 1, unit: 'month' },
      time_zone: 'America/New_York',
    });
    expect(range).toEqual({ from: '2026-01-01T05:00:00.000Z', to: '2026-02-01T05:00:00.000Z' });
  });
});
