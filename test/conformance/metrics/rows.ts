/** Rows for the kinds of metrics; each scenario has a `data_source` of its own. */
import type { UnifiedRow } from '../../../src/engine/engine.js';
import { randomFrom } from '../random-requests.js';
import { ANNA, BERT, row, type Given, type Payload } from '../rows.js';

/** Values that try to get out of their quotes, in either dialect, in Cube's templates and in drivers. */
export const HOSTILE: readonly string[] = [
  `O'Brien`,
  `'; DROP TABLE unified_marketing_data; --`,
  `\\' OR 1=1 --`,
  `\\`,
  '`${CUBE}`',
  '${CUBE.spend}',
  '?',
  '$1',
  '{name:String}',
  '\u0001spend\u0002',
  '%_',
  'a\nb\r\t',
  `"double"`,
  '日本 Ünïcode 🎈',
  '$$quoted$$',
  `E'\\x41'`,
  ') OR (1=1',
  '/* comment',
];

const at = (time: string, source: string, payload: Payload, more: Partial<Given> = {}): Given => ({
  at: time,
  source,
  payload,
  ...more,
});

const customer = (number: number): string => `cccccccc-0000-4000-8000-00000000000${number}`;
const step = (time: string, source: string, what: string, who: number | null, device: string, spend?: number): Given =>
  at(
    time,
    source,
    { step: what, device, ...(spend === undefined ? {} : { spend }) },
    who === null ? {} : { customer: customer(who) },
  );

/** Clicks on ads and in social media, and orders in the shop. Spends are powers of two. */
const STEPS: readonly Given[] = [
  step('2026-01-02T10:00:00Z', 'ads', 'click', 1, 'm', 1),
  step('2026-01-03T10:00:00Z', 'social', 'click', 1, 'd', 2),
  step('2026-01-05T10:00:00Z', 'shop', 'order', 1, 'd'),
  // Exactly seven days, and a second more.
  step('2026-01-02T10:00:00Z', 'social', 'click', 2, 'd', 4),
  step('2026-01-09T10:00:00Z', 'shop', 'order', 2, 'd'),
  step('2026-01-02T10:00:00Z', 'ads', 'click', 3, 'm', 8),
  step('2026-01-09T10:00:01Z', 'shop', 'order', 3, 'm'),
  // The order was before the click.
  step('2026-01-01T00:00:00Z', 'shop', 'order', 4, 'm'),
  step('2026-01-04T00:00:00Z', 'ads', 'click', 4, 'd', 16),
  // In February in Berlin; ordered after January ends.
  step('2026-01-31T23:30:00Z', 'ads', 'click', 5, 'd', 32),
  step('2026-02-03T00:00:00Z', 'shop', 'order', 5, 'd'),
  // At one instant.
  step('2026-01-10T00:00:00Z', 'ads', 'click', 6, 'm', 64),
  step('2026-01-10T00:00:00Z', 'shop', 'order', 6, 'm'),
  step('2026-01-20T00:00:00Z', 'shop', 'order', 6, 'm'),
  step('2026-01-12T00:00:00Z', 'ads', 'click', null, 'm', 128),
  // Two first visits at one instant.
  step('2026-01-15T00:00:00Z', 'one', 'visit', 7, 'm'),
  step('2026-01-15T00:00:00Z', 'two', 'visit', 7, 'd'),
  step('2026-01-15T12:00:00Z', 'two', 'sign', 7, 'd'),
];

const GIVEN: readonly Given[] = [
  // Stock levels: two accounts, reported at some moments.
  at('2026-01-05T00:00:00Z', 'stock', { device: 'a', stock: '5', clicks: 3, spend: '1.5' }, { customer: ANNA }),
  at(
    '2026-01-05T10:00:00Z',
    'stock',
    { device: 'a', stock: '7.25', clicks: 9, spend: '0.000000001' },
    { customer: ANNA },
  ),
  at('2026-01-05T10:00:00Z', 'stock', { device: 'b', stock: 2, clicks: 1, spend: '-4' }, { customer: BERT }),
  at('2026-01-06T00:00:00Z', 'stock', { device: 'b', clicks: 5 }),
  at('2026-01-06T00:00:00Z', 'stock', { device: 'a', stock: 0, spend: '2.5' }),
  at('2026-01-06T09:00:00Z', 'stock', { device: 'b', stock: 'n/a', clicks: 2, spend: '1.5' }),
  // The largest values that there can be.
  at('2026-01-05', 'edge', {
    stock: '99999999999999999999.999999999',
    spend: '99999999999999999999',
  }),
  at('2026-01-05', 'edge', {
    stock: '99999999999999999999.999999999',
    spend: '99999999999999999998',
  }),
  at('2026-01-05', 'edge', { clicks: 9007199254740991 }),
  at('2026-01-05', 'edge', { clicks: 9007199254740989 }),
  // Around midnight and a change of clocks: Berlin is an hour ahead, New York five behind.
  at('2026-01-04T23:30:00Z', 'clock', { clicks: 1 }),
  at('2026-01-05T00:00:00Z', 'clock', { clicks: 2 }),
  at('2026-03-29T01:30:00Z', 'clock', { clicks: 4 }),
  at('1969-12-31T23:59:59Z', 'clock', { clicks: 8 }),
  at('2026-01-05', 'days', { landed: '2024-02-29', clicks: 1 }),
  at('2026-01-05', 'days', { landed: '2000-01-01T10:00', clicks: 2 }),
  at('2026-01-05', 'days', { landed: '2026-02-31', clicks: 4 }),
  at('2026-01-05', 'days', { landed: 'no day', clicks: 8 }),
  at('2026-01-05', 'days', { landed: '0001-12-31', clicks: 16 }),
  ...STEPS,
  ...HOSTILE.map((device, index) => at('2026-01-05', 'hostile', { device, spend: 2 ** index, clicks: 1 })),
];

export const METRIC_ROWS: readonly UnifiedRow[] = GIVEN.map((given, index) => row(given, 50_000 + index));

const random = randomFrom(3);
const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
/** What forty customers did, by the hour, often at the same time. */
export const EVENT_ROWS: readonly UnifiedRow[] = Array.from({ length: 500 }, (_, index) => {
  const hours = Math.floor(random() * 24 * 60);
  const who = Math.floor(random() * 40);
  return row(
    {
      at: new Date(Date.UTC(2025, 11, 1) + hours * 3_600_000).toISOString().replace('.000', ''),
      source: oneOf(['north', 'south']),
      payload: { step: oneOf(['seen', 'seen', 'reached']), device: oneOf(['m', 'd', 't']) },
      ...(who === 0 ? {} : { customer: `dddddddd-0000-4000-8000-0000000000${String(who).padStart(2, '0')}` }),
    },
    60_000 + index,
  );
});

/** Of two visits at one instant the first is the one with the lower id. */
export const FIRST_VISIT = [...METRIC_ROWS]
  .sort((a, b) => (a.id < b.id ? -1 : 1))
  .find(({ data_source: source, data_payload: payload }) => /^(one|two)$/.test(source) && payload.includes('visit'));
