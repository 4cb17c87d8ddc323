/**
 * 2^(−Δt / half-life) in integer arithmetic, so that every implementation gets the same digits.
 *
 * The exponent is written as whole half-lives, which shift right, and 30 binary digits of the next: the first ten and
 * the second ten each look up a table of 2^(−i/1024) and 2^(−i/1024²) with 31 binary digits; the last ten are so small
 * that 1 − f·ln 2 is exact enough. A weight is relative to one at Δt = 0, which weighs 2^31; it is wrong by less than
 * 4 units.
 */
const ONE = 2 ** 31;

const table = (digits: number): readonly number[] =>
  Array.from({ length: 1024 }, (_, index) => Math.round(ONE * 2 ** (-index / 2 ** digits)));

export const COARSE = table(10);
export const FINE = table(20);
/** ln 2 · 2 in 30 binary digits: what one unit of the last ten digits takes off {@link ONE}. */
export const LINEAR = 1_488_522_236;
/** Half-lives after which a weight is nothing in any case. */
export const GONE = 62;
/** A time below this times 1,024 fits 53 bits, and 64 anyway. */
export const MAX_HALF_LIFE_MS = 3_650 * 86_400_000;

/** Weight of what lies `elapsed` milliseconds before the latest touch. Both are whole and not negative. */
export function decayWeight(elapsed: number, halfLife: number): bigint {
  const halvings = Math.floor(elapsed / halfLife);
  const coarse = (elapsed % halfLife) * 1024;
  const fine = (coarse % halfLife) * 1024;
  const rest = (fine % halfLife) * 1024;
  const [first, second, third] = [coarse, fine, rest].map((part) => Math.floor(part / halfLife));
  const tables = (BigInt(COARSE[first ?? 0] ?? 0) * BigInt(FINE[second ?? 0] ?? 0)) >> 31n;
  const weight = (tables * (BigInt(ONE) - (BigInt(third ?? 0) * BigInt(LINEAR)) / 1_073_741_824n)) >> 31n;
  return weight >> BigInt(Math.min(GONE, halvings));
}
