import {
  as,
  become,
  call,
  columnName,
  copy,
  functionName,
  list,
  sameTree,
  walk,
  type Fields,
  type Node,
} from '../ast.js';
import { SHADOW } from '../catalog/allowed.js';
import { MEASURE } from '../check.js';
import { groupKeys, isGrouped, shownIn } from './clauses.js';
import { usesOf, type Scope } from './uses.js';

/** In a select that groups, a measure by its bare name is the measure of the group; in place. */
export function wrapBareMeasures(select: Fields, scope: Scope): void {
  for (const target of list(select.targetList)) {
    const fields = as(target, 'ResTarget');
    if (!fields || fields.name !== undefined) continue;
    const implied = impliedName(fields.val);
    if (implied !== undefined) fields.name = implied;
  }
  const uses = usesOf(shownIn(select), scope);
  if (!isGrouped(select, uses)) return;
  const { keys } = groupKeys(select, scope);
  const grouped = new Set<Node>();
  walk(shownIn(select), (_, __, node) => {
    if (!keys.some((key) => key === node || sameTree(key, node))) return true;
    walk(node, (___, ____, inner) => void grouped.add(inner));
    return false;
  });
  for (const { node } of uses.bare) if (!grouped.has(node)) become(node, call([SHADOW, MEASURE], [copy(node)]));
}

/** How Postgres names a column that has no name, as far as our changes would alter it. */
function impliedName(val: unknown): string | undefined {
  const typed = as(val, 'TypeCast');
  if (typed) return impliedName(typed.arg);
  const names = columnName(val);
  if (names) return names.at(-1) === '*' ? undefined : names.at(-1);
  const called = as(val, 'FuncCall');
  const [arg] = list(called?.args);
  if (called && functionName(called).name === MEASURE && columnName(arg)) return columnName(arg)?.at(-1);
  return called && functionName(called).name;
}
