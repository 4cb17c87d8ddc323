/** What always holds of credit, on the plain reference that both engines are compared with, digit by digit. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { minorUnit } from '../../src/attribution/exact/currency.js';
import { WHOLE_CREDIT } from '../../src/attribution/models/models.js';
import { DEFAULT_SETTINGS, parametersOf, settingsFaults } from '../../src/attribution/models/settings.js';
import type { Parameters } from '../../src/attribution/models/parameters.js';
import { attribute, type CreditRow } from '../../src/attribution/reference/credit.js';
import type { Customer, Touchpoint } from '../../src/attribution/reference/journeys.js';
import { customers, parameters } from './arbitrary.js';

const DAY = 86_400_000;
const WHOLE = BigInt(WHOLE_CREDIT);
const byConversion = (rows: readonly CreditRow[]): CreditRow[][] => {
  const found = new Map<string, CreditRow[]>();
  for (const row of rows) found.set(row.conversion.id, [...(found.get(row.conversion.id) ?? []), row]);
  return [...found.values()];
};
const sum = (values: readonly (bigint | undefined)[]): bigint =>
  values.reduce<bigint>((all, value) => all + (value ?? 0n), 0n);
const plain = (rows: readonly CreditRow[]): string[] =>
  rows
    .map(({ conversion, touch, credits, revenues }) => [conversion.id, touch?.id, credits, revenues].join('|'))
    .sort();

/** A random order of a list, from a list of numbers. */
const shuffled = <T>(list: readonly T[], keys: readonly number[]): T[] =>
  list
    .map((item, index) => ({ item, key: keys[index % keys.length] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

describe('credit of random journeys', () => {
  test('is 1 and the whole revenue per conversion, by every model; what counts for nothing has none', () => {
    fc.assert(
      fc.property(customers, parameters, (given, rules) => {
        for (const rows of byConversion(attribute(given, rules))) {
          const [{ conversion } = rows[0] as CreditRow] = rows;
          rules.models.forEach((_, index) => {
            expect(sum(rows.map(({ credits }) => credits[index]))).toBe(conversion.counts ? WHOLE : 0n);
            expect(sum(rows.map(({ revenues }) => revenues[index]))).toBe(conversion.revenue);
          });
        }
      }),
    );
  });

  test('carries all revenue, refunds included: nothing vanishes, whatever the window', () => {
    fc.assert(
      fc.property(customers, parameters, (given, rules) => {
        const all = sum(given.flatMap(({ transactions }) => transactions.map(({ revenue }) => revenue)));
        const rows = attribute(given, { ...rules, range: null });
        rules.models.forEach((_, index) => expect(sum(rows.map(({ revenues }) => revenues[index]))).toBe(all));
      }),
    );
  });

  test('is the same in whatever order the rows come', () => {
    const keys = fc.array(fc.nat(), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(customers, parameters, keys, (given, rules, order) => {
        const mixed = shuffled(given, order).map((customer) => ({
          ...customer,
          touchpoints: shuffled(customer.touchpoints, order),
          transactions: shuffled(customer.transactions, order),
        }));
        expect(plain(attribute(mixed, rules))).toEqual(plain(attribute(given, rules)));
      }),
    );
  });

  test('is linear in revenue: the same credit, and a touch’s money is its credit of it to the minor unit', () => {
    const times = fc.bigInt({ min: 2n, max: 1_000n });
    fc.assert(
      fc.property(customers, parameters, times, (given, rules, factor) => {
        const larger = given.map((customer) => ({
          ...customer,
          transactions: customer.transactions.map((sale) => ({ ...sale, revenue: sale.revenue * factor })),
        }));
        const after = new Map(attribute(larger, rules).map((row) => [`${row.conversion.id}|${row.touch?.id}`, row]));
        for (const row of attribute(given, rules)) {
          const scaled = after.get(`${row.conversion.id}|${row.touch?.id}`);
          expect(scaled?.credits).toEqual(row.credits);
          expect(scaled?.conversion.revenue).toBe(row.conversion.revenue * factor);
          const unit = minorUnit(row.conversion.currency);
          for (const { conversion, credits, revenues } of scaled && row.touch ? [row, scaled] : [])
            credits.forEach((credit, index) => {
              const off = (revenues[index] ?? 0n) * WHOLE - conversion.revenue * credit;
              // One unit by largest remainder, and one touch has what is below a unit.
              expect(off < 2n * unit * WHOLE && off > -2n * unit * WHOLE).toBe(true);
            });
        }
      }),
    );
  });
});

describe('the worked examples', () => {
  const journey = (days: readonly number[], channels: readonly string[], at: number, revenue: bigint): Customer => ({
    id: 'customer',
    touchpoints: days.map((day, index): Touchpoint => {
      const channel = channels[index] ?? `c${index}`;
      const source = { data_source: channel, source_category: 'external_marketing', channel };
      return { id: `t${index}`, at: day * DAY, ...source, campaign_id: null, asset_id: null };
    }),
    transactions: [
      {
        id: 'sale',
        at: at * DAY,
        data_source: 'shop',
        currency: 'USD',
        revenue: revenue * 1_000_000_000n,
        order_id: null,
      },
    ],
  });
  const cents = (customer: Customer, rules: Partial<Parameters>, model: string): number[] =>
    attribute([customer], { ...parametersOf(DEFAULT_SETTINGS, [model], null), ...rules }).map(
      ({ revenues }) => Number((revenues[0] ?? 0n) / 10_000n) / 100_000,
    );

  test('$12,000 over 38 days, and $140 over direct, organic, direct', () => {
    const deal = journey([0, 5, 12, 30, 38], [], 38, 12_000n);
    const long = { lookback_ms: 60 * DAY };
    expect(cents(deal, long, 'time_decay')).toEqual([175.19, 287.44, 574.88, 3417.04, 7545.45]);
    expect(cents(deal, long, 'position_based')).toEqual([4800, 800, 800, 800, 4800]);
    const back = journey([1, 2, 3], ['direct', 'organic', 'direct'], 4, 140n);
    expect(cents(back, { direct: [] }, 'position_based')).toEqual([56, 28, 56]);
    expect(cents(back, { direct: ['direct'] }, 'position_based')).toEqual([140]);
  });

  test('the window reaches back to the millisecond, over a change to summer time as over any day', () => {
    const noon = Date.UTC(2026, 2, 29, 12) / DAY;
    const days = [noon - 30 - 1 / DAY, noon - 30, noon, noon + 1 / DAY];
    expect(cents(journey(days, [], noon, 10n), {}, 'linear')).toEqual([5, 5]);
  });
});

describe('models of an organisation', () => {
  const faults = (custom_models: unknown): string[] =>
    settingsFaults({ ...DEFAULT_SETTINGS, custom_models } as never).map(({ pointer }) => pointer);
  const position = { key: 'closer', kind: 'position', start: [1], middle: 1, end: [3] };

  test('are refused where they mean nothing, each fault where it is', () => {
    expect(faults([position, { key: 'mail', kind: 'channel', weights: { email: 2 }, other: 0 }])).toEqual([]);
    expect(faults([{ ...position, middle: -1 }])).toEqual(['/custom_models/0']);
    expect(faults([{ ...position, start: [0], middle: 0, end: [0] }])).toEqual(['/custom_models/0']);
    expect(faults([{ key: 'mail', kind: 'channel', weights: { email: 'much' }, other: 0 }])).toEqual([
      '/custom_models/0',
    ]);
    expect(faults([{ ...position, key: 'linear' }])).toEqual(['/custom_models/0/key']);
    expect(faults([position, position])).toEqual(['/custom_models/1/key']);
    expect(faults([{ ...position, kind: 'by_feeling' }])).toEqual(['/custom_models/0/kind']);
  });
});
