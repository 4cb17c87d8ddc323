/** Numbers as people write them in formulas, as exact text: no literal ever passes through a float. */

/** Decimals that a literal may have, and integer digits. */
const MOST_DECIMALS = 18;
const MOST_INTEGER_DIGITS = 29;

/**
 * Plain decimal notation of a literal (`1.5e3` → `1500`, `.50` → `0.5`), or undefined when it has more than 18
 * decimals or 29 integer digits.
 */
export function plainNumber(text: string): string | undefined {
  const match = /^(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return whole + fraction === '' ? undefined : '0';
  if (Math.abs(exponent) > 60) return undefined;
  const trimmed = digits.replace(/0+$/, '');
  /** The value is `trimmed` × 10^power. */
  const power = exponent - fraction.length + (digits.length - trimmed.length);
  if (power >= 0) return trimmed.length + power > MOST_INTEGER_DIGITS ? undefined : trimmed + '0'.repeat(power);
  if (-power > MOST_DECIMALS || trimmed.length + power > MOST_INTEGER_DIGITS) return undefined;
  const padded = trimmed.padStart(1 - power, '0');
  return `${padded.slice(0, power)}.${padded.slice(power)}`;
}
