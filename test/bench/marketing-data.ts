/** Rows of marketing data, made inside the engine; the same rows on every run. */
import type { Session } from 'chdb';
import { DATA_TABLE } from '../../src/engine/clickhouse/tables.js';

/** SQL of the currency of a row: all of them the same; or most in dollars, as many in euros as in pounds. */
export const USD_ONLY = `'USD'`;
export const THREE_CURRENCIES = `['USD', 'USD', 'EUR', 'GBP'][intHash32(number) % 4 + 1]`;

/** 1 January 2025 and the 395 days after it: thirteen months. */
export const DAYS = 396;

const random = (salt: number): string => `intHash32(number * 16 + ${salt})`;
const id = (text: string): string => `toUUID(UUIDNumToString(MD5(${text})))`;
const cents = (salt: number, most: number): string => `toString(toDecimal64(${random(salt)} % ${most}, 2) / 100)`;

/**
 * Four ad platforms and a shop × 40 campaigns × 3 devices × ad sets × 396 days, an hour of the day each. Only the shop's
 * rows have customers, 200,000 of them. Payloads are what an import writes: amounts as text, counts as numbers.
 */
export function insertMarketingData(session: Session, organizationId: string, rows: number, currency: string): void {
  session.query(`
INSERT INTO ${DATA_TABLE} (organization_id, id, recorded_at, data_source, source_category, campaign_id, customer_id, currency,
  data_payload, attribution_data, content_hash, version)
WITH
  number % ${DAYS} AS day,
  intDiv(number, ${DAYS}) % 5 AS source,
  intDiv(number, ${DAYS} * 5) % 3 AS device,
  concat('Campaign ', toString(intDiv(number, ${DAYS} * 15) % 40)) AS campaign
SELECT
  '${organizationId}',
  ${id(`concat('row ', toString(number))`)},
  toDateTime64('2025-01-01 00:00:00', 3, 'UTC') + toIntervalDay(day) + toIntervalHour(${random(0)} % 24),
  ['meta_ads', 'google_ads', 'tiktok_ads', 'pinterest_ads', 'shopify_orders'][source + 1],
  if(source = 4, 'external_revenue', 'external_marketing'),
  ${id('campaign')},
  if(source = 4, ${id(`concat('customer ', toString(${random(1)} % 200000))`)}, NULL),
  ${currency},
  concat(
    '{"campaign_name":"', campaign, '","device":"', ['mobile', 'desktop', 'tablet'][device + 1], '"',
    if(source = 4,
      concat(',"orders":1,"revenue":"', ${cents(2, 30_000)}, '"'),
      concat(',"clicks":', toString(${random(3)} % 500), ',"conversions":"', ${cents(4, 2_000)},
        '","impressions":', toString(500 + ${random(5)} % 20000), ',"revenue":"', ${cents(6, 90_000)},
        '","spend":"', ${cents(7, 40_000)}, '"')),
    '}'),
  '{}',
  intHash64(number),
  1
FROM numbers(${rows})`);
}
