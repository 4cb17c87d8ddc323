/** Digits of a currency's minor unit, where they are not two (ISO 4217). */
const DIGITS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
  CLF: 4,
  UYW: 4,
};

/** Amounts are kept with nine decimals. */
export const NANO = 1_000_000_000n;

const unitOf = (digits: number): bigint => 10n ** BigInt(9 - digits);

/** Currencies by the size of their minor unit in billionths; every other one has {@link CENT}. */
export const ODD_UNITS: readonly (readonly [code: string, unit: bigint])[] = Object.entries(DIGITS).map(
  ([code, digits]) => [code, unitOf(digits)] as const,
);
export const CENT = unitOf(2);

/** A currency's minor unit in billionths. */
export const minorUnit = (currency: string | null): bigint => unitOf(DIGITS[currency ?? ''] ?? 2);
