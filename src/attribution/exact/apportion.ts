/** Sharing out whole units so that they add up: credit by weights, money by credit. */
import { WHOLE_CREDIT } from '../models/models.js';

const WHOLE = BigInt(WHOLE_CREDIT);

/**
 * Billionths by weight, each cut down; what is left goes one each to the earliest that weigh anything. Where nothing
 * weighs anything, all weigh the same.
 */
export function creditsByWeight(weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) return creditsByWeight(weights.map(() => 1n));
  const credits = weights.map((weight) => (WHOLE * weight) / total);
  let left = WHOLE - credits.reduce((sum, credit) => sum + credit, 0n);
  return credits.map((credit, index) => {
    if (left === 0n || weights[index] === 0n) return credit;
    left--;
    return credit + 1n;
  });
}

/**
 * An amount by credits that add up to {@link WHOLE_CREDIT}: in units of `unit` by largest remainder, ties to the
 * earlier; what the amount has below a unit goes to the largest credit, the earliest of equals. Adds up exactly.
 */
export function amountsByCredit(amount: bigint, credits: readonly bigint[], unit: bigint): bigint[] {
  const sign = amount < 0n ? -1n : 1n;
  const units = (amount * sign) / unit;
  const rest = amount * sign - units * unit;
  const shares = credits.map((credit) => (units * credit) / WHOLE);
  const left = Number(units - shares.reduce((sum, share) => sum + share, 0n));
  const remainder = (index: number): bigint => (units * (credits[index] ?? 0n)) % WHOLE;
  const order = credits
    .map((_, index) => index)
    .sort((a, b) => (remainder(a) === remainder(b) ? a - b : remainder(a) > remainder(b) ? -1 : 1));
  const raised = new Set(order.slice(0, left));
  const largest = credits.reduce((best, credit, index) => (credit > (credits[best] ?? 0n) ? index : best), 0);
  return shares.map(
    (share, index) => sign * ((share + (raised.has(index) ? 1n : 0n)) * unit + (index === largest ? rest : 0n)),
  );
}
