/** How a measure that is no sum is put together from what is read more finely than it is asked for. */
import { rollableParts, type MemberOf } from './rewrite.js';
import type { LeafScope } from './scope.js';
import type { AggregateUse } from './uses.js';

/** The measures from which it can be calculated for any group; undefined where there are none. */
export function partsOf({ column }: AggregateUse, { relation, memberOf }: LeafScope): string[] | undefined {
  return rollableParts(column?.name ?? '', memberOf, (name) => relation.columns.find((each) => each.name === name));
}

/** The dimension whose different values a measure counts, where it counts those of all rows. */
export function countedBy({ column }: AggregateUse, { relation, memberOf }: LeafScope): string | undefined {
  const member = column?.measure === 'distinct' ? memberOf(column.name) : undefined;
  if (member?.kind !== 'simple' || member.aggregation !== 'distinct' || member.filter !== undefined) return undefined;
  const { field } = member;
  return relation.columns.find(({ name, type, measure, masked }) => {
    if (measure !== null || type !== 'string' || masked) return false;
    const dimension = memberOf(name);
    if (dimension === undefined) return field.kind === 'column' && field.column === name;
    if (dimension.kind !== 'dimension' || dimension.formula !== undefined) return false;
    return field.kind !== 'rows' && JSON.stringify(dimension.field) === JSON.stringify(field);
  })?.name;
}

/**
 * Whether it looks at rows of other groups (shares, windows) or at what comes after (conversions): then its rows have to
 * meet all conditions before it is calculated, while the groups of other measures may also be dropped afterwards.
 */
export function looksBeyond(key: string, memberOf: MemberOf): boolean {
  const member = memberOf(key);
  if (member === undefined) return false;
  if (member.kind === 'window' || member.kind === 'conversion') return true;
  return member.depends_on.some((each) => looksBeyond(each, memberOf));
}
