/** Measures of a plain metric. Rows without a value are left out of every aggregation. */
import { amountSql, completeSql } from '../dialect/amount-sql.js';
import { fieldSql, isUuidColumn, typeOf } from '../dialect/field-sql.js';
import { formulaToSql, resultSql } from '../dialect/formula-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { FormulaNode } from '../formula/types.js';
import { isMoneyField, readsAmounts } from '../model/amounts.js';
import type { SimpleMetricMember } from '../model/types.js';
import { TIME_KEY, amountsKey, currenciesKey } from './base.js';
import { wide, type Aggregates } from './aggregates.js';
import { CubeSql, type CubeValue } from './cube-text.js';
import { completeKey, divisorKey, measure, partsKey, rounded, sumKey, valueKey, type Members } from './measure.js';
import { ROWS, type Parts } from './parts.js';
import type { RowReader } from './row-sql.js';

/** Whether the metric is a calculation, so that it has an exact measure beside the rounded one. */
export const isCalculated = ({ aggregation }: SimpleMetricMember): boolean =>
  aggregation === 'avg' || aggregation === 'weighted_avg' || aggregation === 'median';

/**
 * @param parts what the aggregates are made of
 * @throws NeedsRows where the metric can't be made of them
 */
export function simpleMeasures(member: SimpleMetricMember, rows: RowReader, parts: Parts = ROWS): Members {
  const shown = shownMeasures(member, rows, parts);
  return parts === ROWS && readsAmounts(member, rows.money) ? { ...shown, ...amountMeasures(member, rows) } : shown;
}

/** What is known of the amounts beside their aggregate: how many there are, and in how many currencies. */
function amountMeasures(member: SimpleMetricMember, rows: RowReader): Members {
  const { key, field } = member;
  const amount = ofCounted(fieldSql(field, 'number', rows.source), member, rows);
  return {
    [amountsKey(key)]: hidden(`count(${amount})`),
    [currenciesKey(key)]: hidden(`count(DISTINCT CASE WHEN ${amount} IS NOT NULL THEN ${rows.currencyOfRow()} END)`),
  };
}

function shownMeasures(member: SimpleMetricMember, rows: RowReader, parts: Parts): Members {
  const { field, key, weight } = member;
  const { aggregates } = parts;
  const { source } = rows;
  const { dialect, row } = source;
  const isMoney = member.data_type === 'currency';
  const counted = (sql: string): string => ofCounted(sql, member, rows);
  const recorded = (): string => counted(fieldSql(field, 'number', source));
  const number = (): string => {
    const read = fieldSql(field, 'number', source);
    return counted(isMoney ? amountSql(read, row) : read);
  };
  const text = (): string => counted(fieldSql(field, 'text', source));
  const plain = (sql: string): Members => ({ [key]: measure(member, 'number', sql) });
  /** What must have no value where an amount has none. */
  const complete = (sql: string, ...amounts: readonly string[]): string =>
    amounts.length === 0 ? sql : completeSql(amounts, sql);
  /** Whether none has none, so that values of several stretches of time can be put together. */
  const completeness = (...amounts: readonly string[]): Members =>
    amounts.length === 0 ? {} : { [completeKey(key)]: hidden(`coalesce(${completeSql(amounts, '1')}, 0)`) };
  const ownAmounts = (): string[] => (isMoney ? [number()] : []);
  /** An aggregate of one value per row; a whole one of fractions is rounded once, at the end. */
  const aggregate = (cubeType: string, value: string, sql: (value: string) => string): Members => {
    if (isMoney) return { ...plain(complete(sql(value), number())), ...completeness(number()) };
    const isRounded = member.data_type === 'integer' && typeOf(field, source) !== 'integer';
    return isRounded
      ? plain(resultSql(sql(value), dialect, 'integer'))
      : { [key]: measure(member, cubeType, cubeType === 'number' ? sql(value) : value) };
  };
  /** A sum through a divisor, and each of them, so that averages of several stretches of time can be put together. */
  const average = (sum: string, divisor: string, amounts: readonly string[]): Members => ({
    ...rounded(member, complete(averageSql(member, sum, divisor, dialect), ...amounts), dialect),
    [sumKey(key)]: hidden(sum),
    [divisorKey(key)]: hidden(divisor),
    ...completeness(...amounts),
  });
  switch (member.aggregation) {
    case 'count': {
      if (field.kind !== 'rows') return plain(parts.count(text()));
      // On Postgres a count that names no column counts the rows of the select that it stands in, and formulas have their own.
      const present = dialect === 'postgres' ? `${row}.organization_id` : null;
      return plain(parts.count(member.filter === undefined ? (present ?? '*') : counted(present ?? '1')));
    }
    case 'distinct':
      parts.needRows();
      return { [key]: measure(member, 'count_distinct', text()) };
    case 'approx_distinct':
      parts.needRows();
      return dialect === 'clickhouse'
        ? plain(aggregates.estimated(text()))
        : { [key]: measure(member, 'count_distinct', text()) };
    case 'sum': {
      if (member.additivity === 'additive') {
        const summed = parts.sum(number());
        const sum = aggregate('sum', summed, aggregates.sum);
        if (member.data_type !== 'integer') return sum;
        return { ...sum, [sumKey(key)]: hidden(aggregates.sum(summed)) };
      }
      parts.needRows();
      const instant = `${source.row}.${TIME_KEY}`;
      const added = partsSql(member, recorded(), instant, aggregates);
      return {
        ...aggregate('number', number(), (value) => `CASE WHEN ${added} <= 1 THEN ${aggregates.sum(value)} END`),
        [partsKey(key)]: hidden(added),
      };
    }
    case 'min':
      return aggregate('min', parts.min(number()), aggregates.min);
    case 'max':
      return aggregate('max', parts.max(number()), aggregates.max);
    case 'last':
      parts.needRows();
      return aggregate('number', number(), (value) => aggregates.last(value, `${source.row}.${TIME_KEY}`, dialect));
    case 'avg': {
      const value = number();
      return average(aggregates.sum(parts.sum(value)), parts.count(value), ownAmounts());
    }
    case 'median':
      parts.needRows();
      return rounded(
        member,
        complete(quotient(aggregates.middles(number(), dialect), '2', dialect, false), ...ownAmounts()),
        dialect,
      );
    case 'weighted_avg': {
      if (weight === null) throw new Error('A weighted average has a weight.');
      const value = wide(number(), dialect);
      const read = fieldSql(weight, 'number', source);
      const isAmount = isMoneyField(weight, rows.money);
      const weighing = wide(isAmount ? amountSql(read, row) : read, dialect);
      const weights = aggregates.sum(parts.sum(`CASE WHEN ${value} IS NOT NULL THEN ${weighing} END`));
      const amounts = [...ownAmounts(), ...(isAmount ? [counted(amountSql(read, row))] : [])];
      return average(aggregates.sum(parts.sum(`${value} * ${weighing}`)), weights, amounts);
    }
    default:
      return member.aggregation satisfies never;
  }
}

/** What the rows that count have; null for the others. */
const ofCounted = (sql: string, { field, filter }: SimpleMetricMember, rows: RowReader): string =>
  filter === undefined ? sql : `CASE WHEN ${rows.filter(filter, field.kind === 'relation')} THEN ${sql} END`;

/** The dimension that overlapping windows of a distinct count are put together from. */
export function countedValue(member: SimpleMetricMember, rows: RowReader): Members {
  const { aggregation, field, key } = member;
  if (aggregation !== 'distinct' || field.kind === 'relation') return {};
  const sql = ofCounted(fieldSql(field, 'text', rows.source), member, rows);
  const column = field.kind === 'column' ? field.column : null;
  const kind = column === TIME_KEY ? 'datetime' : column !== null && isUuidColumn(column) ? 'uuid' : 'string';
  return { [valueKey(key)]: { sql: new CubeSql(sql), type: 'string', public: false, meta: { kind } } };
}

const hidden = (sql: string): CubeValue => ({
  sql: new CubeSql(sql),
  type: 'number',
  public: false,
  meta: { kind: 'number' },
});

/** How many parts a sum would add up that must not be added: rows, or for what adds up except over time, instants. */
const partsSql = (
  { additivity }: SimpleMetricMember,
  value: string,
  instant: string,
  { count, distinct }: Aggregates,
): string =>
  additivity === 'semi_additive' ? distinct(`CASE WHEN ${value} IS NOT NULL THEN ${instant} END`) : count(value);

/** An average with all decimals of its calculation. The sum of a weighted one is of products, and may be large. */
export const averageSql = (
  { aggregation }: SimpleMetricMember,
  sum: string,
  divisor: string,
  dialect: DialectName,
): string => quotient(sum, divisor, dialect, aggregation === 'weighted_avg');

/**
 * Division as formulas do it: null where the divisor is zero, cut at 18 decimals.
 * @param isWide whether the numerator may outgrow what a metric over rows can reach
 */
function quotient(numerator: string, divisor: string, dialect: DialectName, isWide: boolean): string {
  const leaf = (key: string): FormulaNode => ({
    node: 'member',
    key,
    dataType: 'float',
    type: 'number',
    range: [0, 0],
  });
  const [left, right] = [leaf('numerator'), leaf('divisor')];
  const tree: FormulaNode = { node: 'binary', operator: '/', left, right, type: 'number', range: [0, 0] };
  const sql = (key: string): string => (key === 'numerator' ? numerator : divisor);
  return formulaToSql(tree, dialect, sql, (key) => isWide && key === 'numerator');
}
