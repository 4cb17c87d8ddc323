/**
 * Whatever a rollup answers is what rows answer, digit for digit: for every conformance case and for random requests,
 * also while imports restate days, and in zones whose clocks stand at odd minutes.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CompiledModel } from '../../src/compiler/cube/compile.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { rowLock } from '../../src/compiler/query/row-lock.js';
import type { Filter, QueryPlan, ReportRequest, Statement } from '../../src/compiler/query/types.js';
import { RollupMismatch, type RollupDefinition } from '../../src/compiler/rollup/types.js';
import type { RollupView } from '../../src/compiler/rollup/view.js';
import type { EngineValue, UnifiedRow } from '../../src/engine/engine.js';
import { compiledFor } from './compiled.js';
import type { ConformanceCase } from './cases/case.js';
import { COMPARE_CASES } from './cases/compare.js';
import { FILL_CASES } from './cases/fill.js';
import { FILTER_CASES, GROUP_FILTER_CASES } from './cases/filters.js';
import { NUMBER_CASES } from './cases/numbers.js';
import { SHAPE_CASES } from './cases/shape.js';
import { GRAIN_CASES, RANGE_CASES } from './cases/time.js';
import { TOP_CASES } from './cases/top.js';
import { WINDOW_CASES } from './cases/windows.js';
import { conformanceModel, TYPED_FIELDS } from './model.js';
import { randomFrom, randomRequest } from './random-requests.js';
import { Rolled } from './rolled.js';
import { ORGANIZATION, OTHER_ORGANIZATION, OTHER_ROWS, row, ROWS, type Given } from './rows.js';
import { clickhouseStore, postgresStore, run, type Store } from './stores.js';

const NOW = '2026-02-15T12:00:00Z';
const EVERY_DIMENSION = ['data_source', 'source_category', 'campaign_id', 'customer_id', 'currency', 'device'].concat([
  ...['landed', 'is_new', 'position', 'bid', 'price', 'channel', 'system', 'model_used'],
]);
const define = (name: string, given: Partial<RollupDefinition> = {}): RollupDefinition => ({
  ...{ name, dimensions: EVERY_DIMENSION, grain: 'daily', time_zone: 'UTC' },
  ...given,
});
const ENGINES: readonly (readonly [string, () => Promise<Store>])[] = [
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
];
const CASES: readonly ConformanceCase[] = [
  ...[COMPARE_CASES, FILL_CASES, FILTER_CASES, GROUP_FILTER_CASES, NUMBER_CASES],
  ...[SHAPE_CASES, GRAIN_CASES, RANGE_CASES, TOP_CASES, WINDOW_CASES],
].flat();

describe.each(ENGINES)('%s', (engineName, open) => {
  let store: Store;
  let compiled: CompiledModel;
  let rollups: readonly Rolled[];

  beforeAll(async () => {
    store = await open();
    await importRows(ORGANIZATION, ROWS);
    await importRows(OTHER_ORGANIZATION, OTHER_ROWS);
    const { dialect } = store.engine;
    compiled = await compiledFor(dialect, conformanceModel());
    rollups = await Promise.all([
      roll(define('days')),
      roll(define('days in New York', { time_zone: 'America/New_York' })),
      roll(define('hours', { grain: 'hourly' })),
      roll(define('quarters of hours', { grain: 'fifteen_minutes', dimensions: ['data_source', 'device'] })),
    ]);
  }, 60_000);
  afterAll(() => store.close());

  const roll = (definition: RollupDefinition, organizationId = ORGANIZATION): Promise<Rolled> =>
    Rolled.open(store.engine, organizationId, conformanceModel(), definition);

  /** @returns the months that it may have changed */
  async function importRows(organizationId: string, rows: readonly UnifiedRow[]): Promise<readonly string[]> {
    const stage = await store.engine.openStage(organizationId, randomUUID());
    await stage.append(rows);
    await stage.plan();
    const months = await stage.months();
    await stage.commit();
    await stage.drop();
    return months;
  }

  const plan = (request: ReportRequest, rollup: RollupView | null, now = NOW): Promise<QueryPlan> =>
    planQuery({
      ...{ snapshot: compiled, compiled, request, rollup, now: new Date(now), maxRows: 1_000 },
      ...{ dialect: store.engine.dialect, organizationId: ORGANIZATION },
    });
  /** Null where the rollup does not match. */
  const rolledPlan = (request: ReportRequest, rollup: RollupView, now?: string): Promise<QueryPlan | null> =>
    plan(request, rollup, now).catch((error: unknown) => {
      if (error instanceof RollupMismatch) return null;
      throw error;
    });
  const answers = async (statement: Statement): Promise<(readonly EngineValue[])[]> =>
    run(store.engine, ORGANIZATION, statement);
  /** Everything that a plan asks the engine, as the engine answers it. */
  const everything = async ({ statement, totals, subtotals, checks }: QueryPlan): Promise<unknown[]> => {
    const statements = [statement, totals, ...[...subtotals, ...checks].map((each) => each.statement)];
    const found = [];
    for (const each of statements) found.push(each === null ? null : await answers(each));
    return found;
  };

  /** Compares each rollup that answers with rows. @returns how many did */
  async function compare(request: ReportRequest, now?: string): Promise<number> {
    let matched = 0;
    let fromRows: unknown[] | null = null;
    for (const { view } of rollups) {
      const rolled = await rolledPlan(request, view, now);
      if (rolled === null) continue;
      matched += 1;
      fromRows ??= await everything(await plan(request, null, now));
      expect([view.name, request, await everything(rolled)]).toEqual([view.name, request, fromRows]);
    }
    return matched;
  }

  it('answers the conformance cases as rows do, wherever a rollup matches', async () => {
    let matched = 0;
    for (const { request, now, settings } of CASES)
      if (settings === undefined) matched += (await compare(request, now)) > 0 ? 1 : 0;
    // Most cases are about what a rollup holds; the others ask for distinct counts, odd instants and the like.
    expect(matched).toBeGreaterThan(CASES.length / 2);
  }, 240_000);

  it('answers random requests as rows do while imports restate days', async () => {
    const random = randomFrom(17);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
    const ROUNDS = engineName === 'ClickHouse' ? 8 : 25;
    let matched = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const changed = Array.from({ length: 8 }, (_, index): UnifiedRow => {
        // Some new, some restated with other numbers, another device, and another day or month.
        const number = Math.floor(random() * 40);
        const at = new Date(Date.UTC(2025, 11, 15 + Math.floor(random() * 80), Math.floor(random() * 24), 45));
        const given: Given = {
          at: `${at.toISOString().slice(0, 19)}Z`,
          source: 'periods',
          ...(random() < 0.5 ? { customer: randomUUID() } : {}),
          payload: {
            spend: random() < 0.2 ? null : (random() * 50).toFixed(2),
            clicks: Math.floor(random() * 9),
            device: pick(['mobile', 'tablet', null]),
            score: random().toFixed(3),
            impressions: 100,
          },
        };
        const id = `00000000-0000-5000-8000-${String(number).padStart(12, '0')}`;
        return { ...row(given, 100_000 + round * 100 + index), id, line: index + 1 };
      });
      const months = await importRows(ORGANIZATION, changed);
      for (const rollup of rollups) rollup.forget(months);
      if (round % 3 === 0) {
        // Before the months are rolled up anew: only what lies outside of them is answered.
        for (let count = 0; count < 3; count += 1) await compare(randomRequest(random).request);
      }
      for (const rollup of rollups) await rollup.refresh();
      for (let count = 0; count < 6; count += 1)
        matched += await compare({ ...randomRequest(random).request, totals: true });
    }
    expect(matched).toBeGreaterThan(ROUNDS);
  }, 240_000);

  it.each([
    ['Asia/Kathmandu', 'quarters of hours', 'hours'],
    ['Australia/Lord_Howe', 'quarters of hours', 'hours'],
    ['Europe/Berlin', 'hours', 'days'],
  ])('days of %s come from %s, not from %s', async (time_zone, fits, not) => {
    const request: ReportRequest = {
      metrics: ['spend', 'clicks', 'rows'],
      dimensions: ['device'],
      time_grain: 'daily',
      time_zone,
      date_range: { from: '2025-12-20', to: '2026-11-10' },
    };
    const view = (name: string): RollupView => {
      const { view: found } = rollups.find((each) => each.view.name === name) ?? {};
      if (!found) throw new Error(`No rollup ${name}.`);
      return found;
    };
    expect(await rolledPlan(request, view(not))).toBeNull();
    expect(await rolledPlan(request, view(fits))).not.toBeNull();
    expect(await compare(request)).toBeGreaterThan(0);
  });

  it('holds only the asker’s rows, once by the plan and once by the engine', async () => {
    const rows: Filter[] = [{ member: 'device', operator: 'equals', values: ['mobile'] }];
    const request: ReportRequest = { metrics: ['spend', 'rows'], dimensions: ['device'], totals: true };
    const { dialect } = store.engine;
    const { model } = compiled;
    const input = { snapshot: compiled, compiled, request, now: new Date(NOW), maxRows: 1_000, dialect };
    const planned = (limits: readonly Filter[], rollup: RollupView | null): Promise<QueryPlan> =>
      planQuery({
        ...{ ...input, rollup, organizationId: ORGANIZATION },
        policy: { hidden: [], masked: [], granted: [], rows: limits },
      });
    const lock = rowLock({
      ...{ rows, model, now: new Date(NOW), dialect, typed: TYPED_FIELDS, relations: [], isOneCurrency: true },
    });
    const read = async ({ statement, totals }: QueryPlan, held: typeof lock): Promise<unknown> => [
      await run(store.engine, ORGANIZATION, statement, [], held),
      totals && (await run(store.engine, ORGANIZATION, totals, [], held)),
    ];
    const right = await read(await planned(rows, null), null);
    const [days] = rollups;
    if (!days) throw new Error('No rollup.');
    expect(await read(await planned(rows, days.view), lock)).toEqual(right);
    expect(await read(await planned([], days.view), lock)).toEqual(right);
    expect(await read(await planned([], days.view), null)).not.toEqual(right);
  });

  /** Whether rows tell something else than the rollup does. */
  const isFoundOut = async (request: ReportRequest, view: RollupView): Promise<boolean> => {
    const rolled = await rolledPlan(request, view);
    if (rolled === null) return false;
    return !isDeepStrictEqual(await everything(rolled), await everything(await plan(request, null)));
  };

  describe('would be found out', () => {
    const byDay: ReportRequest = {
      metrics: ['spend', 'clicks', 'rows'],
      dimensions: ['data_source'],
      time_grain: 'daily',
      date_range: { from: '2025-12-01', to: '2026-12-31' },
    };
    const named = (name: string): RollupView => {
      const { view } = rollups.find((each) => each.view.name === name) ?? {};
      if (!view) throw new Error(`No rollup ${name}.`);
      return view;
    };

    it('if days of one time zone were taken for those of another', async () => {
      const honest = named('days in New York');
      expect(await rolledPlan(byDay, honest)).toBeNull();
      expect(await isFoundOut(byDay, { ...honest, timeZone: 'UTC' })).toBe(true);
    });

    it('if hours were taken for quarters of hours', async () => {
      const kolkata = { ...byDay, time_grain: 'hourly' as const, time_zone: 'Asia/Kolkata' };
      const honest = named('hours');
      expect(await rolledPlan(kolkata, honest)).toBeNull();
      expect(await isFoundOut(kolkata, { ...honest, grain: 'fifteen_minutes' })).toBe(true);
    });

    it('if an import that restates rows did not mark their months', async () => {
      const rolled = await roll(define('unmarked'));
      const honest = await roll(define('marked'));
      const restated = row({ at: '2026-01-20T10:00:00Z', source: 'marked', payload: { spend: 5, clicks: 1 } }, 900_000);
      const request = {
        ...byDay,
        filters: [{ member: 'data_source', operator: 'equals' as const, values: ['marked'] }],
      };
      for (const spend of ['5', '6']) {
        const payload = JSON.stringify({ spend, clicks: 1 });
        const months = await importRows(ORGANIZATION, [
          { ...restated, data_payload: payload, content_hash: spend.padStart(16, '0') },
        ]);
        expect(months).toContain('2026-01');
        honest.forget(months);
        expect(await rolledPlan(request, honest.view)).toBeNull();
        expect(await isFoundOut(request, rolled.view)).toBe(true);
        for (const each of [honest, ...rollups]) each.forget(months);
        for (const each of [honest, ...rollups]) await each.refresh();
        expect(await isFoundOut(request, honest.view)).toBe(false);
      }
    });
  });

  it('never reads another organisation’s rollup', async () => {
    const theirs = await roll(define('theirs'), OTHER_ORGANIZATION);
    const leak = await plan({ metrics: ['spend'], dimensions: ['device'] }, theirs.view);
    expect(await answers(leak.statement)).toEqual([]);
  });

  it('is not used for months that have changed, and says so', async () => {
    const rolled = await roll(define('forgetful'));
    rolled.forget(['2026-02']);
    const february = { metrics: ['spend'], dimensions: [], date_range: { from: '2026-02-01', to: '2026-02-28' } };
    await expect(plan(february, rolled.view)).rejects.toThrow('rows of 2026-02 have changed');
    const january = { ...february, date_range: { from: '2026-01-01', to: '2026-01-31' } };
    expect(await answers((await plan(january, rolled.view)).statement)).toEqual(
      await answers((await plan(january, null)).statement),
    );
  });
});
