/**
 * The tree that Postgres' own parser gives, as JSON: a node is an object with one key, its tag (`{ ColumnRef: {…} }`).
 * Trees are changed in place; whoever needs the old one copies it.
 */
export type Fields = Record<string, unknown>;
export type Node = Record<string, Fields>;

export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
export const copy = <T>(node: T): T => structuredClone(node);

/** The fields of a node of this tag; undefined for every other. */
export function as(node: unknown, tag: string): Fields | undefined {
  const fields = isObject(node) ? node[tag] : undefined;
  return isObject(fields) ? fields : undefined;
}

export const list = (value: unknown): Node[] => (Array.isArray(value) ? (value as Node[]) : []);
const TAG = /^[A-Z]/;

/** Tag and fields of a node; undefined for what is no node. */
export function nodeOf(value: unknown): readonly [string, Fields] | undefined {
  if (!isObject(value) || Array.isArray(value)) return undefined;
  const [key, ...others] = Object.keys(value);
  if (key === undefined || others.length > 0 || !TAG.test(key)) return undefined;
  const fields = value[key];
  return isObject(fields) ? [key, fields] : undefined;
}

/** Visits every node below `value` and itself; `false` keeps out of what is below a node. */
export function walk(value: unknown, visit: (tag: string, fields: Fields, node: Node) => boolean | void): void {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, visit);
    return;
  }
  if (!isObject(value)) return;
  const node = nodeOf(value);
  if (node && visit(node[0], node[1], value as Node) === false) return;
  for (const each of Object.values(node ? node[1] : value)) if (isObject(each)) walk(each, visit);
}

/** Puts another node in the place of this one. */
export function become(node: Node, other: Node): void {
  for (const key of Object.keys(node)) delete node[key];
  Object.assign(node, other);
}

/** Every node below `value`, from the outside in: what `change` answers takes its place, and is not looked into. */
export function replace(value: unknown, change: (tag: string, fields: Fields) => Node | undefined): void {
  walk(value, (tag, fields, node) => {
    const other = change(tag, fields);
    if (other === undefined || other === node) return true;
    become(node, other);
    return false;
  });
}

const text = (sval: string): Node => ({ String: { sval } });

/** The parts of a dotted name; a star is `*`. Undefined for anything else. */
export function columnName(node: unknown): string[] | undefined {
  const fields = as(node, 'ColumnRef');
  return fields && list(fields.fields).map((part) => (as(part, 'A_Star') ? '*' : stringOf(part)));
}
export const stringOf = (node: unknown): string => String(as(node, 'String')?.sval ?? '');
export const column = (...names: readonly string[]): Node => ({ ColumnRef: { fields: names.map(text) } });
export const constant = (sval: string): Node => ({ A_Const: { sval: { sval } } });
/** The text of a constant; undefined for anything else. */
export function constantText(node: unknown): string | undefined {
  const fields = as(as(node, 'A_Const'), 'sval');
  return fields && String(fields.sval ?? '');
}
export const integer = (ival: number): Node => ({ A_Const: { ival: ival === 0 ? {} : { ival } } });
export const cast = (arg: Node, ...type: readonly string[]): Node => ({
  TypeCast: { arg, typeName: { names: type.map(text), typemod: -1 } },
});
export const call = (name: readonly string[], args: readonly Node[], more: Fields = {}): Node => ({
  FuncCall: { funcname: name.map(text), args, funcformat: 'COERCE_EXPLICIT_CALL', ...more },
});
/** All of them, without one AND within another. */
export function and(args: readonly Node[]): Node | undefined {
  const parts = args.flatMap(conjuncts);
  return parts.length > 1 ? { BoolExpr: { boolop: 'AND_EXPR', args: parts } } : parts[0];
}
export const isNotNull = (arg: Node): Node => ({ NullTest: { arg, nulltesttype: 'IS_NOT_NULL' } });
export const coalesce = (...args: readonly Node[]): Node => ({ CoalesceExpr: { args } });

/** The name of a function, with its schema when there is one. */
export function functionName(fields: Fields): { readonly schema: string | undefined; readonly name: string } {
  const parts = list(fields.funcname).map(stringOf);
  return { schema: parts.length > 1 ? parts.at(-2) : undefined, name: parts.at(-1) ?? '' };
}

/** The last name of a type, e.g. `text`, `timestamptz`. */
export const typeName = (fields: Fields): string =>
  stringOf(list((fields.typeName as Fields | undefined)?.names).at(-1));

/** What is made a date of: `x` in `x::date` and in `date(x)`. */
export function datedIn(node: unknown): Node | undefined {
  const typed = as(node, 'TypeCast');
  if (typed) return typeName(typed) === 'date' ? (typed.arg as Node) : undefined;
  const call = as(node, 'FuncCall');
  const [arg, ...others] = list(call?.args);
  return call && functionName(call).name === 'date' && others.length === 0 ? arg : undefined;
}

/** The parts that all must hold. */
export function conjuncts(node: unknown): Node[] {
  const bool = as(node, 'BoolExpr');
  if (bool?.boolop === 'AND_EXPR') return list(bool.args).flatMap(conjuncts);
  return isObject(node) ? [node as Node] : [];
}

export const sameTree = (left: unknown, right: unknown): boolean => placeless(left) === placeless(right);
/** The tree as text without where in the query it stands. */
export const placeless = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (key === 'location' ? undefined : value));
