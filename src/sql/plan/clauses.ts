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
  const keysOf = keyResolver(select, scope);
  let sets = select.groupDistinct === true;
  const visit = (node: Node): Node[] => {
    const set = as(node, 'GroupingSet');
    if (!set) return keysOf(node);
    sets = true;
    return list(set.content).flatMap(visit);
  };
  return { keys: list(select.groupClause).flatMap(visit), sets };
}

/** The keys of each set that is grouped by. @param most sets; undefined where there are more */
export function groupingSets(select: Fields, scope: Scope, most: number): Node[][] | undefined {
  const keysOf = keyResolver(select, scope);
  const expand = (node: Node): Node[][] => {
    const set = as(node, 'GroupingSet');
    if (!set) return [keysOf(node)];
    const content = list(set.content);
    switch (set.kind) {
      case 'GROUPING_SET_EMPTY':
        return [[]];
      case 'GROUPING_SET_ROLLUP':
        return Array.from({ length: content.length + 1 }, (_, left) =>
          content.slice(0, content.length - left).flatMap(keysOf),
        );
      case 'GROUPING_SET_CUBE':
        if (2 ** content.length > most) return Array.from({ length: most + 1 }, () => []);
        return Array.from({ length: 2 ** content.length }, (_, without) =>
          content.filter((__, index) => (without & (1 << index)) === 0).flatMap(keysOf),
        );
      default:
        return content.flatMap(expand);
    }
  };
  let sets: Node[][] = [[]];
  for (const node of list(select.groupClause)) {
    const more = expand(node);
    if (sets.length * more.length > most) return undefined;
    sets = sets.flatMap((set) => more.map((each) => [...set, ...each]));
  }
  return sets;
}

/** What a part of GROUP BY that is no set of sets stands for. */
function keyResolver(select: Fields, scope: Scope): (node: Node) => Node[] {
  const targets = list(select.targetList).map((each) => as(each, 'ResTarget') ?? {});
  const resolve = (node: Node): Node[] => {
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
  return resolve;
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
