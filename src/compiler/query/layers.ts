/**
 * The statement of a request that the grouped query alone can't answer: frames side by side, gaps filled, values
 * calculated from several frames, and only then filters on metrics, order and limit.
 */
import { CUBE } from '../cube/base.js';
import type { CubeFilter } from '../cube/compile.js';
import { conditionSql, type ConditionOperator } from '../dialect/condition-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { Frames } from './frames.js';
import { embedded, joined, sql, type Fragment } from './fragment.js';
import { nullOf, onlyValue } from './layer-sql.js';
import type { OrderPosition } from './order.js';
import type { Resolved } from './resolve.js';
import type { ValueKind } from '../cube/base.js';

/** A total to divide by: the value of the rows with the marker, repeated on each row of the same group. */
export interface SpreadTotal {
  readonly alias: string;
  readonly value: string;
  /** Key columns that make the group. */
  readonly within: readonly string[];
}

export interface Calculated {
  readonly sql: string;
  readonly kind: ValueKind;
}

export interface LayerInput {
  readonly dialect: DialectName;
  readonly frames: Frames;
  readonly dimensions: readonly Resolved[];
  readonly timed: boolean;
  readonly hasOther: boolean;
  /** Number of buckets to fill up to; null leaves gaps. */
  readonly fill: number | null;
  readonly totals: readonly SpreadTotal[];
  /** Columns of the answer, in order. */
  readonly columns: readonly Calculated[];
  readonly groupFilters: readonly CubeFilter[];
  /** Columns of the filters, by name. */
  readonly filtered: ReadonlyMap<string, Calculated>;
  readonly order: readonly OrderPosition[];
  readonly limit: number | null;
  readonly offset: number;
  /** A further condition on the answer's columns `r.c1`, …; null for none. */
  readonly after: Fragment | null;
}

export async function layeredSql(input: LayerInput): Promise<Fragment> {
  const { dialect, frames, columns, filtered, groupFilters, order, limit, offset } = input;
  const selects = await frames.selects();
  const hidden = [...filtered].map(([key, { sql: value }], index) => ({ key, value, alias: `h${index + 1}` }));
  const outputs = [
    ...columns.map(({ sql: value }, index) => `${value} AS c${index + 1}`),
    ...hidden.map(({ value, alias }) => `${value} AS ${alias}`),
  ];
  const rows = sql`SELECT ${outputs.join(', ')} FROM (${spread(input, grouped(input, selects))}) AS g WHERE g.k = 0`;
  const kept = groupFilters.map((filter) => {
    const column = (member: string): Calculated => {
      const found = hidden.find(({ key }) => `${CUBE}.${key}` === member);
      const kind = filtered.get(found?.key ?? '')?.kind;
      if (found === undefined || kind === undefined) throw new Error('A filter on a metric that is not calculated.');
      return { sql: `r.${found.alias}`, kind };
    };
    return condition(filter, column, dialect);
  });
  const names = columns.map((_, index) => `r.c${index + 1}`);
  const sorted = order.map(({ position, descending }) => `r.c${position} ${descending ? 'DESC' : 'ASC'} NULLS LAST`);
  const tail = [
    ...(sorted.length === 0 ? [] : [` ORDER BY ${sorted.join(', ')}`]),
    ...(limit === null ? [] : [` LIMIT ${limit}`]),
    ...(offset === 0 ? [] : [` OFFSET ${offset}`]),
  ].join('');
  if (input.after !== null) kept.push(input.after);
  const where = kept.length === 0 ? sql`` : sql` WHERE ${joined(kept, ' AND ')}`;
  return sql`SELECT ${names.join(', ')} FROM (${rows}) AS r${where}${tail}`;
}

/** Columns that name a row. */
const keysOf = ({ timed, dimensions, hasOther }: LayerInput): string[] => [
  'k',
  ...(timed ? ['o'] : []),
  ...dimensions.map((_, index) => `d${index + 1}`),
  ...(hasOther ? ['x'] : []),
];

/** One row for each key. */
function grouped(input: LayerInput, selects: readonly Fragment[]): Fragment {
  const { dialect, frames, fill } = input;
  const union = joined(selects, '\nUNION ALL\n');
  if (selects.length === 1 && fill === null) return union;
  const keys = keysOf(input);
  const values = frames.values.map(
    ({ alias, metric }) => `${onlyValue(`u.${alias}`, metric?.kind ?? 'number', dialect)} AS ${alias}`,
  );
  const selected = [...keys.map((key) => `u.${key} AS ${key}`), ...values].join(', ');
  const by = keys.map((key) => `u.${key}`).join(', ');
  const dense = fill === null ? union : withoutGaps(input, union, fill);
  return sql`SELECT ${selected} FROM (${dense}) AS u GROUP BY ${by}`;
}

/** The rows, and besides for each combination of dimension values one empty row a bucket. */
function withoutGaps(input: LayerInput, union: Fragment, buckets: number): Fragment {
  const { dialect, frames } = input;
  const others = keysOf(input).filter((key) => key !== 'o' && key !== 'k');
  const values = frames.values.map(({ alias }) => alias);
  if (dialect === 'clickhouse') {
    const row = ['s.o', ...values.map((alias) => `s.${alias}`)].join(', ');
    const empty = ['toInt64(i)', ...values.map(() => 'NULL')].join(', ');
    const tuples = `arrayConcat(groupArray(tuple(${row})), arrayMap(i -> tuple(${empty}), range(if(s.k = 0, ${buckets}, 0))))`;
    const keys = ['k', ...others].map((key) => `s.${key}`).join(', ');
    // Without rows there is no group, and yet the axis is to be shown.
    const none = `SELECT 0 AS k, CAST(NULL, 'Nullable(Int64)') AS o, ${values.map((alias) => `NULL AS ${alias}`).join(', ')}`;
    const rows = others.length === 0 ? sql`${union}\nUNION ALL\n${none}` : union;
    const cells = sql`SELECT ${keys}, arrayJoin(${tuples}) AS cell FROM (${rows}) AS s GROUP BY ${keys}`;
    const columns = ['o', ...values].map((alias, index) => `f.cell.${index + 1} AS ${alias}`);
    const named = ['k', ...others].map((key) => `f.${key} AS ${key}`);
    return sql`SELECT ${[...named, ...columns].join(', ')} FROM (${cells}) AS f WHERE f.cell.1 IS NOT NULL OR f.k > 0`;
  }
  const combinations =
    others.length === 0 ? '(SELECT 0) AS c' : `(SELECT DISTINCT ${others.join(', ')} FROM s WHERE k = 0) AS c`;
  const nulls = frames.values.map(({ metric, alias }) => `${nullOf(metric?.kind ?? 'number', dialect)} AS ${alias}`);
  const all = ['k', 'o', ...others, ...values].join(', ');
  const empty = ['0 AS k', 'i AS o', ...others.map((key) => `c.${key}`), ...nulls].join(', ');
  return sql`WITH s AS MATERIALIZED (${union}) SELECT ${all} FROM s UNION ALL SELECT ${empty} FROM ${combinations}, generate_series(0::bigint, ${String(buckets - 1)}::bigint) AS i`;
}

function spread({ totals }: LayerInput, rows: Fragment): Fragment {
  if (totals.length === 0) return rows;
  const columns = totals.map(({ alias, value, within }) => {
    const by = within.length === 0 ? '' : `PARTITION BY ${within.map((key) => `w.${key}`).join(', ')}`;
    return `max(w.${value}) OVER (${by}) AS ${alias}`;
  });
  return sql`SELECT w.*, ${columns.join(', ')} FROM (${rows}) AS w`;
}

function condition(filter: CubeFilter, column: (member: string) => Calculated, dialect: DialectName): Fragment {
  if ('and' in filter || 'or' in filter) {
    const [parts, by] = 'and' in filter ? [filter.and, ' AND '] : [filter.or, ' OR '];
    return sql`(${joined(
      parts.map((part) => condition(part, column, dialect)),
      by,
    )})`;
  }
  const { sql: value, kind } = column(filter.member);
  const operator = filter.operator as ConditionOperator;
  const params: string[] = [];
  const text = conditionSql({ operator, kind, column: value, values: filter.values }, dialect, (given) => {
    params.push(given);
    return dialect === 'clickhouse' ? '?' : `$${params.length}`;
  });
  return sql`(${embedded({ sql: text, params }, dialect)})`;
}
