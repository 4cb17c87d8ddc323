/** How a measure that is no sum is put together from what is read more finely than it is asked for. */
import { rollableParts } from './rewrite.js';
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
