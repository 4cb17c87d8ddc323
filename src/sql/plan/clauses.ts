/** What the clauses of a select say. */
import { and, as, columnName, isObject, list, walk, type Fields, type Node } from '../ast.js';
import type { Scope, Uses } from './uses.js';

/** What of a select is calculated for its groups. */
export const shownIn = (select: Fields): unknown[] => [
  select.targetList,
  select.havingClause,
  select.windowClause,
  ...ordering(select),
];

const outputNames = (select: Fields): ReadonlySet<string> =>
  new Set(
    list(select.targetList).flatMap((each) => {
      const name = as(each, 'ResTarget')?.name;
      return name === undefined ? [] : [String(name)];
    }),
  );

/** What ORDER BY says, without names that mean a column of the answer. */
export function ordering(select: Fields): unknown[] {
  const outputs = outputNames(select);
  return list(select.sortClause).flatMap((each) => {
    const node = as(each, 'SortBy')?.node;
    const names = columnName(node);
    return names?.length === 1 && outputs.has(names[0] ?? '') ? [] : [node];
  });
}

/**
 * The expressions that are grouped by, and whether in several sets of them; a number or a name of the answer's stands
 * for what is selected.
 */
export function groupKeys(select: Fields, scope: Scope): { keys: Node[]; sets: boolean } {
  const targets = list(select.targetList).map((each) => as(each, 'ResTarget') ?? {});
  let sets = select.groupDistinct === true;
  const resolve = (node: Node): Node[] => {
    const set = as(node, 'GroupingSet');
    if (set) {
      sets = true;
      return list(set.content).flatMap(resolve);
    }
    const row = as(node, 'RowExpr');
    if (row) return list(row.args).flatMap(resolve);
    const number = as(node, 'A_Const')?.ival as Fields | undefined;
    if (number) return [targets[Number(number.ival ?? 0) - 1]?.val as Node].filter(Boolean);
    const names = columnName(node);
    if (names?.length === 1 && !scope.columnOf(node)) {
      const named = targets.find(({ name }) => name === names[0]);
      if (named) return [named.val as Node];
    }
    return [node];
  };
  return { keys: list(select.groupClause).flatMap(resolve), sets };
}

export const isGrouped = (select: Fields, uses: Uses): boolean =>
  uses.aggregates.length > 0 || list(select.groupClause).length > 0 || select.havingClause !== undefined;

/** In place. @param conditions that all have to hold */
export function setWhere(select: Fields, conditions: readonly Node[]): void {
  const all = and(conditions);
  if (all) select.whereClause = all;
  else delete select.whereClause;
}

export function hasSubselect(node: unknown): boolean {
  let found = false;
  walk(node, (tag) => void (found ||= tag === 'SubLink'));
  return found;
}

export function hasWindow(select: Fields): boolean {
  let found = list(select.windowClause).length > 0;
  walk(
    [select.targetList, select.sortClause],
    (tag, fields) => void (found ||= tag === 'FuncCall' && isObject(fields.over)),
  );
  return found;
}
