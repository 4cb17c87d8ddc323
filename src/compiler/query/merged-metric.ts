/**
 * Metrics whose value for a window can be put together from the values of its stretches of time, so that overlapping
 * windows need not read each row once for each window: sums, counts, averages, least and greatest values, and formulas
 * over them. Distinct counts and medians can't; they are computed from rows.
 */
import { hasExact } from '../cube/generate.js';
import { completeKey, divisorKey, sumKey } from '../cube/measure.js';
import { averageSql } from '../cube/simple-measures.js';
import { formulaToSql, resultSql } from '../dialect/formula-sql.js';
import type { DialectName } from '../dialect/types.js';
import { moneyFields, readsAmounts } from '../model/amounts.js';
import type { Member, Model } from '../model/types.js';
import type { Measured } from './measured.js';

/** A measure of the grouped query, and how its values are put together. */
export interface Part {
  readonly measure: string;
  readonly aggregate: 'sum' | 'min' | 'max';
}

export interface MergedMetric {
  readonly parts: readonly Part[];
  /** The metric's value as a reader gets it. @param column the SQL of a measure that has been put together */
  readonly sql: (column: (measure: string) => string) => string;
}

/**
 * Null where the metric can't be put together.
 * @param flags whether a number is null where an amount in it misses its exchange rate; what is put together is, too
 */
export function mergedMetric(
  { member, isExact }: Pick<Measured, 'member' | 'isExact'>,
  { members }: Model,
  dialect: DialectName,
  flags: boolean,
): MergedMetric | null {
  const money = flags ? moneyFields(members) : null;
  const found = exact(member, new Map(members.map((each) => [each.key, each])), dialect, money);
  if (found === null || isExact || !hasExact(member)) return found;
  return { parts: found.parts, sql: resultOf(found.sql, dialect, member) };
}

const resultOf =
  (sql: MergedMetric['sql'], dialect: DialectName, { data_type }: Member): MergedMetric['sql'] =>
  (column) =>
    resultSql(sql(column), dialect, data_type);

/** A formula or an average with all decimals of its calculation; another plain metric as a reader gets it. */
function exact(
  member: Member | undefined,
  byKey: ReadonlyMap<string, Member>,
  dialect: DialectName,
  money: ReadonlySet<string> | null,
): MergedMetric | null {
  if (member?.kind === 'simple') {
    const found = plain(member, dialect);
    const mayMiss = money !== null && member.aggregation !== 'count' && readsAmounts(member, money);
    return found !== null && mayMiss ? whereComplete(member, found) : found;
  }
  if (member?.kind !== 'formula' || member.tree === null) return null;
  const { tree } = member;
  const leaves = new Map<string, MergedMetric>();
  for (const key of member.depends_on) {
    const leaf = exact(byKey.get(key), byKey, dialect, money);
    if (leaf === null) return null;
    leaves.set(key, leaf);
  }
  return {
    parts: [...leaves.values()].flatMap(({ parts }) => parts),
    sql: (column) =>
      formulaToSql(
        tree,
        dialect,
        (key) => leaves.get(key)?.sql(column) ?? 'NULL',
        (key) => {
          const leaf = byKey.get(key);
          return leaf !== undefined && hasExact(leaf);
        },
      ),
  };
}

/** Of a window only if none of its stretches misses a rate. */
const whereComplete = ({ key }: Member, { parts, sql }: MergedMetric): MergedMetric => ({
  parts: [...parts, { measure: completeKey(key), aggregate: 'min' }],
  sql: (column) => `CASE WHEN ${column(completeKey(key))} = 1 THEN ${sql(column)} END`,
});

function plain(member: Member & { readonly kind: 'simple' }, dialect: DialectName): MergedMetric | null {
  const { key, aggregation, additivity, data_type } = member;
  const of = (measure: string, aggregate: Part['aggregate']): MergedMetric => ({
    parts: [{ measure, aggregate }],
    sql: (column) => column(measure),
  });
  switch (aggregation) {
    case 'count':
      return of(key, 'sum');
    case 'min':
    case 'max':
      return of(key, aggregation);
    case 'sum': {
      if (additivity !== 'additive') return null;
      if (data_type !== 'integer') return of(key, 'sum');
      // A whole number is rounded once, at the end.
      const whole = of(sumKey(key), 'sum');
      return { ...whole, sql: resultOf(whole.sql, dialect, member) };
    }
    case 'avg':
    case 'weighted_avg':
      return {
        parts: [sumKey(key), divisorKey(key)].map((measure) => ({ measure, aggregate: 'sum' })),
        sql: (column) => averageSql(member, column(sumKey(key)), column(divisorKey(key)), dialect),
      };
    case 'distinct':
    case 'approx_distinct':
    case 'median':
    case 'last':
      return null;
    default:
      return aggregation satisfies never;
  }
}
