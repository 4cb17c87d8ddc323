/** Rows of marketing data, made inside the engine; the same rows on every run. */
import type { Session } from 'chdb';
import type pg from 'pg';
import { DATA_TABLE } from '../../src/engine/clickhouse/tables.js';
import { DATA_TABLE as POSTGRES_TABLE } from '../../src/engine/postgres/tables.js';

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

/** Rows of the same kind, though not with the same numbers, in the Postgres engine. */
export async function insertMarketingDataInPostgres(
  client: pg.Client,
  organizationId: string,
  rows: number,
): Promise<void> {
  const dice = (salt: number, most: number): string => `((hashint4(n * 16 + ${salt}) & 1048575) % ${most})`;
  const amount = (salt: number, most: number): string => `round(${dice(salt, most)} / 100.0, 2)::text`;
  const [source, device] = [`(n / ${DAYS} % 5)`, `(n / (${DAYS} * 5) % 3)`];
  const campaign = `'Campaign ' || (n / (${DAYS} * 15) % 40)`;
  await client.query(`
INSERT INTO ${POSTGRES_TABLE} (organization_id, id, recorded_at, data_source, source_category, campaign_id, customer_id,
  currency, data_payload, content_hash)
SELECT '${organizationId}', md5('row ' || n)::uuid,
  '2025-01-01T00:00:00Z'::timestamptz + n % ${DAYS} * INTERVAL '1 day' + ${dice(0, 24)} * INTERVAL '1 hour',
  (ARRAY['meta_ads', 'google_ads', 'tiktok_ads', 'pinterest_ads', 'shopify_orders'])[${source} + 1],
  CASE WHEN ${source} = 4 THEN 'external_revenue' ELSE 'external_marketing' END,
  md5(${campaign})::uuid,
  CASE WHEN ${source} = 4 THEN md5('customer ' || ${dice(1, 200_000)})::uuid END,
  'USD',
  jsonb_build_object('campaign_name', ${campaign}, 'device', (ARRAY['mobile', 'desktop', 'tablet'])[${device} + 1]) ||
    CASE WHEN ${source} = 4 THEN jsonb_build_object('orders', 1, 'revenue', ${amount(2, 30_000)})
    ELSE jsonb_build_object('clicks', ${dice(3, 500)}, 'conversions', ${amount(4, 2_000)},
      'impressions', 500 + ${dice(5, 20_000)}, 'revenue', ${amount(6, 90_000)}, 'spend', ${amount(7, 40_000)}) END,
  md5(n::text)
FROM generate_series(0, ${rows - 1}) AS n`);
  await client.query(`VACUUM ANALYZE ${POSTGRES_TABLE}`);
}
