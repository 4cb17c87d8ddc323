/**
 * How large a part of a formula can get. ClickHouse's Decimal256 wraps around without an error when a product or a
 * quotient outgrows it, so the SQL must not let that happen; knowing the bounds keeps the SQL of ordinary formulas
 * free of checks.
 */

/** Bounds of a numeric value. */
export interface Bounds {
  /** log10 of the largest magnitude. */
  readonly largest: number;
  /** The value is a whole multiple of 10^-decimals. */
  readonly decimals: number;
}

export const SCALE = 18;
/** Decimal256 holds integers up to 5.7 × 10^76. */
const CAPACITY = 76.7;
/** Of a value with 18 decimals. */
export const LARGEST_VALUE = CAPACITY - SCALE;
/** Of a product before it is cut, and of a dividend, which both carry 36 decimals for a moment. */
export const LARGEST_PRODUCT = CAPACITY - 2 * SCALE;
/** Of a metric that is read from rows: Decimal(38, 9), whose integer holds up to 1.7 × 10^38. */
export const LARGEST_LEAF = 29.3;
/** Digits before the decimal point that a value may have where it would else be too large for what follows. */
export const GUARD_DIGITS = 20;

/** Bounds of a literal in plain notation. */
export function boundsOfLiteral(plain: string): Bounds {
  const [, fraction = ''] = plain.split('.');
  return { largest: Math.log10(Math.max(1, Number(plain))), decimals: fraction.length };
}

export const boundsOfSum = (a: Bounds, b: Bounds): Bounds => ({
  largest: Math.log10(10 ** a.largest + 10 ** b.largest),
  decimals: Math.max(a.decimals, b.decimals),
});

export const boundsOfProduct = (a: Bounds, b: Bounds): Bounds => ({
  largest: a.largest + b.largest,
  decimals: Math.min(SCALE, a.decimals + b.decimals),
});

export const boundsOfQuotient = (a: Bounds, b: Bounds): Bounds => ({
  largest: a.largest + b.decimals,
  decimals: SCALE,
});

/** Of a value that is one of several. */
export const boundsOfChoice = (all: readonly Bounds[]): Bounds => ({
  largest: Math.max(...all.map(({ largest }) => largest)),
  decimals: Math.max(...all.map(({ decimals }) => decimals)),
});

/** Rounding may carry over into a further digit; to negative digits it may grow the value up to 10^12. */
export const boundsOfRounded = (value: Bounds, digits: number): Bounds => ({
  largest: Math.max(value.largest, -digits, 0) + 0.31,
  decimals: Math.min(value.decimals, Math.max(0, digits)),
});
