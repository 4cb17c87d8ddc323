/**
 * Numbers as exact decimal text. Nothing here passes through a float: text is read digit by digit, and what comes out
 * is plain decimal notation with at most nine decimals, as `UnifiedRow.data_payload` wants it.
 */

/** An exact number that is no safe integer: plain decimal text such as `-12.5`. */
export class ExactNumber {
  constructor(readonly text: string) {}
}

/** A number of a payload: safe integers as JavaScript numbers, everything else exact. */
export type PayloadNumber = number | ExactNumber;

export type DecimalMark = '.' | ',';

/** Decimals kept; the engines store Decimal(38, 9). */
export const MAX_SCALE = 9;
/**
 * As many as an unsigned 64-bit number has. The engines could store 29; the nine that are left are for sums: a sum of
 * Decimal(38, 9) wraps around without an error in ClickHouse, which so takes more than 1.7 × 10⁹ rows of the largest value.
 */
const MAX_INTEGER_DIGITS = 20;
const ZERO = 48;
const MAX_SAFE = '9007199254740992';

/** Adds one unit in the last place to a string of digits. */
function increment(digits: string): string {
  let index = digits.length - 1;
  while (index >= 0 && digits[index] === '9') index--;
  if (index < 0) return `1${'0'.repeat(digits.length)}`;
  const raised = String.fromCharCode(digits.charCodeAt(index) + 1);
  return digits.slice(0, index) + raised + '0'.repeat(digits.length - index - 1);
}

/**
 * Puts a number together from its digits, rounding half away from zero to nine decimals.
 * @returns null when it has more than 20 digits before the point
 */
export function fromDigits(negative: boolean, whole: string, fraction: string): PayloadNumber | null {
  let integer = whole;
  let decimals = fraction;
  if (decimals.length > MAX_SCALE) {
    const up = decimals.charCodeAt(MAX_SCALE) >= 53;
    decimals = decimals.slice(0, MAX_SCALE);
    if (up) {
      const raised = increment(`0${integer}${decimals}`);
      integer = raised.slice(0, raised.length - MAX_SCALE);
      decimals = raised.slice(raised.length - MAX_SCALE);
    }
  }
  integer = withoutLeadingZeros(integer) || '0';
  decimals = withoutTrailingZeros(decimals);
  if (integer.length > MAX_INTEGER_DIGITS) return null;
  if (decimals === '') {
    const safe = integer.length < 16 || (integer.length === 16 && integer <= MAX_SAFE);
    if (safe) return negative && integer !== '0' ? -Number(integer) : Number(integer);
    return new ExactNumber(negative ? `-${integer}` : integer);
  }
  return new ExactNumber(`${negative ? '-' : ''}${integer}.${decimals}`);
}

function withoutLeadingZeros(digits: string): string {
  let from = 0;
  while (from < digits.length - 1 && digits.charCodeAt(from) === ZERO) from++;
  return from === 0 ? digits : digits.slice(from);
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === ZERO) end--;
  return end === digits.length ? digits : digits.slice(0, end);
}

/** Text that is as it would be written: short enough to be a safe integer, or with a fraction that ends in no zero. */
const WRITTEN = /^(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,14})\.\d{0,8}[1-9])$/;
const LITERAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Reads a number in plain or scientific notation with a decimal point, e.g. a JSON number literal, exactly.
 * @returns null when the text is no such number, or one too large to store
 */
export function parseLiteral(text: string): PayloadNumber | null {
  if (WRITTEN.test(text)) return text.includes('.') ? new ExactNumber(text) : Number(text);
  if (text.length > 1_000) return null;
  const match = LITERAL.exec(text);
  if (!match) return null;
  const whole = match[2] ?? '';
  const fraction = match[3] ?? '';
  if (whole === '' && fraction === '') return null;
  const negative = match[1] === '-';
  const exponent = Number(match[4] ?? 0);
  if (exponent === 0) return fromDigits(negative, whole, fraction);
  const digits = whole + fraction;
  if (/^0*$/.test(digits)) return 0;
  const point = whole.length + exponent;
  if (point <= 0) return fromDigits(negative, '0', '0'.repeat(Math.min(-point, 50)) + digits);
  if (point >= digits.length) {
    const significant = digits.replace(/^0+/, '');
    if (significant.length + (point - digits.length) > MAX_INTEGER_DIGITS) return null;
    return fromDigits(negative, digits + '0'.repeat(point - digits.length), '');
  }
  return fromDigits(negative, digits.slice(0, point), digits.slice(point));
}

/** JSON text of a payload number: `40`, or `"12.5"`. */
export const numberAsJson = (value: PayloadNumber): string =>
  typeof value === 'number' ? String(value === 0 ? 0 : value) : `"${value.text}"`;
