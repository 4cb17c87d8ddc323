/** An aggregate over the organisation's rows → the same over rows that are already grouped. */
import { formulaToSql, resultSql } from '../../compiler/dialect/formula-sql.js';
import type { Member } from '../../compiler/model/types.js';
import {
  and,
  become,
  call,
  cast,
  coalesce,
  column as columnRef,
  copy,
  functionName,
  isNotNull,
  isObject,
  walk,
  type Fields,
  type Node,
} from '../ast.js';
import { SHADOW } from '../catalog/allowed.js';
import { MEASURE } from '../check.js';
import { SqlMistake } from '../mistake.js';
import { expression } from '../parse.js';
import { pgType, ROWS, type RelationColumn } from '../relation.js';
import type { AggregateUse } from './uses.js';

/**
 * - `rolls`: from parts, whatever they are grouped by
 * - `whole`: only where a group stands in one row
 * - `rows`: only from the rows themselves
 */
export type Way = 'rolls' | 'whole' | 'rows';

/** @throws SqlMistake where the aggregate does not fit the measure */
export function wayOf({ name, fields, column }: AggregateUse): Way {
  if (column === null) return name === 'count' ? 'rolls' : 'rows';
  if (column.measure === null) return 'rolls';
  const kind = column.measure;
  const isDistinct = fields.agg_distinct === true;
  if (name === MEASURE)
    return kind === 'sum' || kind === 'count' || kind === 'min' || kind === 'max' ? 'rolls' : 'whole';
  if (kind === 'calculated') {
    if (name === 'count') throw mismatch(name, column, 'it is calculated for a group, and can’t be counted');
    return 'whole';
  }
  if (kind === 'distinct') {
    if (name === 'count' && isDistinct) return 'whole';
    throw mismatch(name, column, 'it counts distinct values');
  }
  if (isDistinct && name !== 'min' && name !== 'max') return 'rows';
  if (name === kind || (kind === 'count' && name === 'sum')) return kind === 'avg' ? 'whole' : 'rolls';
  return 'rows';
}

const mismatch = (name: string, { name: key, measure }: RelationColumn, why: string): SqlMistake =>
  new SqlMistake({
    code: '42804',
    message: `${name.toUpperCase()}(${key}) has no meaning: ${why}.`,
    hint: `Write MEASURE(${key})${measure === 'distinct' ? ` or COUNT(DISTINCT ${key})` : ''}.`,
  });

const sumOf = (name: string, filter: unknown): Node => call(['sum'], [columnRef(name)], filtered(filter));
const filtered = (filter: unknown): Fields => (isObject(filter) ? { agg_filter: filter } : {});

/** Puts the parts together, in place. */
export function roll({ node, name, fields, column }: AggregateUse): void {
  const filter = fields.agg_filter;
  if (column === null) return become(node, whole(sumOf(ROWS, filter)));
  const arg = columnRef(column.name);
  if (column.measure === null) {
    if (name !== 'count' || fields.agg_distinct) return;
    const known = isNotNull(arg);
    return become(node, whole(sumOf(ROWS, isObject(filter) ? and([known, filter as Node]) : known)));
  }
  switch (column.measure) {
    case 'count':
      return become(node, name === 'sum' ? call(['sum'], [arg], filtered(filter)) : whole(sumOf(column.name, filter)));
    case 'sum':
      if (name === MEASURE) become(node, cast(sumOf(column.name, filter), pgCast(column)));
      return;
    case 'min':
    case 'max':
      if (name === MEASURE) become(node, call([column.measure], [arg], filtered(filter)));
      return;
    default:
      throw new Error(`${column.name} does not roll.`);
  }
}

/** The one value of the group, in the type that the aggregate would have. */
export function takeWhole({ node, name, fields, column }: AggregateUse): void {
  if (column === null) throw new Error('Rows roll.');
  const one = call([SHADOW, MEASURE], [columnRef(column.name)], filtered(fields.agg_filter));
  if (name === 'sum' || name === 'avg') become(node, cast(one, 'numeric'));
  else if (name === 'count') become(node, whole(one));
  else become(node, one);
}

/** A distinct count over the values that it counts. */
export function countValues({ node, fields }: AggregateUse, dimension: string): void {
  become(node, call(['count'], [columnRef(dimension)], { ...filtered(fields.agg_filter), agg_distinct: true }));
}

/** Over the rows themselves: what MEASURE means there. */
export function overRows(use: AggregateUse): void {
  const { node, name, fields, column } = use;
  if (column === null || column.measure === null) return;
  if (column.measure === 'avg' && name === MEASURE)
    return become(node, call(['avg'], [columnRef(column.name)], filtered(fields.agg_filter)));
  if (column.measure === 'count' || name === MEASURE) roll(use);
}

/** `whole` in Postgres' sense: a bigint, zero where there is nothing. */
const whole = (sum: Node): Node => cast(coalesce(sum, { A_Const: { ival: {} } }), 'int8');
const pgCast = (column: RelationColumn): string => (pgType(column.type) === 'bigint' ? 'int8' : pgType(column.type));

export type MemberOf = (key: string) => Member | undefined;

/** The plain metrics that a formula is calculated from, if all of them can be put together from parts. */
export function rollableParts(
  key: string,
  memberOf: MemberOf,
  columnOf: (key: string) => RelationColumn | undefined,
): string[] | undefined {
  const member = memberOf(key);
  if (member?.kind === 'simple') {
    const measure = columnOf(key)?.measure;
    return measure === 'sum' || measure === 'count' || measure === 'min' || measure === 'max' ? [key] : undefined;
  }
  if (member?.kind !== 'formula' || member.tree === null) return undefined;
  const parts = member.depends_on.map((each) => rollableParts(each, memberOf, columnOf));
  return parts.every((each) => each !== undefined) ? [...new Set(parts.flat())] : undefined;
}

/** A formula over parts: worked out by the same rules as in the engines, which give the same digits. */
export function calculateFromParts({ node, name, fields, column }: AggregateUse, memberOf: MemberOf): void {
  const member = column && memberOf(column.name);
  if (member?.kind !== 'formula') throw new Error('Not a formula.');
  const sql = resultSql(exactSql(member, memberOf), 'postgres', member.data_type);
  const value = expression(`(${sql})`);
  if (isObject(fields.agg_filter))
    walk(value, (tag, inner) => {
      if (tag === 'FuncCall' && AGGREGATES.has(functionName(inner).name)) inner.agg_filter = copy(fields.agg_filter);
    });
  become(
    node,
    cast(value, name === MEASURE || name === 'min' || name === 'max' ? pgCast(column as RelationColumn) : 'numeric'),
  );
}
const AGGREGATES = new Set(['sum', 'min', 'max']);

function exactSql(member: Member, memberOf: MemberOf): string {
  if (member.kind === 'formula' && member.tree !== null)
    return formulaToSql(
      member.tree,
      'postgres',
      (key) => exactSql(memberOf(key) as Member, memberOf),
      (key) => memberOf(key)?.kind === 'formula',
    );
  if (member.kind !== 'simple') throw new Error('Not made of plain metrics.');
  const name = `"${member.key}"`;
  if (member.aggregation === 'count') return `coalesce(sum(${name}), 0)`;
  return `${member.aggregation}(${name})`;
}
