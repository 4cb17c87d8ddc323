/** Runs on both engines against the plain reference, digit by digit. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { attribute } from '../../src/attribution/reference/credit.js';
import type { Customer, Touchpoint, Transaction } from '../../src/attribution/reference/journeys.js';
import type { Parameters } from '../../src/attribution/models/parameters.js';
import { chainOf, type Step } from '../../src/attribution/markov/chain.js';
import { merged } from '../../src/attribution/markov/parts.js';
import { RULE_MODELS } from '../../src/attribution/models/models.js';
import { DEFAULT_SETTINGS, parametersOf } from '../../src/attribution/models/settings.js';
import { insertCredit, transitions } from '../../src/attribution/sql/insert-credit.js';
import { rowCountsSql, sizesOf } from '../../src/attribution/sql/sizes.js';
import { supersede } from '../../src/attribution/sql/supersede.js';
import type { Engine, EngineValue } from '../../src/engine/engine.js';
import { customers, edited, edits, parameters, STANDARD } from '../attribution/arbitrary.js';
import { nanoOf, unifiedRows } from '../attribution/rows.js';
import { pathRows, studyPaths, studySteps } from '../attribution/study.js';
import { clickhouseStore, load, postgresStore, type Store } from './stores.js';

const READ = `SELECT conversion_id, touchpoint_sequence, attribution_model, touchpoint_id, touchpoint_count, customer_id,
  transaction_source, currency, transaction_revenue, data_source, channel, campaign_id, asset_id, attribution_weight,
  revenue_amount FROM revenue_attribution`;

interface Place {
  readonly engine: Engine;
  readonly organization: string;
}

async function write(
  { engine, organization }: Place,
  run: string,
  rules: Parameters,
  { chunks = 1, blockRows = 3, isUpdate = false, hasMerged = false } = {},
): Promise<void> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    const sql = insertCredit(engine.dialect, {
      organization,
      run,
      parameters: rules,
      typed: { revenue: 'decimal' },
      hasMerged,
      chunk,
      chunks,
      blockRows,
      onlySupersededBy: isUpdate ? run : null,
    });
    await engine.work({ organization_id: organization, sql, max_seconds: 60 });
  }
}

async function ask({ engine, organization }: Place, sql: string, runs: readonly string[]): Promise<EngineValue[][]> {
  const query = { sql, params: [], organization_id: organization, attribution_runs: runs, max_seconds: 30 };
  const { batches } = await engine.query(query);
  const rows: EngineValue[][] = [];
  for await (const batch of batches) rows.push(...batch.map((row) => [...row]));
  return rows;
}

async function published(place: Place, runs: readonly string[]): Promise<string[]> {
  const rows = await ask(place, READ, runs);
  return rows
    .map((row) => [...row.slice(0, 8), nanoOf(row[8]), ...row.slice(9, 13), nanoOf(row[13]), nanoOf(row[14])])
    .map((row) => row.map(String).join('|'))
    .sort();
}

/** Ids of the customers whom a run computed anew. */
async function restated(place: Place, run: string): Promise<string[]> {
  const rows = await ask(place, 'SELECT DISTINCT customer_id FROM attribution_superseded', [run]);
  return rows.map(([id]) => String(id)).sort();
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

/** Of hundreds of thousands of lines the text is compared first: `toEqual` would look at them for seconds. */
function expectSame(lines: readonly string[], wanted: readonly string[]): void {
  if (lines.join('\n') !== wanted.join('\n')) expect(lines).toEqual(wanted);
}

/** Made once, for both engines. */
let studied: ReturnType<typeof pathRows> | undefined;
const study = (): ReturnType<typeof pathRows> => (studied ??= pathRows());

const HOUR = 3_600_000;
const CHANNELS = ['meta_ads', 'google_ads', 'email', 'email'];

/** Touches from hour to hour on, then sales from minute to minute, then refunds of some of them. */
function person(n: number, { touches, sales, refunds = 0 }: Record<string, number>): Customer {
  const start = Date.UTC(2026, 0, 1);
  const id = (kind: number, index: number): string =>
    `${kind}${n}000000-0000-5000-8000-${index.toString(16).padStart(12, '0')}`;
  const bought = (index: number): number => start + (touches ?? 0) * 60_000 + index * 1_000;
  const transaction = (kind: number, index: number, at: number, revenue: bigint, order: number): Transaction => ({
    ...{ id: id(kind, index), at, data_source: 'shop', currency: 'USD', revenue, order_id: `${n}-${order}` },
  });
  return {
    id: id(1, 0),
    touchpoints: Array.from({ length: touches ?? 0 }, (_, index): Touchpoint => {
      const channel = CHANNELS[(index + n) % CHANNELS.length] ?? '';
      return {
        ...{ id: id(2, index), at: start + index * 60_000, data_source: channel, channel, campaign_id: null },
        ...{ source_category: 'external_marketing', asset_id: null },
      };
    }),
    transactions: [
      ...Array.from({ length: sales ?? 0 }, (_, index) =>
        transaction(3, index, bought(index), BigInt(1_000 + index) * 10_000_000n, index),
      ),
      ...Array.from({ length: refunds }, (_, index) =>
        transaction(4, index, bought(index) + HOUR, -BigInt(100 + index) * 10_000_000n, index * 7),
      ),
    ],
  };
}

/** Every model that needs no fitting, and two of an organisation's own. */
const standardRules = (): Parameters =>
  parametersOf(
    {
      ...DEFAULT_SETTINGS,
      custom_models: [
        { key: 'by_place', kind: 'position', start: [3, 2], middle: 1, end: [2] },
        { key: 'by_channel', kind: 'channel', weights: { email: 2 }, other: 1 },
      ],
    },
    [...RULE_MODELS, 'shapley', 'by_place', 'by_channel'],
    null,
  );

describe.each([
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
])('attribution on %s', (_name, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  }, 60_000);
  afterAll(() => store.close(), 30_000);

  const numRuns = Number(process.env.ATTRIBUTION_RUNS ?? 12);
  const place = (): Place => ({ engine: store.engine, organization: randomUUID() });

  test('gives the digits of the reference, whatever the journeys, the parameters and the order of the rows', async () => {
    await fc.assert(
      fc.asyncProperty(customers, parameters, fc.constantFrom(1, 2), async (given, rules, chunks) => {
        const here = place();
        const run = randomUUID();
        await load(here.engine, here.organization, unifiedRows(given));
        await write(here, run, rules, { chunks, hasMerged: chunks > 1 });
        expect(await published(here, [run])).toEqual(expected(given, rules));
      }),
      { numRuns, endOnFailure: true },
    );
  }, 120_000);

  test('an update after rows came, moved, changed, or were too old to keep gives what a whole run would', async () => {
    let left = 0;
    await fc.assert(
      fc.asyncProperty(customers, customers, edits, parameters, async (first, more, changed, rules) => {
        const here = place();
        const { engine, organization } = here;
        const [whole, update] = [randomUUID(), randomUUID()];
        await load(engine, organization, unifiedRows(first));
        await write(here, whole, rules);
        const known = new Set(
          first.flatMap(({ touchpoints, transactions }) => [...touchpoints, ...transactions]).map(({ id }) => id),
        );
        const all = new Map(edited(first, changed, rules.lookback_ms).map((customer) => [customer.id, customer]));
        for (const [index, { id: own, touchpoints, transactions }] of more.entries()) {
          // Half of them are customers of before; most new rows are touches only.
          const id = (index % 2 === 0 ? first[index]?.id : undefined) ?? own;
          const old = all.get(id) ?? { id, touchpoints: [], transactions: [] };
          const sold = index % 3 === 0 ? transactions : [];
          all.set(id, {
            id,
            touchpoints: [...old.touchpoints, ...touchpoints.filter((each) => !known.has(each.id))],
            transactions: [...old.transactions, ...sold.filter((each) => !known.has(each.id))],
          });
        }
        const before = await engine.journeys.changes(organization, 'attribution');
        await load(engine, organization, unifiedRows([...all.values()]));
        // It takes ClickHouse a while, so not each time.
        const aged = changed.length % 3 === 0 ? ['email', 'pos'] : [];
        const limits = aged.map((source) => ({ data_source: source, before: '2026-03-08' }));
        if (aged.length > 0) await engine.protection.removeOlder(organization, randomUUID(), limits);
        const kept = ({ data_source, at }: { data_source: string; at: number }): boolean =>
          !aged.includes(data_source) || at >= Date.UTC(2026, 2, 8);
        const after = [...all.values()].map(({ id, touchpoints, transactions }) => ({
          ...{ id, touchpoints: touchpoints.filter(kept), transactions: transactions.filter(kept) },
        }));
        const noted = await engine.journeys.changes(organization, 'attribution');
        const changes = noted.filter((id) => !before.includes(id));
        const chain = [whole];
        if (changes.length > 0) {
          const sql = supersede(engine.dialect, { organization, run: update, chain, changes, parameters: rules });
          await engine.work({ organization_id: organization, sql, max_seconds: 60 });
          await write(here, update, rules, { isUpdate: true });
        }
        left += all.size - (await restated(here, update)).length;
        expect(await published(here, [...chain, update])).toEqual(expected(after, rules));
        // What was published before is still there for whoever reads it.
        expect(await published(here, chain)).toEqual(expected(first, rules));
      }),
      { numRuns, endOnFailure: true },
    );
    expect(left).toBeGreaterThan(0);
  }, 240_000);

  test('only those are restated whose sales a changed touch can reach, and whoever sold or gave back something', async () => {
    const here = place();
    const { engine, organization } = here;
    const rules = standardRules();
    const day = 24 * HOUR;
    // Each has three touches, and an order 183 minutes or so after the first of them.
    const people = [1, 2, 3, 4, 5, 6, 7].map((n) => person(n, { touches: 3, sales: n === 7 ? 0 : 1 }));
    const sold = people[0]?.transactions[0]?.at ?? 0;
    const chain = [randomUUID()];
    await load(engine, organization, unifiedRows(people));
    await write(here, chain[0] ?? '', rules);
    const before = await engine.journeys.changes(organization, 'attribution');
    // Of the first five a touch moves; one gives back, one who never bought comes again.
    const places = [sold, sold + 1, sold - 30 * day, sold - 30 * day - 1];
    const later = people.map((one, n): Customer => {
      const [touch, ...others] = one.touchpoints;
      const extra = touch && { ...touch, id: touch.id.replace(/^./, '9'), at: places[n] ?? sold };
      if (n === 4) return { ...one, touchpoints: others.map((each) => ({ ...each, at: each.at + 90 * day })) };
      if (n === 5) return { ...one, transactions: person(6, { touches: 3, sales: 1, refunds: 1 }).transactions };
      return { ...one, touchpoints: [...one.touchpoints, ...(extra ? [extra] : [])] };
    });
    await load(engine, organization, unifiedRows(later));
    const changes = (await engine.journeys.changes(organization, 'attribution')).filter((id) => !before.includes(id));
    const update = randomUUID();
    const sql = supersede(engine.dialect, { organization, run: update, chain, changes, parameters: rules });
    await engine.work({ organization_id: organization, sql, max_seconds: 60 });
    expect(await restated(here, update)).toEqual([0, 2, 4, 5].map((n) => people[n]?.id));
    await write(here, update, rules, { isUpdate: true });
    // The import left the fifth one's first touch where it was.
    const fifth = { ...(later[4] as Customer) };
    const stays = people[4]?.touchpoints.slice(0, 1) ?? [];
    const now = later.map((one, n) => (n === 4 ? { ...fifth, touchpoints: [...stays, ...fifth.touchpoints] } : one));
    expect(await published(here, [...chain, update])).toEqual(expected(now, rules));
  }, 60_000);

  test('two ids of one person are one journey after an update, and two again when the merge is undone', async () => {
    const here = place();
    const { engine, organization } = here;
    const [phone, laptop, other] = [1, 2, 3].map((n): Customer => person(n, { touches: 3, sales: n - 1 }));
    if (!phone || !laptop || !other) throw new Error('There are three.');
    const rules = standardRules();
    await load(engine, organization, unifiedRows([phone, laptop, other]));
    const chain: string[] = [randomUUID()];
    await write(here, chain[0] ?? '', rules);
    const afterMerge = async (canonical: string): Promise<string[]> => {
      const [change, update] = [randomUUID(), randomUUID()];
      await engine.journeys.mark(organization, change, [phone.id, laptop.id]);
      await engine.journeys.identify(organization, [{ customer_id: phone.id, canonical_id: canonical }]);
      const sql = supersede(engine.dialect, { organization, run: update, chain, changes: [change], parameters: rules });
      await engine.work({ organization_id: organization, sql, max_seconds: 60 });
      await write(here, update, rules, { isUpdate: true, hasMerged: true });
      chain.push(update);
      return published(here, chain);
    };
    const both: Customer = {
      id: laptop.id,
      touchpoints: [...phone.touchpoints, ...laptop.touchpoints],
      transactions: [...phone.transactions, ...laptop.transactions],
    };
    expect(await afterMerge(laptop.id)).toEqual(expected([both, other], rules));
    // Of the merged journey something came of what the phone saw; alone, nothing does.
    expect(await afterMerge(phone.id)).toEqual(expected([phone, laptop, other], rules));
  }, 120_000);

  test('a journey of 10,000 touches and a customer with 1,000 conversions are worked out like any other', async () => {
    const here = place();
    const given = [person(1, { touches: 10_000, sales: 1 }), person(2, { touches: 10, sales: 1_000, refunds: 100 })];
    await load(here.engine, here.organization, unifiedRows(given));
    for (const rules of [standardRules(), { ...standardRules(), reset: true, collapse: 'consecutive' as const }]) {
      const run = randomUUID();
      const [row] = await ask(here, rowCountsSql(here.engine.dialect, null), []);
      const { blockRows } = sizesOf(Number(row?.[0]), Number(row?.[1]));
      await write(here, run, rules, { blockRows });
      expectSame(await published(here, [run]), expected(given, rules));
    }
  }, 240_000);

  test('a published study of 10,000 paths adds up: every model, 19,785 conversions and their value', async () => {
    const here = place();
    const run = randomUUID();
    await load(here.engine, here.organization, study());
    const rules: Parameters = {
      ...STANDARD,
      direct: [],
      models: parametersOf(DEFAULT_SETTINGS, [...RULE_MODELS, 'shapley'], null).models,
    };
    await write(here, run, rules, { blockRows: 1_000 });
    const totals = await ask(
      here,
      'SELECT attribution_model, sum(attribution_weight), sum(revenue_amount) FROM revenue_attribution GROUP BY attribution_model',
      [run],
    );
    expect(totals).toHaveLength(6);
    // Values have up to nine decimals each here; all of them together are the published 74,802.97.
    const value = studyPaths().reduce((sum, path) => sum + path.value, 0n);
    expect(value / 10_000_000n).toBe(7_480_297n);
    for (const [, credit, revenue] of totals)
      expect([nanoOf(credit), nanoOf(revenue)]).toEqual([19_785_000_000_000n, value]);
    // First and last touch of the file itself, by channel.
    for (const [model, index] of [
      ['first_touch', 0],
      ['last_touch', -1],
    ] as const) {
      const rows = await ask(
        here,
        `SELECT channel, sum(attribution_weight), sum(revenue_amount) FROM revenue_attribution WHERE attribution_model = '${model}' GROUP BY channel ORDER BY channel`,
        [run],
      );
      const own = new Map<string, [bigint, bigint]>();
      for (const { path, conversions, value } of studyPaths()) {
        const channel = path.at(index) ?? '';
        const [credit, revenue] = own.get(channel) ?? [0n, 0n];
        own.set(channel, [credit + BigInt(conversions) * 1_000_000_000n, revenue + value]);
      }
      const wanted = [...own].filter(([, [credit]]) => credit > 0n).sort(([a], [b]) => (a < b ? -1 : 1));
      expect(rows.map(([channel, credit, revenue]) => [channel, [nanoOf(credit), nanoOf(revenue)]])).toEqual(wanted);
    }
    const stepsOf = async (order: number): Promise<Step[]> => {
      const statement = {
        ...{ organization: here.organization, run, parameters: rules, typed: { revenue: 'decimal' as const } },
        ...{ hasMerged: false, chunk: 0, chunks: 1, blockRows: 1000, onlySupersededBy: null },
      };
      const rows = await ask(here, transitions(here.engine.dialect, statement, order), []);
      const steps = rows.map(([part, source, target, count]) => ({
        ...{ part: Number(part), source: String(source), target: String(target), count: Number(count) },
      }));
      return merged(steps, null);
    };
    for (const order of [2, 3]) expect(await stepsOf(order)).toEqual(studySteps(order));
    const steps = await stepsOf(1);
    expect(steps).toEqual(studySteps(1));
    const chain = chainOf(steps);
    expect(chain.conversion_probability).toBeCloseTo(19_785 / (19_785 + 68_602), 10);
    expect(chain.effects.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
  }, 120_000);
});
