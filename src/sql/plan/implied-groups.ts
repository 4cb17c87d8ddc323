/**
 * A relation without rows of its own (attribution, journeys) has measures of groups only. A select over it that does not
 * group is grouped here by all that it names beside measures, so that it has a row for each combination of these.
 */
import {
  and,
  as,
  columnName,
  conjuncts,
  copy,
  isObject,
  list,
  placeless,
  walk,
  type Fields,
  type Node,
} from '../ast.js';
import type { RelationColumn } from '../relation.js';
import { setWhere } from './clauses.js';
import type { Scope } from './uses.js';

/** In place. @param columns of the relation, in their order */
export function groupByDimensions(select: Fields, scope: Scope, columns: readonly RelationColumn[]): void {
  expandStars(select, scope, columns);
  const hasMeasure = (node: unknown): boolean => columnsIn(node, scope).some(({ measure }) => measure !== null);
  const named = new Set(list(select.targetList).map((each) => as(each, 'ResTarget')?.name));
  const sorted = list(select.sortClause).flatMap((each) => {
    const node = as(each, 'SortBy')?.node;
    const names = columnName(node);
    const isOutput = as(node, 'A_Const') !== undefined || (names?.length === 1 && named.has(names[0] ?? ''));
    return isOutput || !isObject(node) ? [] : [node as unknown as Node];
  });
  const targets = list(select.targetList).flatMap((each): Node[] => {
    const val = as(each, 'ResTarget')?.val;
    return isObject(val) ? [val as Node] : [];
  });
  const keys = new Map<string, Node>();
  for (const expression of [...targets, ...sorted]) {
    const parts = hasMeasure(expression) ? columnNodes(expression, scope, null) : [expression];
    for (const part of parts) if (columnsIn(part, scope).length > 0) keys.set(placeless(part), copy(part));
  }
  const where = conjuncts(select.whereClause);
  setWhere(
    select,
    where.filter((condition) => !hasMeasure(condition)),
  );
  const having = and(where.filter(hasMeasure));
  if (having) select.havingClause = having;
  if (keys.size > 0) select.groupClause = [...keys.values()];
}

function expandStars(select: Fields, scope: Scope, columns: readonly RelationColumn[]): void {
  select.targetList = list(select.targetList).flatMap((target): Node[] => {
    const names = columnName(as(target, 'ResTarget')?.val);
    if (names?.at(-1) !== '*' || (names.length > 1 && names.at(-2) !== scope.alias)) return [target];
    return columns.map(({ name }) => ({
      ResTarget: { val: { ColumnRef: { fields: [scope.alias, name].map((sval) => ({ String: { sval } })) } } },
    }));
  });
}

/** References to columns of the relation; only to dimensions with `measure` null. */
function columnNodes(value: unknown, scope: Scope, measure: null | undefined): Node[] {
  const found: Node[] = [];
  walk(value, (tag, _, node) => {
    if (tag === 'SelectStmt') return false;
    const column = tag === 'ColumnRef' ? scope.columnOf(node) : undefined;
    if (column && (measure === undefined || column.measure === measure)) found.push(node);
    return true;
  });
  return found;
}

const columnsIn = (value: unknown, scope: Scope): RelationColumn[] =>
  columnNodes(value, scope, undefined).flatMap((node) => scope.columnOf(node) ?? []);
