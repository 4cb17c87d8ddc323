/**
 * Statements that are answered by what is read as it stands: each row of the answer is one row of the source, each column
 * one of its columns. Postgres has nothing left to work out then, and the rows need not go through it.
 */
import {
  as,
  columnName,
  constantText,
  functionName,
  isObject,
  list,
  sameTree,
  typeName,
  type Fields,
  type Node,
} from '../ast.js';
import { SHADOW } from '../catalog/allowed.js';
import { MEASURE } from '../check.js';
import type { Push, Source, SourceColumn, StatementPlan } from './types.js';

export interface DirectOrder {
  /** Position in `columns`. */
  readonly column: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface DirectColumn {
  /** Position in the source's columns. */
  readonly from: number;
  /** Type in Postgres of what is read: one of `text`, `numeric`, `bigint`, `boolean`, `date`, `timestamp with time zone`. */
  readonly type: string;
  /** What stands for a null. */
  readonly none: '0' | null;
}

export interface DirectAnswer {
  readonly source: Source;
  readonly columns: readonly DirectColumn[];
  readonly order: readonly DirectOrder[];
  readonly limit: number | null;
  /** Without groups there is one row even where nothing is counted. */
  readonly isTotal: boolean;
  /** Names of the answer's columns; null where only Postgres can tell, or parameters have types. */
  readonly names: readonly string[] | null;
  /** Values of `source.pushed`, in their order: a text, or the parameter of that number. */
  readonly values: readonly (readonly (string | { readonly parameter: number })[])[];
}

const ALLOWED: ReadonlySet<string> = new Set(
  'targetList distinctClause fromClause groupClause sortClause limitCount limitOption op'.split(' '),
);
const CASTS: Readonly<Record<string, string>> = { numeric: 'numeric', int8: 'bigint', text: 'text' };

/** @returns null where Postgres has to finish the statement */
export function directAnswer({ statement, sources, notices }: StatementPlan): DirectAnswer | null {
  const select = as(statement, 'SelectStmt');
  const [source, ...others] = sources;
  if (!select || !source || others.length > 0 || notices.length > 0) return null;
  if (Object.entries(select).some(([key, value]) => !ALLOWED.has(key) && isSet(value))) return null;
  if (select.op !== 'SETOP_NONE' || select.limitOption === 'LIMIT_OPTION_WITH_TIES') return null;
  const { request, probes, merges, constants, report, levels, models } = source;
  if (probes.length + merges.length + constants.length > 0 || report || levels || models) return null;
  if (request.time_grain) return null;
  const [from, ...joined] = list(select.fromClause);
  const relation = as(from, 'RangeVar');
  if (!relation || joined.length > 0 || relation.relname !== source.table) return null;

  const columnAt = columnFinder(source.columns, String((relation.alias as Fields | undefined)?.aliasname));
  const targets = list(select.targetList).map((each) => as(each, 'ResTarget') ?? {});
  const shown = targets.map(({ val }) => valueOf(val, columnAt));
  if (!shown.every((value) => value !== null)) return null;
  const names = targets.map(({ name, val }) => String(name ?? columnName(val)?.at(-1) ?? ''));
  const isGrouped = list(select.groupClause).length > 0 || shown.some(({ isAggregate }) => isAggregate);
  const isTotal = isGrouped && list(select.groupClause).length === 0;
  if (isGrouped) {
    const keys = new Set(list(select.groupClause).map((key) => keyOf(key, shown, names, columnAt)));
    if (!isOneRowEach(source, keys) || keys.has(undefined)) return null;
  } else if (source.columns.some(({ member }) => member === null)) return null;
  if (isSet(select.distinctClause) && !isDistinct(select, source, shown)) return null;
  const order = list(select.sortClause).map((each) => orderOf(as(each, 'SortBy') ?? {}, names, targets));
  const limit = limitOf(select.limitCount);
  const values = source.pushed.map((push) => valuesOf(push));
  if (!order.every((each) => each !== null) || limit === undefined) return null;
  if (!values.every((each) => each !== null)) return null;
  if (order.some(({ column }) => !SORTED.has(shown[column]?.type ?? ''))) return null;
  const columns = shown.map(({ from, type, none }) => ({ from, type, none }));
  const isTold = targets.every(({ name }) => name !== undefined) && !values.flat(2).some((each) => isObject(each));
  return { source, columns, order, limit, isTotal, names: isTold ? names : null, values };
}

const SORTED: ReadonlySet<string> = new Set(['text', 'numeric', 'bigint']);
const isSet = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));
/** Whether each group is one row of what is read: by all of its dimensions, the id of rows included. @param keys positions of columns */
const isOneRowEach = ({ request, columns }: Source, keys: ReadonlySet<number | undefined>): boolean =>
  request.dimensions.every((key) => columns.some(({ member }, index) => member === key && keys.has(index)));

/** Whether DISTINCT changes nothing: each row shows all by which the source is grouped. */
function isDistinct({ distinctClause }: Fields, source: Source, shown: readonly Value[]): boolean {
  const isOnAll = list(distinctClause).every((each) => Object.keys(each).length === 0);
  const keys = new Set(shown.flatMap(({ from, none, isAggregate }) => (isAggregate || none !== null ? [] : [from])));
  return isOnAll && isOneRowEach(source, keys);
}

type ColumnAt = (node: unknown) => { readonly from: number; readonly type: string } | null;

const columnFinder =
  (columns: readonly SourceColumn[], alias: string): ColumnAt =>
  (node) => {
    const names = columnName(node);
    if (!names || names.length > 2 || (names.length === 2 && names[0] !== alias)) return null;
    const from = columns.findIndex(({ name }) => name === names.at(-1));
    return from < 0 ? null : { from, type: columns[from]?.type ?? '' };
  };

/** `stored`: the type of the source's column. */
type Value = DirectColumn & { readonly isAggregate: boolean; readonly stored: string };

/** A column, or an aggregate that gives the column's value where a group is one row, in the same digits. */
function valueOf(node: unknown, columnAt: ColumnAt): Value | null {
  const plain = columnAt(node);
  if (plain) return { ...plain, stored: plain.type, none: null, isAggregate: false };
  const typed = as(node, 'TypeCast');
  if (typed) {
    const inner = valueOf(typed.arg, columnAt);
    const type = CASTS[typeName(typed)];
    const { typmods, arrayBounds } = (typed.typeName ?? {}) as Fields;
    if (!inner || isSet(typmods) || isSet(arrayBounds)) return null;
    const isExact = type === inner.type || (inner.stored === 'bigint' && (type === 'numeric' || type === 'bigint'));
    return type !== undefined && isExact ? { ...inner, type } : null;
  }
  const coalesced = list(as(node, 'CoalesceExpr')?.args);
  if (coalesced.length === 2) {
    const inner = valueOf(coalesced[0], columnAt);
    return inner && integerOf(coalesced[1]) === 0 ? { ...inner, none: '0' } : null;
  }
  const called = as(node, 'FuncCall');
  if (!called) return null;
  const { schema, name } = functionName(called);
  const [arg, ...more] = list(called.args);
  const isPlain = ['agg_filter', 'agg_order', 'agg_distinct', 'agg_star', 'over', 'func_variadic', 'agg_within_group'];
  if (more.length > 0 || isPlain.some((key) => isSet(called[key]))) return null;
  const column = columnAt(arg);
  if (!column) return null;
  const isNumber = column.type === 'numeric' || column.type === 'bigint';
  const isKnown =
    schema === SHADOW
      ? name === MEASURE
      : (schema === undefined || schema === 'pg_catalog') &&
        ((name === 'sum' && isNumber) || ((name === 'min' || name === 'max') && (isNumber || column.type === 'text')));
  if (!isKnown) return null;
  const type = name === 'sum' ? 'numeric' : column.type;
  return { ...column, stored: column.type, type, none: null, isAggregate: true };
}

/** The source's column that is grouped by: itself, or by its place or its name in the answer. */
function keyOf(
  node: Node,
  shown: readonly (Value | null)[],
  names: readonly string[],
  columnAt: ColumnAt,
): number | undefined {
  const position = integerOf(node);
  const column = position === undefined ? columnAt(node) : null;
  if (column) return column.from;
  const [name, ...more] = columnName(node) ?? [];
  if (position === undefined && (name === undefined || more.length > 0)) return undefined;
  const value = shown[position === undefined ? names.indexOf(name ?? '') : position - 1];
  return value && !value.isAggregate ? value.from : undefined;
}

function orderOf(sort: Fields, names: readonly string[], targets: readonly Fields[]): DirectOrder | null {
  const position = integerOf(sort.node);
  const named = columnName(sort.node) ?? [];
  const column =
    position !== undefined
      ? position - 1
      : named.length === 1
        ? names.indexOf(named[0] ?? '')
        : targets.findIndex(({ val }) => sameTree(val, sort.node));
  if (column < 0 || column >= targets.length || isSet(sort.useOp) || sort.sortby_dir === 'SORTBY_USING') return null;
  if (named.length === 1 && names.lastIndexOf(named[0] ?? '') !== column) return null;
  const descending = sort.sortby_dir === 'SORTBY_DESC';
  const nulls = sort.sortby_nulls;
  return {
    column,
    descending,
    nullsFirst: nulls === 'SORTBY_NULLS_FIRST' || (descending && nulls !== 'SORTBY_NULLS_LAST'),
  };
}

function integerOf(node: unknown): number | undefined {
  const fields = as(node, 'A_Const')?.ival as Fields | undefined;
  return fields && Number(fields.ival ?? 0);
}

/** @returns undefined where it is an expression */
function limitOf(node: unknown): number | null | undefined {
  if (node === undefined) return null;
  const constant = as(node, 'A_Const');
  if (constant?.isnull === true) return null;
  const limit = integerOf(node);
  return limit !== undefined && limit >= 0 ? limit : undefined;
}

function valuesOf({ values }: Push): (string | { parameter: number })[] | null {
  const found: (string | { parameter: number })[] = [];
  for (const { expression, form } of values) {
    const text = constantText(expression);
    const parameter = as(expression, 'ParamRef')?.number;
    if (form !== 'text') return null;
    if (text !== undefined) found.push(text);
    else if (parameter !== undefined) found.push({ parameter: Number(parameter) });
    else return null;
  }
  return found;
}
