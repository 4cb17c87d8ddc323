import { minorDigits, ODD_DIGITS } from '../../common/currency.js';

/** Amounts are kept with nine decimals. */
export const NANO = 1_000_000_000n;

const unitOf = (digits: number): bigint => 10n ** BigInt(9 - digits);

/** Currencies by the size of their minor unit in billionths; every other one has {@link CENT}. */
export const ODD_UNITS: readonly (readonly [code: string, unit: bigint])[] = ODD_DIGITS.map(
  ([code, digits]) => [code, unitOf(digits)] as const,
);
export const CENT = unitOf(2);

/** A currency's minor unit in billionths. */
export const minorUnit = (currency: string | null): bigint => unitOf(minorDigits(currency));
