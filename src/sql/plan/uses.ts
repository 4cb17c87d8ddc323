/** What a select does with the columns of the model's relation. */
import { as, columnName, functionName, list, nodeOf, type Fields, type Node } from '../ast.js';
import { SHADOW } from '../catalog/allowed.js';
import { MEASURE } from '../check.js';
import type { RelationColumn } from '../relation.js';
import { bucketOf, type TimeUnit } from './time-use.js';

/** An aggregate over one measure, or over rows, or over one dimension. */
export interface AggregateUse {
  readonly node: Node;
  readonly name: string;
  readonly fields: Fields;
  /** Null for `count(*)` and for a count of a constant. */
  readonly column: RelationColumn | null;
}

export interface Uses {
  readonly aggregates: readonly AggregateUse[];
  /** Measures that stand outside of any aggregate. */
  readonly bare: readonly { readonly node: Node; readonly column: RelationColumn }[];
  /** Measures whose value in a row is asked for, within an aggregate's expression. */
  readonly onRows: readonly RelationColumn[];
  readonly dimensions: ReadonlySet<string>;
  readonly times: readonly TimeUnit[];
  readonly star: boolean;
  /** Whether an aggregate looks at rows in a way that only the rows themselves can answer. */
  readonly needsRows: boolean;
}

export interface Scope {
  readonly alias: string;
  readonly columnOf: (node: unknown) => RelationColumn | undefined;
  readonly isAggregate: (name: string) => boolean;
}

/** Whether a node is the relation's time. */
export const isTimeIn =
  ({ columnOf }: Scope) =>
  (node: unknown): boolean => {
    const column = columnOf(node);
    return column?.type === 'datetime' && column.measure === null;
  };

const PLAIN: readonly string[] = ['sum', 'avg', 'count', 'min', 'max'];

export function usesOf(nodes: readonly unknown[], scope: Scope): Uses {
  const aggregates: AggregateUse[] = [];
  const bare: { node: Node; column: RelationColumn }[] = [];
  const onRows: RelationColumn[] = [];
  const dimensions = new Set<string>();
  const times: TimeUnit[] = [];
  let star = false;
  let needsRows = false;
  const isTime = isTimeIn(scope);

  const visit = (value: unknown, within: boolean): void => {
    if (Array.isArray(value)) return value.forEach((each) => visit(each, within));
    const known = nodeOf(value);
    if (!known) {
      if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) visit(each, within);
      return;
    }
    const [tag, fields] = known;
    const node = value as Node;
    const unit = bucketOf(node, isTime);
    if (unit) {
      times.push(unit);
      return;
    }
    if (tag === 'ColumnRef') {
      if (columnName(node)?.at(-1) === '*') star = true;
      const column = scope.columnOf(node);
      if (!column) return;
      if (column.measure === null) {
        if (column.type === 'datetime') times.push('instant');
        else dimensions.add(column.name);
      } else if (within) onRows.push(column);
      else bare.push({ node, column });
      return;
    }
    if (tag === 'SelectStmt') return correlated(fields);
    if (tag === 'FuncCall') return call(node, fields, within);
    for (const each of Object.values(fields)) visit(each, within);
  };

  /** A sub-select may name our columns by our alias. */
  const correlated = (fields: Fields): void => {
    const look = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const names = columnName(value);
      if (names && names.length > 1 && names.at(-2) === scope.alias) visit(value, true);
      else for (const each of Object.values(value)) look(each);
    };
    look(fields);
  };

  const call = (node: Node, fields: Fields, within: boolean): void => {
    const { schema, name } = functionName(fields);
    const isMeasure = schema === SHADOW && name === MEASURE;
    if (fields.over || !(isMeasure || scope.isAggregate(name)))
      return Object.values(fields).forEach((each) => visit(each, within));
    visit([fields.agg_filter, fields.agg_order], true);
    const args = list(fields.args);
    const column = args.length === 1 ? scope.columnOf(args[0]) : undefined;
    const isConstant =
      args.length === 1 && as(args[0], 'A_Const') !== undefined && as(args[0], 'A_Const')?.isnull !== true;
    if (name === 'count' && !fields.agg_distinct && (fields.agg_star || isConstant))
      return void aggregates.push({ node, name, fields, column: null });
    if (column?.measure != null && (isMeasure || PLAIN.includes(name)))
      return void aggregates.push({ node, name, fields, column });
    if (column?.measure === null && isSameOnGroups(name, fields)) {
      aggregates.push({ node, name, fields, column });
      return visit(args, true);
    }
    aggregates.push({ node, name, fields, column: null });
    needsRows = true;
    visit(args, true);
  };

  /** Whether the aggregate of a dimension gives the same over rows as over what is left when equal rows are one. */
  const isSameOnGroups = (name: string, fields: Fields): boolean =>
    name === 'min' ||
    name === 'max' ||
    name === 'bool_and' ||
    name === 'bool_or' ||
    name === 'count' ||
    fields.agg_distinct === true;

  for (const node of nodes) visit(node, false);
  return { aggregates, bare, onRows, dimensions, times, star, needsRows };
}
