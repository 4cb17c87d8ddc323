import { conjuncts, list, type Fields, type Node } from '../ast.js';
import { unsupported } from '../mistake.js';
import { groupKeys, hasWindow, isGrouped, shownIn } from './clauses.js';
import { pushOf } from './push.js';
import type { LeafScope } from './scope.js';
import type { Push } from './types.js';
import { usesOf, type Uses } from './uses.js';

/** A select over one relation of the model alone. */
export interface Leaf {
  readonly select: Fields;
  /** The `RangeVar` that names the relation. */
  readonly range: Fields;
  readonly scope: LeafScope;
  readonly uses: Uses;
  /** What is grouped by. */
  readonly keys: readonly Node[];
  /** Whether by several sets of the keys. */
  readonly sets: boolean;
  /** The conditions that all have to hold; `push` where the query path can hold it. */
  readonly filters: readonly { readonly condition: Node; readonly push: Push[] | undefined }[];
}

export function leafOf(select: Fields, range: Fields, scope: LeafScope): Leaf {
  const { keys, sets } = groupKeys(select, scope);
  const uses = usesOf([...shownIn(select), select.distinctClause, ...keys], scope);
  const filters = conjuncts(select.whereClause).map((condition) => ({
    condition,
    push: pushOf(condition, scope.columnOf),
  }));
  return { select, range, scope, uses, keys, sets, filters };
}

/** Whether equal rows are one in the answer, so that it can be read grouped. */
export function groupsRows({ select, uses }: Leaf): boolean {
  if (isGrouped(select, uses)) return true;
  const distinct = list(select.distinctClause);
  const isOnSome = distinct.some((each) => Object.keys(each).length > 0);
  return distinct.length > 0 && !isOnSome && uses.bare.length === 0 && !uses.star && !hasWindow(select);
}

/** @throws SqlMistake for what would take rows of a relation that has groups only */
export function noRows({ relation }: LeafScope): never {
  throw unsupported(
    `“${relation.name}” has no rows of its own to count or to calculate with, only measures of groups.`,
    'Select dimensions and measures, grouped or not: SELECT data_source, MEASURE(…) … GROUP BY 1. Rows stand in “marketing”.',
  );
}
