/**
 * Definitions → Cube file → SQL, as committed text, so that a change of what is generated is seen in a review. The same
 * statements are run by the conformance suite. After a change: `UPDATE_GOLDEN=1`, then read the diff.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { compileModel, type CompiledModel } from '../../src/compiler/cube/compile.js';
import { cubeSchema } from '../../src/compiler/cube/generate.js';
import type { DialectName } from '../../src/compiler/dialect/types.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import type { Statement } from '../../src/compiler/query/types.js';
import { ORGANIZATION } from '../conformance/rows.js';
import { TYPED_FIELDS } from '../conformance/model.js';
import { expectedText } from './expected.js';
import { GOLDEN_NOW, GOLDEN_RATES, GOLDEN_REQUESTS, goldenModel } from './model.js';

const model = goldenModel();

describe.each(['clickhouse', 'postgres'] as const)('%s', (dialect: DialectName) => {
  let compiled: CompiledModel;

  beforeAll(async () => {
    const fileName = 'unified_marketing.js';
    const base = [{ fileName, content: await readFile(join(packageRoot, 'cube-models', fileName), 'utf8') }];
    compiled = await compileModel({ model, dialect, base, typed: TYPED_FIELDS });
  });

  it('writes the organisation’s cube', async () => {
    const [file] = cubeSchema(model, dialect, TYPED_FIELDS).files;
    const actual = file?.content ?? '';
    expect(actual).toBe(await expectedText(`marketing.${dialect}.cube.txt`, actual));
    expect(cubeSchema(goldenModel(), dialect, TYPED_FIELDS).files[0]?.content).toBe(actual);
  });

  it.each(Object.entries(GOLDEN_REQUESTS))('plans %s', async (name, request) => {
    const now = new Date(GOLDEN_NOW);
    const plan = await planQuery({
      snapshot: { model },
      compiled,
      request,
      dialect,
      organizationId: ORGANIZATION,
      now,
      maxRows: 1000,
    });
    const actual = [plan.statement, plan.totals].map(written).join('');
    expect(actual).toBe(await expectedText(`${name}.${dialect}.sql`, actual));
  });

  it('plans amounts of several currencies: the same statement with rates in it', async () => {
    const plan = await planQuery({
      snapshot: { model },
      compiled,
      request: {
        metrics: ['spend', 'mobile_spend'],
        dimensions: ['band'],
        date_range: { from: '2026-01-02', to: '2026-01-04' },
        currency: 'USD',
        on_missing_rate: 'flag',
      },
      dialect,
      organizationId: ORGANIZATION,
      now: new Date(GOLDEN_NOW),
      maxRows: 1000,
      money: { currencies: ['EUR', 'GBP', 'USD'], rates: GOLDEN_RATES },
    });
    const gaps = plan.money?.gaps.map(({ statement }) => statement) ?? [];
    const actual = [plan.statement, ...gaps].map(written).join('');
    expect(actual).toBe(await expectedText(`currencies.${dialect}.sql`, actual));
  });
});

const written = (statement: Statement | null): string =>
  statement === null ? '' : `${statement.sql}\n-- ${JSON.stringify(statement.params)}\n`;
