/**
 * Groups by expressions, for measures that can't be put together from parts: the values of a dimension (or the buckets of
 * the time) are read first, Postgres says for which of them the expressions are equal, and the query path then takes these
 * for one value. So the measure is calculated for each group from its rows, as if the expression were a dimension.
 */
import type { Node } from '../ast.js';
import { hasSubselect, shownIn } from './clauses.js';
import type { Leaf } from './leaf.js';
import { isModelName } from './attribution-models.js';
import type { Shape } from './shape.js';
import { TIME } from './sources.js';
import type { Merge } from './types.js';
import { usesOf, type AggregateUse } from './uses.js';

/** Ids, which the engines do not keep as texts. */
const IDS: readonly string[] = ['campaign_id', 'customer_id', 'asset_id'];

/**
 * @param kept conditions for Postgres to judge over what was read
 * @param whole measures that a group has to have in one row
 * @returns undefined where some group would not be a row of the query path
 */
export function mergesOf(
  { select, scope, uses, keys, sets }: Leaf,
  shape: Shape,
  kept: readonly Node[],
  whole: readonly AggregateUse[],
): readonly Merge[] | undefined {
  if (sets || uses.star || hasSubselect([...shownIn(select), select.distinctClause, keys])) return undefined;
  const beside = usesOf(
    [kept, uses.aggregates.map(({ fields }) => [fields.args, fields.agg_filter, fields.agg_order])],
    scope,
  );
  const around = whole.flatMap(({ column }) => (column && !column.onRows ? [column.name] : []));
  const merges = shape.loose.map((member): Merge | undefined => {
    const isTime = member === TIME;
    const own = keys.filter((key) => {
      const { dimensions, times } = usesOf([key], scope);
      return isTime ? times.length > 0 : dimensions.has(member);
    });
    const isAlone = own.every((key) => {
      const { dimensions, times } = usesOf([key], scope);
      return dimensions.size + (times.length > 0 ? 1 : 0) === 1;
    });
    const column = scope.relation.columns.find(({ name }) => name === member);
    const fits = isTime
      ? shape.time === 'bucket' && beside.times.length === 0 && around.length === 0
      : column?.type === 'string' &&
        column.masked !== true &&
        !IDS.includes(member) &&
        !isModelName(member, scope) &&
        !beside.dimensions.has(member);
    return own.length > 0 && isAlone && fits ? { member, alias: scope.alias, keys: own, metrics: around } : undefined;
  });
  return merges.every((each) => each !== undefined) ? merges : undefined;
}
