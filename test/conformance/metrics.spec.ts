/** Every kind of metric on every engine, against answers worked out by hand. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { compileModel, type CompiledModel } from '../../src/compiler/cube/compile.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { presentValue, type PresentedValue } from '../../src/compiler/query/present.js';
import type { QueryPlan, Statement } from '../../src/compiler/query/types.js';
import type { ConformanceCase } from './cases/case.js';
import { AGGREGATION_CASES, COMPUTED_CASES, FILTER_CASES } from './metrics/cases.js';
import { CONVERSION_CASES } from './metrics/conversions.js';
import { kindModel } from './metrics/model.js';
import { METRIC_ROWS } from './metrics/rows.js';
import { TYPED_FIELDS } from './model.js';
import { ORGANIZATION, ROWS } from './rows.js';
import { clickhouseStore, load, postgresStore, run, type Store } from './stores.js';

const ENGINES: readonly (readonly [string, () => Promise<Store>])[] = [
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
];
const model = kindModel();

describe.each(ENGINES)('%s', (_, open) => {
  let store: Store;
  let compiled: CompiledModel;

  beforeAll(async () => {
    const fileName = 'unified_marketing.js';
    const base = [{ fileName, content: await readFile(join(packageRoot, 'cube-models', fileName), 'utf8') }];
    store = await open();
    compiled = await compileModel({ model, dialect: store.engine.dialect, base, typed: TYPED_FIELDS });
    await load(store.engine, ORGANIZATION, [...ROWS, ...METRIC_ROWS]);
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
  describe('conversions', () => {
    it.each(CONVERSION_CASES)('$name', check);
  });
});
