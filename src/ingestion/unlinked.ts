/**
 * A row without its customer: what it counts stays, who it was does not. Pure, and the same for rows that are stored and
 * for rows that come in later, so that a repeated import of the row finds it unchanged.
 *
 * Numbers and truth values stay, unless their name says that they are a person's; texts stay only where they say
 * something of the campaign, the asset or the order's handling. Everything else goes, nested values and
 * `attribution_data` too.
 */
import type { UnifiedRow } from '../engine/engine.js';
import { withHash } from './canonical.js';
import { parseLiteral } from './values/decimal.js';
import { canonicalJson, type PayloadValue } from './values/payload.js';

const KEPT_TEXTS: ReadonlySet<string> = new Set([
  ...['campaign_name', 'ad_set_name', 'ad_name', 'asset_name', 'asset_type', 'platform', 'placement', 'channel'],
  ...['audience', 'device', 'country', 'product', 'order_source', 'financial_status', 'fulfillment_status'],
]);
/** Numbers that are not counted but dialled, looked up or lived at. */
const PERSONAL =
  /(^|_)(id|ids|ref|nr|no|number|phone|mobile|tel|fax|zip|postcode|postal_code|ip|iban|card|ssn|tax_id|birth\w*|dob|age|lat|latitude|lon|lng|longitude|street|house)$/;

export function unlinked(row: UnifiedRow): UnifiedRow {
  const { content_hash: _hash, ...rest } = row;
  return withHash({
    ...rest,
    customer_id: null,
    data_payload: unlinkedPayload(JSON.parse(row.data_payload) as Record<string, unknown>),
    attribution_data: null,
  });
}

/** @param payload as the row has it; numbers may be numbers, or text as engines hand them out */
function unlinkedPayload(payload: Readonly<Record<string, unknown>>): string {
  const kept = new Map<string, PayloadValue>();
  for (const [name, value] of Object.entries(payload)) {
    if (KEPT_TEXTS.has(name)) {
      if (typeof value === 'string' || typeof value === 'number') kept.set(name, String(value));
      continue;
    }
    if (PERSONAL.test(name)) continue;
    if (typeof value === 'boolean') kept.set(name, value);
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const number = parseLiteral(String(value));
    if (number !== null) kept.set(name, number);
  }
  return canonicalJson(kept);
}
