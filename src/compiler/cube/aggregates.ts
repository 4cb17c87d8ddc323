/** How values of rows become one value: of the rows of a group, or of a single row, which is a group of its own. */
import type { DialectName } from '../dialect/types.js';

export interface Aggregates {
  sum(value: string): string;
  min(value: string): string;
  max(value: string): string;
  /** The number of rows that have a value; of all rows for `*`. */
  count(value: string): string;
  /** The number of different values. */
  distinct(value: string): string;
  /** The same as ClickHouse estimates it. */
  estimated(value: string): string;
  /** The sum over the rows of the latest instant at which there is a value. */
  last(value: string, instant: string, dialect: DialectName): string;
  /** The two values in the middle, added up; of an odd number of values, twice the one. */
  middles(value: string, dialect: DialectName): string;
}

/** Wide enough that a product or a sum of two values can't overflow. */
export const wide = (sql: string, dialect: DialectName): string =>
  dialect === 'clickhouse' ? `toDecimal256(${sql}, 9)` : sql;

const exact = (value: string, dialect: DialectName): string =>
  dialect === 'clickhouse' ? `toDecimal128(${value}, 9)` : value;

export const OF_GROUP: Aggregates = {
  sum: (value) => `sum(${value})`,
  min: (value) => `min(${value})`,
  max: (value) => `max(${value})`,
  count: (value) => `count(${value})`,
  distinct: (value) => `count(DISTINCT ${value})`,
  // Of no value at all it is null, where there are none of it.
  estimated: (value) => `ifNull(uniqCombined64(${value}), 0)`,
  last(value, instant, dialect) {
    if (dialect === 'clickhouse') return `sumArgMax(${value}, ${instant})`;
    const kept = `FILTER (WHERE ${value} IS NOT NULL)`;
    const columns = `unnest(array_agg(${value}) ${kept}, array_agg(${instant}) ${kept}) AS latest(value, instant)`;
    return `(SELECT sum(latest.value) FROM ${columns} WHERE latest.instant = max(${instant}) ${kept})`;
  },
  middles(value, dialect) {
    if (dialect === 'postgres') {
      const middle = (direction: string): string =>
        `percentile_disc(0.5) WITHIN GROUP (ORDER BY ${value} ${direction})`;
      return `${middle('ASC')} + ${middle('DESC')}`;
    }
    return ['Low', 'High']
      .map((which) => wide(`quantileExact${which}(0.5)(${exact(value, dialect)})`, dialect))
      .join(' + ');
  },
};

const itself = (value: string): string => value;
const isThere = (value: string): string => (value === '*' ? '1' : `CASE WHEN ${value} IS NULL THEN 0 ELSE 1 END`);

export const OF_ONE_ROW: Aggregates = {
  sum: itself,
  min: itself,
  max: itself,
  count: isThere,
  distinct: isThere,
  estimated: isThere,
  last: itself,
  middles: (value, dialect) => {
    const one = wide(exact(value, dialect), dialect);
    return `${one} + ${one}`;
  },
};
