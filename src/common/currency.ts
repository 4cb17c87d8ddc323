/**
 * Currencies by their codes, after ISO 4217: list one (currencies and funds in use) as of 1 January 2026, which SIX keeps
 * for ISO (https://www.six-group.com/en/products-services/financial-information/data-standards.html), and of list three
 * what was withdrawn since 2010, which old rows carry. Node's own list lacks some, and differs from one Node to the next.
 */

/** Codes in use, by the digits of their minor unit. */
const IN_USE: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP
    COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
    JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
    THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};
/** Metals, units of accounts and bond markets: in use, without a minor unit. `XTS` and `XXX` are no currencies. */
const WITHOUT_MINOR_UNIT = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XUA';
const WITHDRAWN = 'ANG BGN CUC EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL';

const codes = (list: string): string[] => list.trim().split(/\s+/);
const USUAL_DIGITS = 2;
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(IN_USE).flatMap(([digits, list]) => codes(list).map((code) => [code, Number(digits)] as const)),
  ...codes(`${WITHOUT_MINOR_UNIT} ${WITHDRAWN}`).map((code) => [code, USUAL_DIGITS] as const),
]);

/** Whether a text is a currency that is known by this ISO 4217 code, in capitals. */
export const isCurrency = (value: unknown): boolean => typeof value === 'string' && DIGITS.has(value);

/** Digits of a currency's minor unit; two where it has none, or where there is no such currency. */
export const minorDigits = (code: string | null): number => DIGITS.get(code ?? '') ?? USUAL_DIGITS;

/** Currencies whose minor unit has not two digits, with how many it has. */
export const ODD_DIGITS: readonly (readonly [code: string, digits: number])[] = [...DIGITS].filter(
  ([, digits]) => digits !== USUAL_DIGITS,
);
