/** Random customers and parameters, with what makes attribution hard: ties, repeats, refunds, odd currencies, DST days. */
import fc from 'fast-check';
import { SHAPLEY, type Model } from '../../src/attribution/models/models.js';
import type { Parameters } from '../../src/attribution/models/parameters.js';
import type { Customer, Touchpoint, Transaction } from '../../src/attribution/reference/journeys.js';

const DAY = 86_400_000;
/** Around the change to summer time in New York and Berlin. */
const START = Date.UTC(2026, 2, 1);

const hex = (n: number, width: number): string => n.toString(16).padStart(width, '0');
/** Ids whose order as text differs from their order by halves. */
const uuid = (kind: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 0xffffffff }),
    )
    .map(([a, b, c]) => `${hex(a, 8)}-${hex(kind, 4)}-5${hex(b % 4096, 3)}-8${hex(b >> 4, 3)}-${hex(c, 12)}`);

/** A few instants only, so that many fall together, or anywhere to the millisecond. */
const instant = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map((n) => START + n * 3 * DAY),
  fc.integer({ min: 0, max: 60 * DAY }).map((ms) => START + ms),
);

const SOURCES = ['meta_ads', 'google_ads', 'email', 'direct'] as const;
const CHANNELS = ['meta_ads', 'google_ads', 'email', 'direct', 'pod "cast" ü', "o'brien"] as const;

const touchpoint: fc.Arbitrary<Touchpoint> = fc.record({
  id: uuid(1),
  at: instant,
  data_source: fc.constantFrom(...SOURCES),
  source_category: fc.constantFrom('external_marketing', 'platform_native'),
  channel: fc.constantFrom(...CHANNELS),
  campaign_id: fc.option(fc.constantFrom(...[1, 2, 3].map((n) => `0000000${n}-0000-5000-8000-000000000000`))),
  asset_id: fc.option(fc.constantFrom(...[4, 5].map((n) => `0000000${n}-0000-5000-8000-000000000000`))),
});

const amount = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }).map((cents) => BigInt(cents) * 10_000_000n),
  fc.bigInt({ min: 0n, max: 10n ** 13n }),
  fc.bigInt({ min: 0n, max: 10n ** 24n }),
);

const transaction: fc.Arbitrary<Transaction> = fc
  .record({
    id: uuid(2),
    at: instant,
    data_source: fc.constantFrom('shop', 'pos'),
    currency: fc.option(fc.constantFrom('USD', 'JPY', 'KWD')),
    amount,
    isRefund: fc.boolean().map((yes) => yes),
    order_id: fc.option(fc.constantFrom('A1', 'A2', 'A3')),
  })
  .map(({ amount: given, isRefund, ...rest }) => ({ ...rest, revenue: isRefund && given > 0n ? -given : given }));

export const customers: fc.Arbitrary<Customer[]> = fc
  .uniqueArray(
    fc.record({
      id: uuid(3),
      touchpoints: fc.uniqueArray(touchpoint, { maxLength: 12, selector: ({ id }) => id }),
      transactions: fc.uniqueArray(transaction, { maxLength: 4, selector: ({ id }) => id }),
    }),
    { minLength: 1, maxLength: 40, selector: ({ id }) => id },
  )
  // Ids are those of rows: unique over all customers.
  .map((list) => {
    const used = new Set<string>();
    const fresh = <T extends { readonly id: string }>(events: readonly T[]): T[] =>
      events.filter(({ id }) => !used.has(id) && used.add(id));
    return list.map(({ id, touchpoints, transactions }) => ({
      id,
      touchpoints: fresh(touchpoints),
      transactions: fresh(transactions),
    }));
  });

/** A change of one row that is there already; numbers pick a row, a sale or a customer from what there is. */
export interface Edit {
  readonly kind: 'move_touch' | 'touch_beside_sale' | 'rename_touch' | 'give_touch' | 'move_sale';
  readonly row: number;
  readonly other: number;
  readonly to: number;
  /** Milliseconds from the sale, or from where its lookback begins. */
  readonly off: number;
  readonly atLookback: boolean;
}

export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'move_touch',
      'touch_beside_sale',
      'touch_beside_sale',
      'rename_touch',
      'give_touch',
      'move_sale',
    ),
    row: fc.nat(1_000),
    other: fc.nat(1_000),
    to: instant,
    off: fc.integer({ min: -1, max: 1 }),
    atLookback: fc.boolean(),
  }),
  { maxLength: 12 },
);

/** The customers after the edits, one after the other. */
export function edited(given: readonly Customer[], changes: readonly Edit[], lookback: number): Customer[] {
  const all = given.map(({ id, touchpoints, transactions }) => ({
    ...{ id, touchpoints: [...touchpoints], transactions: [...transactions] },
  }));
  const nth = <T>(list: readonly T[], n: number): T | undefined => list[n % list.length];
  for (const { kind, row, other, to, off, atLookback } of changes) {
    const sells = kind === 'move_sale';
    const owner = nth(
      all.filter((one) => (sells ? one.transactions : one.touchpoints).length > 0),
      row,
    );
    if (!owner) continue;
    const { touchpoints, transactions } = owner;
    if (sells) {
      const at = row % transactions.length;
      transactions.splice(at, 1, ...transactions.slice(at, at + 1).map((sale) => ({ ...sale, at: to })));
      continue;
    }
    const sale = nth(transactions, other);
    const [touch] = touchpoints.splice(row % touchpoints.length, 1);
    if (!touch) continue;
    const beside = sale ? sale.at + off - (atLookback ? lookback : 0) : to;
    if (kind === 'give_touch') nth(all, other)?.touchpoints.push(touch);
    else if (kind === 'rename_touch') touchpoints.push({ ...touch, channel: CHANNELS[other % CHANNELS.length] ?? '' });
    else touchpoints.push({ ...touch, at: kind === 'move_touch' ? to : beside });
  }
  return all;
}

const weight = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9_000_000_000 }), fc.integer({ min: 0, max: 5 }));

export const models: fc.Arbitrary<Model[]> = fc
  .record({
    half: fc.oneof(fc.constant(7 * DAY), fc.integer({ min: 1, max: 400 * DAY })),
    first: fc.integer({ min: 0, max: 500_000_000 }),
    last: fc.integer({ min: 0, max: 500_000_000 }),
    start: fc.array(weight, { maxLength: 3 }),
    middle: weight,
    end: fc.array(weight, { maxLength: 3 }),
    channels: fc.uniqueArray(fc.tuple(fc.constantFrom(...CHANNELS), weight), {
      selector: ([key]) => key,
      maxLength: 5,
    }),
    other: weight,
    spread: fc.boolean(),
  })
  .map(({ half, first, last, start, middle, end, channels, other, spread }): Model[] => [
    { key: 'first_touch', weighing: { kind: 'first' } },
    { key: 'last_touch', weighing: { kind: 'last' } },
    { key: 'linear', weighing: { kind: 'linear' } },
    { key: 'time_decay', weighing: { kind: 'decay', half_life_ms: half } },
    { key: 'position_based', weighing: { kind: 'position', first, middle: 1_000_000_000 - first - last, last } },
    { key: 'by_place', weighing: { kind: 'places', start, middle, end } },
    { key: 'by_channel', weighing: { kind: 'channels', weights: channels, other, spread } },
    { key: 'shapley', weighing: SHAPLEY },
  ]);

export const STANDARD: Omit<Parameters, 'models'> = {
  lookback_ms: 30 * DAY,
  direct: ['direct'],
  collapse: 'none',
  reset: false,
  by: 'channel',
  touch: { source_categories: ['platform_native', 'external_marketing'], data_sources: [] },
  conversion: { source_categories: ['external_revenue'], data_sources: [] },
  revenue_field: 'revenue',
  refund_field: 'refunds',
  order_field: 'order_id',
  range: null,
};

export const parameters: fc.Arbitrary<Parameters> = fc
  .record({
    models,
    lookback_ms: fc.oneof(fc.constant(30 * DAY), fc.integer({ min: 0, max: 70 * DAY })),
    direct: fc.constantFrom([], ['direct'], ['direct', 'email']),
    collapse: fc.constantFrom('none' as const, 'consecutive' as const),
    reset: fc.boolean(),
    by: fc.constantFrom('data_source' as const, 'channel' as const, 'campaign_id' as const),
    range: fc.option(
      fc.tuple(instant, instant).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
      { freq: 3 },
    ),
  })
  .map((given) => ({ ...STANDARD, ...given }));
