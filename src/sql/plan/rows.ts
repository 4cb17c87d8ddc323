/** Selects that are answered from the rows themselves. */
import { as, columnName, conjuncts, list, walk, type Fields, type Node } from '../ast.js';
import { ROW_ID } from '../relation.js';
import { hasWindow, isGrouped } from './clauses.js';
import type { Leaf } from './leaf.js';
import { isConstant } from './push.js';
import type { LeafScope } from './scope.js';
import { sourceColumn, type Sources } from './sources.js';
import type { Push } from './types.js';
import { usesOf } from './uses.js';

/** The rows themselves: each with its id, so that equal ones stay apart. */
export function planRows({ select, range, scope, uses, filters }: Leaf, sources: Sources): void {
  const used = new Set<string>([
    ...uses.dimensions,
    ...usesOf(
      filters.map(({ condition }) => condition),
      scope,
    ).dimensions,
  ]);
  const isPushed = filters.every(({ condition, push }) => push !== undefined || isConstant(condition));
  const bounded =
    isPushed &&
    filters.every(({ push }) => push !== undefined) &&
    !isGrouped(select, uses) &&
    list(select.sortClause).length === 0 &&
    list(select.distinctClause).length === 0 &&
    select.limitCount !== undefined &&
    select.limitOption !== 'LIMIT_OPTION_WITH_TIES' &&
    !hasWindow(select) &&
    isConstant(select.limitCount) &&
    (select.limitOffset === undefined || isConstant(select.limitOffset)) &&
    select.op === 'SETOP_NONE' &&
    as(select.limitCount, 'A_Const')?.isnull !== true;
  const most = bounded
    ? [select.limitCount as Node, ...(select.limitOffset ? [select.limitOffset as Node] : [])]
    : null;
  const pushed = filters.flatMap(({ push }) => push ?? []);
  addRows({ select, range, scope, used, pushed, most }, sources);
}

/** All rows of a relation that stands among others. */
export function planJoinedRows(select: Fields, range: Fields, scope: LeafScope, sources: Sources): void {
  addRows({ select, range, scope, used: new Set(), pushed: [], most: null }, sources);
}

interface RowsRead {
  readonly select: Fields;
  readonly range: Fields;
  readonly scope: LeafScope;
  /** Columns that are used for sure. */
  readonly used: ReadonlySet<string>;
  readonly pushed: readonly Push[];
  readonly most: readonly Node[] | null;
}

function addRows({ select, range, scope, used: known, pushed, most }: RowsRead, sources: Sources): void {
  const used = new Set(known);
  let star = false;
  // Whatever is named anywhere below; one column too many does no harm.
  walk(select, (tag, fields) => {
    if (tag !== 'ColumnRef') return;
    const names = columnName({ ColumnRef: fields }) ?? [];
    if (names.at(-1) === '*' && (names.length === 1 || names.at(-2) === scope.alias)) star = true;
    if (names.length === 1 && names[0] === scope.alias) star = true;
    const column = scope.columnOf({ ColumnRef: fields });
    if (column) used.add(column.name);
  });
  const columns = scope.relation.columns.filter(({ name }) => star || used.has(name));
  const constants = conjuncts(select.whereClause).filter((condition) => isConstant(condition));
  const empty = columns.filter(({ onRows }) => !onRows);
  if (empty.length > 0)
    sources.warn(
      `${empty.map(({ name }) => name).join(', ')}: null in rows, as ${empty.length > 1 ? 'they look' : 'it looks'} at other rows; group, and use MEASURE().`,
    );
  const given = columns.filter(({ onRows }) => onRows);
  sources.add(range, scope, {
    request: {
      metrics: given.flatMap(({ name, measure }) => (measure === null ? [] : [name])),
      dimensions: [ROW_ID, ...given.flatMap(({ name, measure }) => (measure === null ? [name] : []))],
      time_grain: null,
    },
    columns: columns.map(({ name }) => sourceColumn(scope, name)),
    pushed,
    most,
    constants,
  });
}
