/**
 * The rows that every engine is given. Each scenario has a `data_source` of its own, so that a case can ask for just
 * its rows; expected numbers in the cases are worked out by hand from here.
 */
import { createHash } from 'node:crypto';
import type { UnifiedRow } from '../../src/engine/engine.js';

export const ORGANIZATION = '11111111-1111-4111-8111-111111111111';
export const OTHER_ORGANIZATION = '22222222-2222-4222-8222-222222222222';
export const ANNA = 'aaaaaaaa-0000-4000-8000-000000000001';
export const BERT = 'aaaaaaaa-0000-4000-8000-000000000002';

/** Numbers with a fraction are written as text here, as the import does; so no value is ever a float. */
export type Payload = { readonly [key: string]: string | number | boolean | null | Payload };
export interface Given {
  readonly at: string;
  readonly source: string;
  readonly payload: Payload;
  readonly customer?: string;
  readonly currency?: string;
  readonly attribution?: Payload;
}

const canonical = (value: Payload[string]): string =>
  typeof value === 'object' && value !== null
    ? `{${Object.keys(value)
        .sort()
        .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`)
        .join(',')}}`
    : JSON.stringify(value);

export function row(given: Given, index: number): UnifiedRow {
  const hash = createHash('sha256')
    .update(`${index}:${JSON.stringify(given)}`)
    .digest('hex');
  return {
    id: `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`,
    recorded_at: given.at.length === 10 ? `${given.at}T00:00:00.000Z` : given.at.replace(/Z$/, '.000Z'),
    data_source: given.source,
    source_category: 'external_marketing',
    campaign_id: null,
    customer_id: given.customer ?? null,
    asset_id: null,
    currency: given.currency ?? 'USD',
    data_payload: canonical(given.payload),
    attribution_data: given.attribution === undefined ? null : canonical(given.attribution),
    content_hash: hash.slice(0, 16),
    line: index + 1,
  };
}

const DAY = '2026-01-05';

/** Aggregations, missing values, and texts where a number should be. */
const MIXED: readonly Given[] = [
  {
    at: DAY,
    source: 'mixed',
    customer: ANNA,
    payload: { spend: '0.1', revenue: '10', clicks: 4, impressions: 100, device: 'mobile', score: '0.5', items: 1 },
  },
  {
    at: DAY,
    source: 'mixed',
    customer: ANNA,
    payload: { spend: '0.2', revenue: '0.35', clicks: 6, impressions: 300, device: 'desktop', score: 2, items: '1.4' },
  },
  {
    at: DAY,
    source: 'mixed',
    customer: BERT,
    payload: { spend: '0.2', clicks: 0, impressions: 50, device: 'mobile', score: 'n/a', items: '0.6' },
  },
  { at: DAY, source: 'mixed', payload: { impressions: 7, device: null, score: '1.25' } },
  { at: DAY, source: 'mixed', payload: { device: '', score: null, clicks: null } },
];

/** Spends are powers of two, so that a sum says which rows it holds. */
const FILTERED: readonly Given[] = (<Payload[]>[
  { device: 'Ünïcode 日本', spend: '1', position: 1, bid: '1.5', is_new: true, landed: '2026-01-01' },
  { device: 'O\'Brien "q" \\ back', spend: '2', position: 2, bid: '2', is_new: false, landed: '2026-01-31T23:59:59Z' },
  { device: '100% _sure_', spend: '4', position: 3, bid: '2.000000001', is_new: 'yes', landed: '2026-02-01' },
  { device: '100 per cent', spend: '8', position: 10, bid: '-1', is_new: 'No', landed: '31.01.2026' },
  { device: 'apple', spend: '16', position: '10', bid: '10', is_new: 'maybe', landed: '2026-13-01' },
  { device: 'Banana', spend: '32', position: 'second', bid: '1e3', is_new: 1, landed: 20260101 },
  { spend: '64' },
]).map((payload) => ({ at: DAY, source: 'filtered', payload }));

const NESTED: readonly Given[] = (<Payload[]>[
  { client: { 'os name': 'iOS', deep: { er: 1 } }, costs: { fees: '0.25' } },
  { client: { 'os name': 'Android' }, costs: { fees: 2 } },
  { client: 'flat', costs: 'flat' },
  { client: { 'os name': { not: 'a text' } }, costs: { other: 1 } },
]).map((payload, index) => ({
  at: DAY,
  source: 'nested',
  payload,
  ...(index === 0 ? { attribution: { model: 'linear' } } : {}),
}));

/** Scores with and without a weight, over days of which some have none. */
const MEASURED: readonly Given[] = (<[string, Payload][]>[
  ['2026-01-01', { device: 'm', score: 1, impressions: 10, spend: 3 }],
  ['2026-01-01', { device: 'd', score: 2 }],
  ['2026-01-02', { device: 'm', impressions: 100 }],
  ['2026-01-04', { device: 'm', score: '0.5', impressions: 30, spend: 4 }],
  ['2026-01-04', { device: 'd', score: -1, impressions: 0 }],
  ['2026-01-06', { device: 'd', score: 4, impressions: 20, spend: '0.01' }],
]).map(([at, payload]) => ({ at, source: 'measured', payload }));

/** Decimals that no float can add, sums beyond 2^53 and 2^63, and divisions that do not end. */
const EXACT: readonly Given[] = [
  ...Array.from({ length: 10 }, () => ({ at: DAY, source: 'tenths', payload: { spend: '0.1', score: '0.1' } })),
  ...Array.from({ length: 3 }, () => ({
    at: DAY,
    source: 'large',
    payload: { spend: '99999999999999999.999999999', clicks: 9007199254740991, score: '99999999999999999.999999999' },
  })),
  ...Array.from({ length: 1100 }, () => ({
    at: DAY,
    source: 'huge_clicks',
    payload: { clicks: 9007199254740991, items: 9007199254740991 },
  })),
  { at: DAY, source: 'thirds', payload: { spend: 1, revenue: '0.000000001', clicks: 3, score: 1 } },
  { at: DAY, source: 'thirds', payload: { spend: 0, revenue: 0, clicks: 0, score: 0 } },
  { at: DAY, source: 'thirds', payload: { score: 1 } },
  { at: DAY, source: 'free', payload: { spend: 0, revenue: 5, clicks: 0 } },
  { at: DAY, source: 'negative', payload: { spend: '-0.000000005', revenue: '-2.5', clicks: 2 } },
];

/** Texts that are nearly numbers, days or truth values: the first few are, the rest must be nothing in both engines. */
const ODD: readonly Given[] = [
  ['1', '2026-01-01', 'TRUE'],
  ['-0.000000001', '2024-02-29T00:00', 'No'],
  ['99999999999999999999', '2026-12-31 10:00', '1'],
  ...[
    ['1e5', ' 1', '+1', '.5', '1.', '--1', '0x10', '', '-', '1_000', '1,5', '1\n', '\u00a01', '١', 'Infinity', 'NaN'],
    ['1.1234567891', '123456789012345678901234567890', '1 ', '1.2.3', '−1'],
  ].flatMap((texts) => texts.map((text) => [text, `2026-01-0${text}`, ` ${text}`] as const)),
  ['2026-01-01', '2026-13-01', 'truth'],
  ['true', '2026-00-10', 'y'],
  ['[1]', '2026-01-32', '0.0'],
  ['{}', '20260101', '2'],
  ['null', '2026-01-01x', 'null'],
].map(([score = '', landed = '', is_new = '']) => ({ at: DAY, source: 'odd', payload: { score, landed, is_new } }));

const LETTERS: readonly Given[] = ['İstanbul', 'ΟΔΟΣ', 'Straße', 'ÇAĞRI', 'e\u0301'].map((device, index) => ({
  at: DAY,
  source: 'letters',
  payload: { device, spend: 2 ** index },
}));

/** Instants around the days on which clocks change, and around the ends of days, weeks, quarters and years. */
const TIMED: readonly Given[] = [
  // New York: at 2026-03-08T07:00Z the clock goes from 02:00 to 03:00.
  ['spring', '2026-03-08T04:59:59Z', 1],
  ['spring', '2026-03-08T05:00:00Z', 2],
  ['spring', '2026-03-08T06:59:59Z', 4],
  ['spring', '2026-03-08T07:00:00Z', 8],
  ['spring', '2026-03-09T03:59:59Z', 16],
  ['spring', '2026-03-09T04:00:00Z', 32],
  // New York: at 2026-11-01T06:00Z the clock goes from 02:00 back to 01:00.
  ['autumn', '2026-11-01T03:59:59Z', 1],
  ['autumn', '2026-11-01T04:00:00Z', 2],
  ['autumn', '2026-11-01T05:30:00Z', 4],
  ['autumn', '2026-11-01T06:30:00Z', 8],
  ['autumn', '2026-11-02T04:59:59Z', 16],
  ['autumn', '2026-11-02T05:00:00Z', 32],
  // Kolkata is five and a half hours ahead.
  ['half_hour', '2026-01-05T18:29:59Z', 1],
  ['half_hour', '2026-01-05T18:30:00Z', 2],
  ['half_hour', '2026-01-05T18:44:59Z', 4],
  ['half_hour', '2026-01-05T18:45:00Z', 8],
  ['half_hour', '2026-01-05T19:30:00Z', 16],
  // 2026-01-04 is a Sunday.
  ['calendar', '2025-12-31T23:59:59Z', 1],
  ['calendar', '2026-01-01T00:00:00Z', 2],
  ['calendar', '2026-01-03T12:00:00Z', 4],
  ['calendar', '2026-01-04T12:00:00Z', 8],
  ['calendar', '2026-01-05T12:00:00Z', 16],
  ['calendar', '2026-03-31T23:00:00Z', 32],
  ['calendar', '2026-04-01T00:00:00Z', 64],
  ['calendar', '1969-07-20T20:17:00Z', 128],
].map(([source, at, clicks]) => ({ source: String(source), at: String(at), payload: { clicks: Number(clicks) } }));

/** Groups of known sizes: source `groups`, device d0 … d9; device dN has N+1 rows of spend 1. */
const GROUPS: readonly Given[] = Array.from({ length: 10 }, (_, device) =>
  Array.from({ length: device + 1 }, (_, index) => ({
    at: `2026-02-0${(index % 5) + 1}`,
    source: 'groups',
    payload: { device: `d${device}`, spend: 1, revenue: device, reach: 10, impressions: 20 },
  })),
).flat();

/** Spends are powers of two, over three years; `m` and `d` are devices. */
const PERIODS: readonly Given[] = (<const>[
  ['2024-02-29', 'd', 512],
  ['2025-02-01', 'm', 128],
  ['2025-02-28', 'd', 256],
  ['2026-01-01', 'm', 1, ANNA, 2],
  ['2026-01-15T11:00:00Z', 'm', 2, BERT],
  ['2026-01-15T13:00:00Z', 'm', 4],
  ['2026-01-31', 'd', 8],
  ['2026-02-01', 'm', 16, ANNA, 8],
  ['2026-02-15T11:00:00Z', 'd', 32, ANNA, 16],
  ['2026-02-15T13:00:00Z', 'm', 64],
]).map(([at, device, spend, customer, revenue]) => ({
  at,
  source: 'periods',
  ...(customer ? { customer } : {}),
  payload: { device, spend, is_new: true, items: '0.5', ...(revenue ? { revenue } : {}) },
}));

export const ROWS: readonly UnifiedRow[] = [
  ...MIXED,
  ...FILTERED,
  ...NESTED,
  ...MEASURED,
  ...EXACT,
  ...TIMED,
  ...ODD,
  ...LETTERS,
  ...GROUPS,
  ...PERIODS,
].map(row);

/** Another organisation's rows, in the same sources: no answer may ever hold them. */
export const OTHER_ROWS: readonly UnifiedRow[] = ['mixed', 'filtered', 'groups', 'calendar'].map((source, index) =>
  row({ at: DAY, source, payload: { spend: 1_000_000, clicks: 1_000_000, device: 'theirs' } }, index + 10_000),
);
