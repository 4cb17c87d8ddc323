/** Customers who were touched, and who paid, in several currencies. */
import type { UnifiedRow } from '../../../src/engine/engine.js';
import { moneyRow } from './model.js';

export const ANNA = '0a000000-0000-4000-8000-00000000000a';
/** Anna on another device. */
export const ANNA_TOO = '0a000000-0000-4000-8000-0000000000aa';
const BERT = '0b000000-0000-4000-8000-00000000000b';
/** Paid in yen, for which there is no rate. */
export const CHIYO = '0c000000-0000-4000-8000-00000000000c';

type Payload = Readonly<Record<string, string | number>>;
const GIVEN: readonly (readonly [string, string | null, string, string | null, Payload])[] = [
  ['2026-01-02T08:00:00.000Z', ANNA, 'meta_ads', 'EUR', { cost: 10, campaign_name: 'Brand' }],
  ['2026-01-05T08:00:00.000Z', ANNA, 'shop', 'USD', { revenue: 100 }],
  ['2026-01-06T08:00:00.000Z', ANNA, 'shop', 'EUR', { revenue: 50, refunds: 10 }],
  // After the first conversion: no cost of winning her.
  ['2026-01-06T09:00:00.000Z', ANNA, 'meta_ads', 'EUR', { cost: 5, campaign_name: 'Brand' }],
  ['2026-01-06T10:00:00.000Z', ANNA_TOO, 'shop', null, { revenue: 7 }],
  ['2026-01-02T09:00:00.000Z', BERT, 'google_ads', null, { clicks: 1, campaign_name: 'Spring' }],
  ['2026-01-05T09:00:00.000Z', BERT, 'shop', 'GBP', { revenue: 20 }],
  ['2026-01-02T10:00:00.000Z', null, 'google_ads', 'EUR', { spend: 3, campaign_name: 'Spring' }],
  ['2026-01-05T10:00:00.000Z', null, 'google_ads', 'USD', { spend: 1, campaign_name: 'Spring' }],
];

const rowOf = ([at, customer, source, currency, payload]: (typeof GIVEN)[number], index: number): UnifiedRow => ({
  ...moneyRow(1_000 + index, at, source, currency, payload),
  customer_id: customer,
  source_category: source === 'shop' ? 'external_revenue' : 'external_marketing',
});
export const CUSTOMER_ROWS = GIVEN.map(rowOf);
export const CHIYO_ROWS = [rowOf(['2026-02-10T08:00:00.000Z', CHIYO, 'shop', 'JPY', { revenue: 9000 }], 100)];
