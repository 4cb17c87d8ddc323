/**
 * Journeys and their conversions, written as plainly as possible: what the SQL of both engines is compared with. For
 * tests and for reading; nothing here is fast.
 */
import type { ChannelDimension, Parameters } from '../models/parameters.js';

export interface Touchpoint {
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly data_source: string;
  readonly source_category: string;
  readonly channel: string;
  readonly campaign_id: string | null;
  readonly asset_id: string | null;
}

/** A row that carries revenue, or pays some back when `revenue` is negative. Amounts are billionths of the currency. */
export interface Transaction {
  readonly id: string;
  readonly at: number;
  readonly data_source: string;
  readonly currency: string | null;
  readonly revenue: bigint;
  readonly order_id: string | null;
}

/** All that one customer did, in any order. */
export interface Customer {
  readonly id: string;
  readonly touchpoints: readonly Touchpoint[];
  readonly transactions: readonly Transaction[];
}

/** A conversion after its refunds, with the touches that share its credit. */
export interface Conversion extends Transaction {
  readonly customer_id: string;
  readonly path: readonly Touchpoint[];
  /** False for a refund that belongs to no conversion; it carries money and no credit. */
  readonly counts: boolean;
}

/** By time, then by id as text. */
export const chronological = <T extends { readonly at: number; readonly id: string }>(events: readonly T[]): T[] =>
  [...events].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

export const channelOf = (touch: Touchpoint, by: ChannelDimension): string => touch[by] ?? '';

export function conversionsOf(customer: Customer, parameters: Parameters): Conversion[] {
  const transactions = chronological(customer.transactions);
  const sales = transactions.filter(({ revenue }) => revenue >= 0n);
  const refunds = transactions.filter(({ revenue }) => revenue < 0n);
  const target = refunds.map((refund) => refundedSale(refund, sales));
  const net = sales.map((sale, index) => ({
    ...sale,
    revenue: refunds.reduce((sum, refund, at) => (target[at] === index ? sum + refund.revenue : sum), sale.revenue),
  }));
  const unmatched = refunds.filter((_, index) => target[index] === -1);
  const touchpoints = chronological(customer.touchpoints);
  const { range } = parameters;
  return [
    ...net.map((sale) => ({
      ...sale,
      customer_id: customer.id,
      path: pathOf(sale, touchpoints, sales, parameters),
      counts: true,
    })),
    ...unmatched.map((refund) => ({ ...refund, customer_id: customer.id, path: [], counts: false })),
  ].filter(({ at }) => range === null || (at >= range.from && at <= range.to));
}

/**
 * The sale that a refund pays back: of its order, the latest before it, else the first after; where one of the two
 * names no order, the customer's latest sale before it. In the same currency. −1 for none.
 */
function refundedSale(refund: Transaction, sales: readonly Transaction[]): number {
  const same = (sale: Transaction): boolean => sale.currency === refund.currency;
  const ofOrder = (sale: Transaction): boolean =>
    same(sale) && refund.order_id !== null && sale.order_id === refund.order_id;
  const before = (sale: Transaction): boolean => sale.at <= refund.at;
  const known = sales.findLastIndex((sale) => ofOrder(sale) && before(sale));
  if (known !== -1) return known;
  const later = sales.findIndex(ofOrder);
  if (later !== -1) return later;
  return sales.findLastIndex(
    (sale) => same(sale) && before(sale) && (refund.order_id === null || sale.order_id === null),
  );
}

/** Touches of the window, in order, without direct ones (unless all are), and without repeats where asked for. */
function pathOf(
  sale: Transaction,
  touchpoints: readonly Touchpoint[],
  sales: readonly Transaction[],
  parameters: Parameters,
): readonly Touchpoint[] {
  // Sales of one instant look back on the same journey.
  const previous = sales.findLast(({ at }) => at < sale.at);
  const seen = touchpoints.filter(
    ({ at }) =>
      at <= sale.at &&
      at >= sale.at - parameters.lookback_ms &&
      !(parameters.reset && previous !== undefined && at <= previous.at),
  );
  return tidied(seen, parameters);
}

/** The rules on direct traffic and on repeats. */
export function tidied(touches: readonly Touchpoint[], parameters: Parameters): readonly Touchpoint[] {
  const isDirect = ({ channel, data_source }: Touchpoint): boolean =>
    parameters.direct.includes(channel) || parameters.direct.includes(data_source);
  const indirect = touches.filter((touch) => !isDirect(touch));
  const kept = indirect.length > 0 ? indirect : touches;
  if (parameters.collapse === 'none') return kept;
  return kept.filter((touch, index) => {
    const before = kept[index - 1];
    return before === undefined || channelOf(before, parameters.by) !== channelOf(touch, parameters.by);
  });
}
