/**
 * A sub-select that only picks, renames or calculates columns of a relation of the model is put into the select around
 * it, so that a measure keeps its meaning through the sub-selects that BI tools write.
 */
import {
  as,
  columnName,
  copy,
  and,
  functionName,
  isObject,
  list,
  nodeOf,
  replace,
  stringOf,
  walk,
  type Fields,
  type Node,
} from '../ast.js';

import { MEASURE } from '../check.js';

/** The model's relation that is all of a select's FROM. */
export function onlyRelation(select: Fields, isModel: (fields: Fields) => boolean): Fields | undefined {
  const from = list(select.fromClause);
  const relation = from.length === 1 ? as(from[0], 'RangeVar') : undefined;
  return relation && isModel(relation) ? relation : undefined;
}

/** Pulls up from the inside out, in place. */
export function pullUp(
  select: Fields,
  isModel: (fields: Fields) => boolean,
  isAggregate: (name: string) => boolean,
): void {
  const from = list(select.fromClause);
  const [item] = from;
  const sub = from.length === 1 ? as(item, 'RangeSubselect') : undefined;
  const inner = sub && as(sub.subquery, 'SelectStmt');
  if (!sub || !inner || sub.lateral) return;
  pullUp(inner, isModel, isAggregate);
  const relation = onlyRelation(inner, isModel);
  const alias = sub.alias as Fields | undefined;
  if (!relation || !isPlain(inner, isModel, isAggregate) || list(alias?.colnames).length > 0) return;
  const qualifier = String((relation.alias as Fields | undefined)?.aliasname ?? relation.relname);
  const outputs = outputsOf(inner, qualifier);
  if (outputs === undefined) return;
  const where = inner.whereClause as Node | undefined;
  if (where) unqualify(where, qualifier);
  const aliasName = String(alias?.aliasname ?? '');
  if (outputs !== 'all') substitute(select, outputs, aliasName);
  select.fromClause = inner.fromClause;
  delete relation.alias;
  if (aliasName) relation.alias = { aliasname: aliasName };
  const both = and([...(where ? [where] : []), ...(select.whereClause ? [select.whereClause as Node] : [])]);
  if (both) select.whereClause = both;
}

const PLAIN_KEYS = new Set(['targetList', 'fromClause', 'whereClause', 'limitOption', 'op']);

function isPlain(
  select: Fields,
  isModel: (fields: Fields) => boolean,
  isAggregate: (name: string) => boolean,
): boolean {
  if (select.op !== 'SETOP_NONE' || Object.keys(select).some((key) => !PLAIN_KEYS.has(key))) return false;
  let plain = true;
  const visit = (tag: string, fields: Fields): boolean => {
    if (tag === 'SubLink') {
      plain &&= standsAlone(as(fields.subselect, 'SelectStmt'), isModel);
      walk(fields.testexpr, visit);
      return false;
    }
    if (tag === 'GroupingFunc') plain = false;
    if (tag === 'FuncCall') {
      const { name } = functionName(fields);
      if (fields.over || name === MEASURE || isAggregate(name) || SET_RETURNING.has(name) || VOLATILE.has(name))
        plain = false;
    }
    return true;
  };
  walk(select.whereClause, visit);
  walk(select.targetList, (tag, fields) => {
    if (tag === 'SubLink') plain = false;
    return visit(tag, fields);
  });
  return plain;
}

/** Whether a sub-select within a condition looks at one relation of the model and at nothing of the select around it. */
function standsAlone(select: Fields | undefined, isModel: (fields: Fields) => boolean): boolean {
  const relation = select && onlyRelation(select, isModel);
  if (!relation || select.withClause) return false;
  const own = String((relation.alias as Fields | undefined)?.aliasname ?? relation.relname);
  let alone = true;
  walk(Object.values(select), (tag, fields) => {
    if (tag === 'SubLink') alone = false;
    const names = tag === 'ColumnRef' ? (columnName({ ColumnRef: fields }) ?? []) : [];
    if (names.length > 1 && names.at(-2) !== own) alone = false;
  });
  return alone;
}

const SET_RETURNING = new Set([
  'generate_series',
  'unnest',
  'regexp_split_to_table',
  'regexp_matches',
  'json_array_elements',
  'jsonb_array_elements',
  'jsonb_each',
  'json_each',
  'generate_subscripts',
  'string_to_table',
]);
const VOLATILE = new Set(['random', 'clock_timestamp', 'gen_random_uuid', 'timeofday']);

type Outputs = ReadonlyMap<string, Node>;

/** What the sub-select's columns are, by name; `all` for a star; undefined where that can't be said. */
function outputsOf(select: Fields, qualifier: string): Outputs | 'all' | undefined {
  const targets = list(select.targetList).map((each) => as(each, 'ResTarget') ?? {});
  const isStar = (val: unknown): boolean => columnName(val)?.at(-1) === '*';
  if (targets.length === 1 && isStar(targets[0]?.val)) return 'all';
  const outputs = new Map<string, Node>();
  for (const { name, val } of targets) {
    const output = name === undefined ? columnName(val)?.at(-1) : String(name);
    if (output === undefined || isStar(val) || outputs.has(output)) return undefined;
    const expression = copy(val as Node);
    unqualify(expression, qualifier);
    outputs.set(output, expression);
  }
  return outputs;
}

function unqualify(node: unknown, qualifier: string): void {
  walk(node, (tag, fields) => {
    // What a sub-select names is its own.
    if (tag === 'SubLink') {
      unqualify(fields.testexpr, qualifier);
      return false;
    }
    const parts = tag === 'ColumnRef' ? list(fields.fields) : [];
    if (parts.length > 1 && stringOf(parts.at(-2)) === qualifier) fields.fields = parts.slice(-1);
    return true;
  });
}

function substitute(select: Fields, outputs: Outputs, alias: string): void {
  const targets = list(select.targetList);
  select.targetList = targets.flatMap((target) => {
    const fields = as(target, 'ResTarget');
    const names = columnName(fields?.val);
    if (names?.at(-1) !== '*' || (names.length > 1 && names.at(-2) !== alias)) return [target];
    return [...outputs].map(([name, val]) => ({ ResTarget: { name, val: copy(val) } }));
  });
  const named = new Set<string>();
  for (const target of list(select.targetList)) {
    const fields = as(target, 'ResTarget');
    const own = columnName(fields?.val)?.at(-1);
    if (fields && fields.name === undefined && own !== undefined && own !== '*') fields.name = own;
    if (fields?.name !== undefined) named.add(String(fields.name));
  }
  const found = (fields: Fields): Node | undefined => {
    const names = columnName({ ColumnRef: fields });
    if (!names || (names.length > 1 && names.at(-2) !== alias)) return undefined;
    const expression = outputs.get(names.at(-1) ?? '');
    return expression && copy(expression);
  };
  const change = (tag: string, fields: Fields): Node | undefined => (tag === 'ColumnRef' ? found(fields) : undefined);
  for (const [key, value] of Object.entries(select)) {
    if (key === 'fromClause') continue;
    if (key !== 'sortClause') {
      replace(value, change);
      continue;
    }
    for (const sort of list(value)) {
      const by = as(sort, 'SortBy');
      const names = columnName(by?.node);
      // A bare name of an output column means that column.
      if (by && !(names?.length === 1 && named.has(names[0] ?? ''))) replace(by.node, change);
    }
  }
}

/** Every select of a statement, the innermost first. */
export function selectsOf(node: unknown): Fields[] {
  const found: Fields[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!isObject(value)) return;
    const known = nodeOf(value);
    const fields = known ? known[1] : value;
    for (const each of Object.values(fields)) visit(each);
    // The two sides of a set operation stand without a tag.
    if (known?.[0] === 'SelectStmt' || (!known && 'limitOption' in value && 'op' in value)) found.push(fields);
  };
  visit(node);
  return found;
}
