import { unsupported } from '../mistake.js';
import type { Leaf } from './leaf.js';
import { countedBy, partsOf } from './parts.js';
import { calculateFromParts, countValues, overRows } from './rewrite.js';
import { planRows } from './rows.js';
import type { Sources } from './sources.js';
import type { AggregateUse } from './uses.js';

/**
 * Groups that only the rows themselves can answer.
 * @param whole aggregates that are no sums of what rows have
 * @throws SqlMistake 0A000 for a measure that can't be calculated from rows
 */
export function planGroupedRows(leaf: Leaf, whole: readonly AggregateUse[], sources: Sources): void {
  const { uses, scope } = leaf;
  const done = new Set<AggregateUse>();
  for (const use of whole) {
    const { column } = use;
    if (column?.measure === 'avg') continue;
    const dimension = countedBy(use, scope);
    if (dimension !== undefined) countValues(use, dimension);
    else if (partsOf(use, scope)) calculateFromParts(use, scope.memberOf);
    else
      throw unsupported(
        `“${column?.name ?? ''}” can’t stand beside an aggregate that is calculated row by row.`,
        'Ask for the two in separate sub-selects and join them.',
      );
    done.add(use);
  }
  for (const column of uses.onRows)
    if (column.measure === 'calculated' || column.measure === 'distinct')
      throw unsupported(
        `“${column.name}” has a value for a group, not for a row.`,
        `Write MEASURE(${column.name}) outside of other aggregates.`,
      );
  for (const column of [...uses.onRows, ...uses.aggregates.map((use) => use.column)])
    if (column && !column.onRows)
      throw unsupported(
        `“${column.name}” looks at other rows, and can’t stand beside what is calculated row by row.`,
        'Ask for the two in separate sub-selects and join them.',
      );
  for (const use of uses.aggregates) if (!done.has(use)) overRows(use);
  planRows(leaf, sources);
}
