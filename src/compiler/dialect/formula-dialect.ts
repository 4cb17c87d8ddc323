/**
 * The few lines in which the two dialects differ when they calculate a formula. Every numeric piece of SQL here is an
 * exact decimal with 18 decimals, nullable: `Nullable(Decimal(76, 18))` on ClickHouse, `numeric` on Postgres.
 */
import { bucketSql } from './bucket-sql.js';
import { constantSql } from './constant-sql.js';
import { REQUEST_ZONE } from './request-zone.js';
import type { DialectName } from './types.js';

/** Functions that go through binary floating point. */
export type FloatFunction = 'sqrt' | 'log' | 'exp' | 'pow';

export interface FormulaDialect {
  /** A leaf's value with 18 decimals. */
  leaf(sql: string): string;
  /** @param text plain decimal notation, without a sign */
  number(text: string): string;
  text(value: string): string;
  /** a × b, cut toward zero at 18 decimals. */
  product(a: string, b: string): string;
  /** a ÷ b, cut toward zero at 18 decimals; null where b is zero. `b` is named once. */
  quotient(a: string, b: string): string;
  /** `then` where `condition` holds, else (also where it is null) `otherwise`. */
  choose(condition: string, then: string, otherwise: string): string;
  nullIf(a: string, b: string): string;
  /** Half away from zero. */
  round(value: string, digits: number): string;
  /** Names values, so that `body` can use each several times while the SQL holds it once. */
  bind(values: readonly string[], body: (names: readonly string[]) => string): string;
  /**
   * Calculates in float64, and gives a decimal of 12 significant digits and at most 12 decimals; null where the result
   * is undefined or 10^29 or more.
   */
  float(name: FloatFunction, args: readonly string[]): string;
  /** A field with text or a day, compared by code point. */
  textLeaf(sql: string): string;
  /** An instant as `YYYY-MM-DD HH:00:00` on the wall clock of the request's time zone ({@link REQUEST_ZONE}). */
  clock(instant: string): string;
  /** `length` characters from the position `from`, counted from 1. */
  textPart(text: string, from: number, length: number): string;
  /** Digits in a text, as a number. */
  numberPart(text: string, from: number, length: number): string;
  /** ISO weekday of a day, 1 = Monday; the day need not exist in the calendar (31 February is 3 March). */
  weekday(day: string): string;
  /** Null where one of them is. */
  concat(texts: readonly string[]): string;
  /** By Unicode's rules. */
  letterCase(name: 'lower' | 'upper', text: string): string;
  /** The value as the reader gets it, with `digits` decimals. */
  result(value: string, digits: number): string;
}

/** Results of float functions are below this in magnitude. */
const FLOAT_LIMIT = '1e29';

const HOUR = { bucket: 'hour', timeZone: REQUEST_ZONE, weekStart: 1, fiscalYearStart: 1 } as const;

/**
 * Day of the week by Sakamoto's method (comp.lang.c, 1992), from 0 = Sunday, here shifted to ISO's 1 = Monday.
 * @param shift the month's number out of the twelve below
 */
const isoWeekday = (y: string, d: string, shift: string, div: (a: string, b: number) => string): string =>
  `(${y} + ${div(y, 4)} - ${div(y, 100)} + ${div(y, 400)} + ${shift} + ${d} + 6) % 7 + 1`;
const MONTH_SHIFTS = '032503514624';

const decimal = (sql: string): string => `toDecimal256(${sql}, 18)`;

const clickhouse: FormulaDialect = {
  leaf: decimal,
  number: (text) => decimal(`'${text}'`),
  text: (value) => constantSql(value, 'clickhouse'),
  product: (a, b) => decimal(`${a} * ${b}`),
  // Decimal division cuts toward zero at the dividend's scale. A null divisor is skipped, never divided by.
  quotient: (a, b) => `(${a} / nullIf(${b}, 0))`,
  choose: (condition, then, otherwise) => `if(${condition}, ${then}, ${otherwise})`,
  nullIf: (a, b) => `nullIf(${a}, ${b})`,
  round: (value, digits) => `round(${value}, ${digits})`,
  bind: (values, body) => {
    const names = values.map((_, index) => `v${index + 1}`);
    const parameters = names.length === 1 ? names.join() : `(${names.join(', ')})`;
    return `arrayMap(${parameters} -> ${body(names)}, ${values.map((value) => `[${value}]`).join(', ')})[1]`;
  },
  float(name, args) {
    const value = `${name}(${args.map((arg) => `toFloat64(${arg})`).join(', ')})`;
    const kept = this.bind([value], ([v]) => `if(abs(${v}) < ${FLOAT_LIMIT}, ${v}, NULL)`);
    return `round(toDecimal256OrNull(printf('%.11e', ${kept}), 18), 12)`;
  },
  textLeaf: (sql) => `(${sql})`,
  clock: (instant) => `toString(${bucketSql({ ...HOUR, instant }, 'clickhouse')})`,
  textPart: (text, from, length) => `substring(${text}, ${from}, ${length})`,
  numberPart: (text, from, length) => decimal(`toUInt16OrNull(substring(${text}, ${from}, ${length}))`),
  weekday(day) {
    return this.bind([day], ([text = '']) => {
      const part = (from: number, length: number): string => `toInt32OrNull(substring(${text}, ${from}, ${length}))`;
      const year = `(${part(1, 4)} - (${part(6, 2)} < 3))`;
      const shift = `toInt32OrNull(substring('${MONTH_SHIFTS}', ${part(6, 2)}, 1))`;
      return decimal(isoWeekday(year, part(9, 2), shift, (a, b) => `intDiv(${a}, ${b})`));
    });
  },
  concat: (texts) => `concat(${texts.join(', ')})`,
  letterCase: (name, text) => `${name}UTF8(${text})`,
  result: (value, digits) => `toDecimal256(round(${value}, ${digits}), ${digits})`,
};

const ONE_IN_UNITS = '1000000000000000000::numeric';
const UNIT = '0.000000000000000001::numeric';

/** Like ClickHouse: the whole number of smallest units as a float, divided by the number of units in one. */
const toFloat = (sql: string): string => `((${sql}) * ${ONE_IN_UNITS})::float8 / 1e18::float8`;

/** Float functions of Postgres raise errors where the result is undefined, too large or too small; these do not. */
const SAFE_FLOAT: Readonly<Record<FloatFunction, (x: string, y: string) => string>> = {
  sqrt: (x) => `CASE WHEN ${x} >= 0 THEN sqrt(${x}) END`,
  log: (x) => `CASE WHEN ${x} > 0 THEN ln(${x}) END`,
  exp: (x) => `CASE WHEN ${x} < -100 THEN 0 WHEN ${x} < 67 THEN exp(${x}) END`,
  pow: (x, y) =>
    `CASE WHEN ${y} = 0 THEN CASE WHEN ${x} IS NOT NULL THEN 1 END WHEN ${x} = 0 THEN CASE WHEN ${y} > 0 THEN 0 END` +
    ` WHEN ${x} < 0 AND ${y} <> floor(${y}) THEN NULL` +
    ` WHEN ${y} * ln(abs(${x})) < -100 THEN 0 WHEN ${y} * ln(abs(${x})) < 67 THEN power(${x}, ${y}) END`,
};

const postgres: FormulaDialect = {
  leaf: (sql) => `(${sql})::numeric`,
  number: (text) => `${text}::numeric`,
  text: (value) => `(${constantSql(value, 'postgres')} COLLATE "C")`,
  product: (a, b) => `trunc(${a} * ${b}, 18)`,
  // numeric's own `/` rounds at a scale of its choice; div() is exact and cuts toward zero.
  quotient: (a, b) => `(div(${a} * ${ONE_IN_UNITS}, nullif(${b}, 0)) * ${UNIT})`,
  choose: (condition, then, otherwise) => `CASE WHEN ${condition} THEN ${then} ELSE ${otherwise} END`,
  nullIf: (a, b) => `nullif(${a}, ${b})`,
  round: (value, digits) => `round(${value}, ${digits})`,
  // OFFSET 0 keeps the planner from copying the values into the body, which would grow without bounds.
  bind: (values, body) => {
    const names = values.map((_, index) => `v${index + 1}`);
    const columns = values.map((value, index) => `${value} AS ${names[index]}`).join(', ');
    return `(SELECT ${body(names.map((name) => `v.${name}`))} FROM (SELECT ${columns} OFFSET 0) AS v)`;
  },
  float(name, args) {
    const value = this.bind(args.map(toFloat), ([x = '', y = '']) => SAFE_FLOAT[name](x, y));
    const kept = this.bind([value], ([v]) => `CASE WHEN abs(${v}) < ${FLOAT_LIMIT} THEN ${v} END`);
    return `round(to_char(${kept}, '9.99999999999EEEE')::numeric, 12)`;
  },
  textLeaf: (sql) => `((${sql}) COLLATE "C")`,
  clock: (instant) => `(${bucketSql({ ...HOUR, instant }, 'postgres')} COLLATE "C")`,
  textPart: (text, from, length) => `substr(${text}, ${from}, ${length})`,
  numberPart: (text, from, length) => `substr(${text}, ${from}, ${length})::numeric`,
  weekday(day) {
    return this.bind([day], ([text = '']) => {
      const part = (from: number, length: number): string => `substr(${text}, ${from}, ${length})::int`;
      const year = `(${part(1, 4)} - (${part(6, 2)} < 3)::int)`;
      const shift = `substr('${MONTH_SHIFTS}', ${part(6, 2)}, 1)::int`;
      return `(${isoWeekday(year, part(9, 2), shift, (a, b) => `${a} / ${b}`)})::numeric`;
    });
  },
  concat: (texts) => `(${texts.join(' || ')})`,
  letterCase: (name, text) => `(${name}((${text}) COLLATE "und-x-icu") COLLATE "C")`,
  result: (value, digits) => `round(${value}, ${digits})`,
};

export const FORMULA_DIALECTS: Readonly<Record<DialectName, FormulaDialect>> = { clickhouse, postgres };
