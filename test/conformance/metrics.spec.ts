/** Every kind of metric on every engine, against answers worked out by hand. */
import type { CompiledModel } from '../../src/compiler/cube/compile.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { keysAround } from '../../src/compiler/model/around.js';
import { plainDecimal, presentValue, type PresentedValue } from '../../src/compiler/query/present.js';
import type { QueryPlan, ReportRequest, Statement } from '../../src/compiler/query/types.js';
import { compiledFor } from './compiled.js';
import type { ConformanceCase } from './cases/case.js';
import { AGGREGATION_CASES, COMPUTED_CASES, FILTER_CASES } from './metrics/cases.js';
import { CONVERSION_CASES } from './metrics/conversions.js';
import { kindModel } from './metrics/model.js';
import { EVENT_ROWS, METRIC_ROWS } from './metrics/rows.js';
import { randomFrom } from './random-requests.js';
import { ORGANIZATION, ROWS } from './rows.js';
import { clickhouseStore, load, postgresStore, run, type Store } from './stores.js';

const ENGINES: readonly (readonly [string, () => Promise<Store>])[] = [
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
];
const model = kindModel();

/** Customers who were seen and did it within five days, by the week, source and device of when they were first seen. */
function countedByHand(metric: string, from: string, to: string, device: string | null): PresentedValue[][] {
  const read = EVENT_ROWS.map((row) => ({
    ...{ id: row.id, at: row.recorded_at, source: row.data_source, customer: row.customer_id },
    ...(JSON.parse(row.data_payload) as { readonly step: string; readonly device: string }),
  })).sort((a, b) => (`${a.at}${a.id}` < `${b.at}${b.id}` ? -1 : 1));
  const goal = metric === 'reached' ? 'reached' : 'seen';
  const groups = new Map<string, number>();
  for (const customer of new Set(read.map((event) => event.customer))) {
    const own = read.filter((event) => customer !== null && event.customer === customer);
    const first = own.find(({ step, at }) => step === 'seen' && at >= from && at < to);
    if (first === undefined || (device !== null && first.device !== device)) continue;
    const within = (at: string): boolean => {
      const passed = Date.parse(at) - Date.parse(first.at);
      return passed >= 0 && passed <= 5 * 86_400_000;
    };
    const isDone = own.some(({ step, at, id }) => step === goal && id !== first.id && within(at));
    const date = new Date(first.at);
    const monday = Date.UTC(
      date.getUTCFullYear(),
      date.getUTCMonth(),
      date.getUTCDate() - ((date.getUTCDay() + 6) % 7),
    );
    const key = JSON.stringify([new Date(monday).toISOString().slice(0, 10), first.source, first.device]);
    groups.set(key, (groups.get(key) ?? 0) + (isDone ? 1 : 0));
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => [...(JSON.parse(key) as string[]), count]);
}

describe.each(ENGINES)('%s', (_, open) => {
  let store: Store;
  let compiled: CompiledModel;

  beforeAll(async () => {
    store = await open();
    compiled = await compiledFor(store.engine.dialect, model);
    await load(store.engine, ORGANIZATION, [...ROWS, ...METRIC_ROWS, ...EVENT_ROWS]);
  }, 60_000);
  afterAll(() => store.close());

  async function answer(statement: Statement, columns: QueryPlan['columns']): Promise<PresentedValue[][]> {
    const rows = await run(store.engine, ORGANIZATION, statement);
    return rows.map((row) => columns.map((column, index) => presentValue(row[index] ?? null, column)));
  }

  const check = async ({
    request,
    rows,
    totals,
    subtotals,
    warnings,
    compared,
    truncated,
  }: ConformanceCase): Promise<void> => {
    const planned = await planQuery({
      snapshot: { model },
      compiled,
      request,
      dialect: store.engine.dialect,
      organizationId: ORGANIZATION,
      now: new Date('2026-02-15T12:00:00Z'),
      maxRows: 1000,
    });
    const found = await answer(planned.statement, planned.columns);
    expect(found.slice(0, planned.limit ?? Infinity)).toEqual(rows);
    expect(found.length > (planned.limit ?? Infinity)).toBe(truncated ?? false);
    expect(planned.warnings.map(({ code }) => code)).toEqual(warnings ?? []);
    for (const [index, part] of planned.subtotals.entries())
      expect(await answer(part.statement, part.columns)).toEqual(subtotals?.[index]);
    const { from = '', to = '' } = planned.compare?.range ?? {};
    if (compared !== undefined) expect([from, to].map((at) => at.replace('T00:00:00.000Z', ''))).toEqual(compared);
    const metrics = planned.columns.filter(({ role }) => role === 'metric');
    const total = planned.totals === null ? null : (await answer(planned.totals, metrics))[0];
    expect(total ?? null).toEqual(totals ?? null);
  };

  describe('aggregations', () => {
    it.each(AGGREGATION_CASES)('$name', check);
  });
  describe('computed dimensions', () => {
    it.each(COMPUTED_CASES)('$name', check);
  });
  describe('a metric’s own filter', () => {
    it.each(FILTER_CASES)('$name', check);
  });
  it('gives each row, which is not grouped, what it gives a group of one row', async () => {
    const around = keysAround(model.members);
    const members = model.members.filter(({ key, status }) => status === 'valid' && !around.has(key));
    const keysOf = (isDimension: boolean): string[] =>
      members.filter(({ kind }) => (kind === 'dimension') === isDimension).map(({ key }) => key);
    const [dimensions, metrics] = [keysOf(true), keysOf(false)];
    for (let from = 0; from < metrics.length; from += 10) {
      const request: ReportRequest = {
        metrics: [...metrics.slice(from, from + 10), 'rows'],
        dimensions: ['id', ...dimensions.slice(from % 7, (from % 7) + 3), 'recorded_at'],
        order: [{ member: 'id', direction: 'asc' }],
      };
      const [single, grouped] = await Promise.all(
        // Which groups meet a condition is only known of groups.
        [[], [{ member: 'rows', operator: 'gte', values: [0] } as const]].map(async (filters) => {
          const { statement, columns } = await planQuery({
            ...{ snapshot: { model }, compiled, dialect: store.engine.dialect, organizationId: ORGANIZATION },
            ...{ request: { ...request, filters }, now: new Date('2026-06-01'), maxRows: null },
          });
          const rows = await run(store.engine, ORGANIZATION, statement);
          const written = rows.map((row) =>
            row.map((value, index) => `${columns[index]?.name}: ${value === null ? null : plainDecimal(value)}`),
          );
          return { statement, rows: written };
        }),
      );
      expect([single?.statement.sql, grouped?.statement.sql].map((sql) => /GROUP BY/.test(sql ?? ''))).toEqual([
        false,
        true,
      ]);
      expect(single?.rows.length).toBeGreaterThan(1_000);
      const different = single?.rows.flatMap((row, at) =>
        row.filter((value, index) => value !== grouped?.rows[at]?.[index]),
      );
      expect([different?.slice(0, 20), single?.rows.length]).toEqual([[], grouped?.rows.length]);
    }
  }, 120_000);

  describe('conversions', () => {
    it.each(CONVERSION_CASES)('$name', check);

    it.each(['reached', 'returned'] as const)('%s: as reading the rows one by one gives them', async (metric) => {
      const random = randomFrom(17);
      const day = (number: number): string => new Date(Date.UTC(2025, 11, 1 + number)).toISOString().slice(0, 10);
      for (let round = 0; round < 12; round += 1) {
        const start = Math.floor(random() * 40);
        const end = start + Math.floor(random() * 20);
        const device = random() < 0.5 ? 'm' : null;
        const request: ReportRequest = {
          metrics: [metric],
          dimensions: ['data_source', 'device'],
          date_range: { from: day(start), to: day(end) },
          time_grain: 'weekly',
          order: ['recorded_at', 'data_source', 'device'].map((member) => ({ member, direction: 'asc' })),
          ...(device === null ? {} : { filters: [{ member: 'device', operator: 'equals', values: [device] }] }),
        };
        const planned = await planQuery({
          ...{ snapshot: { model }, compiled, request, dialect: store.engine.dialect },
          ...{ organizationId: ORGANIZATION, now: new Date('2026-06-01'), maxRows: 1000 },
        });
        const found = await answer(planned.statement, planned.columns);
        expect([request, found]).toEqual([request, countedByHand(metric, day(start), day(end + 1), device)]);
      }
    });
  });
});
