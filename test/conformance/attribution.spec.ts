/** Runs on both engines against the plain reference, digit by digit. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { attribute } from '../../src/attribution/reference/credit.js';
import type { Customer } from '../../src/attribution/reference/journeys.js';
import type { Parameters } from '../../src/attribution/models/parameters.js';
import { insertCredit } from '../../src/attribution/sql/insert-credit.js';
import type { Engine } from '../../src/engine/engine.js';
import { customers, parameters } from '../attribution/arbitrary.js';
import { nanoOf, unifiedRows } from '../attribution/rows.js';
import { clickhouseStore, load, postgresStore, type Store } from './stores.js';

const READ = `SELECT conversion_id, touchpoint_sequence, attribution_model, touchpoint_id, touchpoint_count, customer_id,
  transaction_source, currency, transaction_revenue, data_source, channel, campaign_id, asset_id, attribution_weight,
  revenue_amount FROM revenue_attribution`;

async function computed(
  engine: Engine,
  given: readonly Customer[],
  rules: Parameters,
  chunks: number,
): Promise<string[]> {
  const organization = randomUUID();
  const run = randomUUID();
  await load(engine, organization, unifiedRows(given));
  for (let chunk = 0; chunk < chunks; chunk++) {
    const sql = insertCredit(engine.dialect, {
      organization,
      run,
      parameters: rules,
      typed: { revenue: 'decimal' },
      hasMerged: chunks > 1,
      chunk,
      chunks,
      onlySupersededBy: null,
    });
    await engine.work({ organization_id: organization, sql, max_seconds: 60 });
  }
  const { batches } = await engine.query({
    sql: READ,
    params: [],
    organization_id: organization,
    attribution_runs: [run],
    max_seconds: 30,
  });
  const lines: string[] = [];
  for await (const batch of batches) {
    for (const row of batch) {
      lines.push(
        [...row.slice(0, 8), nanoOf(row[8]), ...row.slice(9, 13), nanoOf(row[13]), nanoOf(row[14])]
          .map(String)
          .join('|'),
      );
    }
  }
  return lines.sort();
}

const expected = (given: readonly Customer[], rules: Parameters): string[] =>
  attribute(given, rules)
    .flatMap(({ conversion, touch, sequence, count, credits, revenues }) =>
      rules.models.flatMap(({ key }, index) => {
        if (touch !== null && credits[index] === 0n) return [];
        return [
          [
            ...[conversion.id, sequence, key, touch?.id ?? null, count, conversion.customer_id, conversion.data_source],
            ...[conversion.currency, conversion.revenue, touch?.data_source ?? null, touch?.channel ?? null],
            ...[touch?.campaign_id ?? null, touch?.asset_id ?? null, credits[index], revenues[index]],
          ]
            .map(String)
            .join('|'),
        ];
      }),
    )
    .sort();

describe.each([
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
])('attribution on %s', (_name, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  }, 60_000);
  afterAll(() => store.close(), 30_000);

  test('gives the digits of the reference, whatever the journeys, the parameters and the order of the rows', async () => {
    await fc.assert(
      fc.asyncProperty(customers, parameters, fc.constantFrom(1, 3), async (given, rules, chunks) => {
        expect(await computed(store.engine, given, rules, chunks)).toEqual(expected(given, rules));
      }),
      { numRuns: Number(process.env.ATTRIBUTION_RUNS ?? 15) },
    );
  }, 60_000);
});
