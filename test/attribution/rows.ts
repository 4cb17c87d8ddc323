import { createHash } from 'node:crypto';
import type { UnifiedRow } from '../../src/engine/engine.js';
import type { Customer } from '../../src/attribution/reference/journeys.js';

/** Billionths as plain decimal text. */
export function decimalText(nano: bigint): string {
  const digits = (nano < 0n ? -nano : nano).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${nano < 0n ? '-' : ''}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Decimal text of either engine in billionths. */
export function nanoOf(value: unknown): bigint {
  const [, sign, whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(String(value)) ?? [];
  if (sign === undefined) throw new Error(`No decimal: ${String(value)}`);
  const nano = BigInt(whole) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '-' ? -nano : nano;
}

/** The customers' events as rows of `unified_marketing_data`. */
export function unifiedRows(customers: readonly Customer[]): UnifiedRow[] {
  const rows = customers.flatMap((customer) => [
    ...customer.touchpoints.map((touch) => ({
      id: touch.id,
      recorded_at: new Date(touch.at).toISOString(),
      data_source: touch.data_source,
      source_category: touch.source_category as UnifiedRow['source_category'],
      campaign_id: touch.campaign_id,
      customer_id: customer.id,
      asset_id: touch.asset_id,
      currency: null,
      data_payload: JSON.stringify(touch.channel === touch.data_source ? {} : { channel: touch.channel }),
    })),
    ...customer.transactions.map((sale) => ({
      id: sale.id,
      recorded_at: new Date(sale.at).toISOString(),
      data_source: sale.data_source,
      source_category: 'external_revenue' as const,
      campaign_id: null,
      customer_id: customer.id,
      asset_id: null,
      currency: sale.currency,
      data_payload: JSON.stringify({
        ...(sale.order_id === null ? {} : { order_id: sale.order_id }),
        revenue: decimalText(sale.revenue),
      }),
    })),
  ]);
  return rows.map((row, index) => ({
    ...row,
    attribution_data: null,
    content_hash: createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 16),
    line: index + 1,
  }));
}
