/**
 * Amounts of money in the SQL of a model. The model is written once for all requests, whichever currency they ask for;
 * so an amount is marked there, and each statement says what becomes of its marks. The marks are no SQL: a statement
 * in which one is left fails.
 *
 * An amount is converted row by row, at the rate of the row's UTC day, and rounded half away from zero to nine decimals:
 * as if the source had reported it in that currency. So whatever adds up, still adds up to the last digit.
 */
import type { DialectName } from './types.js';

/** Rates into one currency, for the days that a statement reads. */
export interface RateTable {
  /** What amounts become. */
  readonly currency: string;
  /** What rows without a currency have. */
  readonly unnamed: string;
  /** Days since 1970-01-01 of the first rate of each list. */
  readonly firstDay: number;
  /** By currency, one rate a day (plain decimal notation), null where there is none; all of one length. */
  readonly rates: Readonly<Record<string, readonly (string | null)[]>>;
}

/** What becomes of the marks; null leaves amounts as they were recorded. */
export interface AmountRules {
  /** For metrics. */
  readonly wanted: RateTable | null;
  /** For what dimensions and conditions of definitions are about. */
  readonly own: RateTable | null;
  /** Whether a number is null where the rate of an amount in it is missing; else there must be none missing. */
  readonly flagged: boolean;
}

/** An amount in the currency that a request wants. @param row SQL by which the row is named */
export const amountSql = (value: string, row: string): string => `«${row}¦${value}»`;

/** An amount in the organisation's currency, whatever a request wants: what definitions compare with. */
export const ownAmountSql = (value: string, row: string): string => `‹${row}¦${value}›`;

/** An aggregate that is only right if none of the amounts in it is missing its rate. */
export const completeSql = (amounts: readonly string[], aggregate: string): string =>
  `⟦${[...amounts, aggregate].join('‖')}⟧`;

const WANTED = /«([^«»¦]*)¦([^«»]*)»/g;
const OWN = /‹([^‹›¦]*)¦([^‹›]*)›/g;
const COMPLETE = /⟦([^⟦⟧]*)⟧/g;

/** Which of the marks stand in it. */
export const marksIn = (sql: string): { readonly wanted: boolean; readonly own: boolean } => ({
  wanted: sql.includes('«'),
  own: sql.includes('‹'),
});

/** The marks of `value` around other SQL, which stands for it. */
export function markedLike(value: string, sql: string, row: string): string {
  const { wanted, own } = marksIn(value);
  const inner = wanted ? amountSql(sql, row) : sql;
  return own ? ownAmountSql(inner, row) : inner;
}

/** SQL (or a file with SQL) with amounts as they were recorded. */
export const asRecorded = (sql: string): string =>
  sql
    .replace(COMPLETE, (_, parts: string) => parts.split('‖').at(-1) ?? '')
    .replace(WANTED, '$2')
    .replace(OWN, '$2');

/** A statement with its amounts as the rules say. */
export function withAmounts(sql: string, { wanted, own, flagged }: AmountRules, dialect: DialectName): string {
  const complete = (parts: string): string => {
    const amounts = parts.split('‖');
    const aggregate = amounts.pop() ?? '';
    if (!flagged) return aggregate;
    const all = amounts.map((amount) => `count(${amount.replace(WANTED, '$2')}) = count(${amount})`);
    return `CASE WHEN ${all.join(' AND ')} THEN ${aggregate} END`;
  };
  const amount =
    (table: RateTable | null, list: string) =>
    (_: string, row: string, value: string): string =>
      table === null ? value : SQL[dialect].amount({ table, list, row, value });
  const written = sql
    .replace(COMPLETE, (_, parts: string) => complete(parts))
    // Inner first: a condition of a metric may be about an amount, too.
    .replace(OWN, amount(own, 'fx_own_rates'))
    .replace(WANTED, amount(wanted, 'fx_rates'));
  const lists = [
    ...(own !== null && written.includes('fx_own_rates') ? [SQL[dialect].list(own, 'fx_own_rates')] : []),
    ...(wanted !== null && written.includes('fx_rates,') ? [SQL[dialect].list(wanted, 'fx_rates')] : []),
  ].filter((list) => list !== '');
  return lists.length === 0 ? written : `WITH ${lists.join(', ')} ${written}`;
}

interface Amount {
  readonly table: RateTable;
  /** The name of the list of its rates. */
  readonly list: string;
  readonly row: string;
  readonly value: string;
}

/** Amounts below this, in the wanted currency, are worked out in 128 bits: 38 digits, of which 27 are decimals. */
const NARROW = 160_000_000_000;

const SQL: Readonly<
  Record<DialectName, { amount(amount: Amount): string; list(table: RateTable, name: string): string }>
> = {
  clickhouse: {
    amount({ table, list, row, value }) {
      const { days, codes } = checked(table);
      if (codes.length === 0) return value;
      const none = 2 * days * codes.length + 2;
      const currency = `ifNull(${row}.currency, '${table.unnamed}')`;
      const day = `toInt32(toDate32(${row}.recorded_at, 'UTC')) - ${table.firstDay}`;
      const starts = codes.map((_, index) => index * days + 1).join(', ');
      const start = `transform(${currency}, [${codes.map((code) => `'${code}'`).join(', ')}], [${starts}], ${none})`;
      const at = `if((${day}) >= 0 AND (${day}) < ${days}, ${start} + (${day}), ${none})`;
      const rate = `arrayElement(${list}, ${at})`;
      const exact = `toDecimal128(${value}, 9)`;
      const isWide = `abs(${exact}) >= ${narrowBelow(table)}`;
      const narrow = `toDecimal128(round(if(${isWide}, toDecimal128(0, 9), ${exact}) * ${rate}, 9), 9)`;
      const wide = `toDecimal128(round(toDecimal256(${exact}, 9) * ${rate}, 9), 9)`;
      return `if(${currency} = '${table.currency}', ${exact}, if(${isWide}, ${wide}, ${narrow}))`;
    },
    list(table, name) {
      const rates = Object.values(table.rates).flat();
      const items = rates.map((rate) => (rate === null ? 'NULL' : `'${rate}'`));
      return `CAST([${items.join(', ')}], 'Array(Nullable(Decimal(38, 18)))') AS ${name}`;
    },
  },
  postgres: {
    amount({ table, row, value }) {
      const { days, codes } = checked(table);
      if (codes.length === 0) return value;
      const currency = `coalesce(${row}.currency, '${table.unnamed}')`;
      const day = `((${row}.recorded_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01' - ${table.firstDay})`;
      const starts = codes.map((code, index) => `WHEN '${code}' THEN ${index * days}`).join(' ');
      const items = Object.values(table.rates).flat();
      const list = `'[${items.map((rate) => (rate === null ? 'null' : `"${rate}"`)).join(',')}]'::jsonb`;
      const at = `CASE ${currency} ${starts} END + ${day}`;
      const rate = `CASE WHEN ${day} BETWEEN 0 AND ${days - 1} THEN (${list} ->> (${at}))::numeric END`;
      return `CASE WHEN ${currency} = '${table.currency}' THEN ${value} ELSE round(${value} * ${rate}, 9) END`;
    },
    // Written where it is used: a query in WITH would keep Postgres from working in parallel.
    list: () => '',
  },
};

const CODE = /^[A-Z]{3}$/;
const RATE = /^\d{1,20}(\.\d{1,18})?$/;

/** @throws Error for what must not get into SQL */
function checked({ currency, unnamed, firstDay, rates }: RateTable): { days: number; codes: string[] } {
  const codes = Object.keys(rates);
  if (![currency, unnamed, ...codes].every((code) => CODE.test(code))) throw new Error('Unchecked currency.');
  const lists = Object.values(rates);
  const days = lists[0]?.length ?? 0;
  if (!Number.isSafeInteger(firstDay) || lists.some((list) => list.length !== days)) throw new Error('Uneven rates.');
  if (lists.some((list) => list.some((rate) => rate !== null && !RATE.test(rate)))) throw new Error('Unchecked rate.');
  return { days, codes };
}

/** Amounts that may be multiplied in 128 bits by any rate of the table. */
function narrowBelow({ rates }: RateTable): string {
  const largest = Object.values(rates)
    .flat()
    .reduce((most, rate) => Math.max(most, rate === null ? 0 : Number(rate)), 1);
  return String(Math.max(1, Math.floor(NARROW / (largest * 1.000001))));
}
