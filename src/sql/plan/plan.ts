/**
 * A SELECT over the model's relations → what to read from the query path, and the statement over what was read.
 *
 * A select over the relation alone that groups is read grouped, as coarsely as its answer allows; Postgres then does the
 * rest, on complete rows. What is not grouped, or joined, is read row by row. So each select means what it means in
 * Postgres over the organisation's flat rows, and a measure means what it means for the groups of its select.
 */
import type { Model } from '../../compiler/model/types.js';
import { nearestNames } from '../../common/nearest.js';
import {
  as,
  become,
  call,
  columnName,
  conjuncts,
  and,
  copy,
  functionName,
  isObject,
  list,
  nodeOf,
  sameTree,
  stringOf,
  walk,
  type Fields,
  type Node,
} from '../ast.js';
import { SHADOW } from '../catalog/allowed.js';
import { MEASURE } from '../check.js';
import { SqlMistake, unsupported } from '../mistake.js';
import type { ReportRequest } from '../../compiler/query/types.js';
import { MODEL_COLUMN, pgType, ROW_ID, ROWS, type Relation, type RelationColumn } from '../relation.js';
import { groupByDimensions } from './implied-groups.js';
import { inlineQueries } from './inline.js';
import { overJoined, overReport } from './reports.js';
import { onlyRelation, pullUp, selectsOf } from './pull-up.js';
import { isConstant, pushOf } from './push.js';
import {
  calculateFromParts,
  countValues,
  overRows,
  roll,
  rollableParts,
  takeWhole,
  wayOf,
  type MemberOf,
  type Way,
} from './rewrite.js';
import { commonUnit, bucketOf, type Calendar } from './time-use.js';
import type { Probe, Push, Source, SourceColumn, SourceModels, StatementPlan } from './types.js';
import { usesOf, type AggregateUse, type Scope, type Uses } from './uses.js';

export interface PlanContext {
  readonly relations: readonly Relation[];
  readonly model: Model;
  readonly calendar: Calendar;
  readonly isAggregate: (name: string) => boolean;
}

/**
 * @param statement checked; changed in place to what Postgres can infer types of, over the empty relation
 * @returns null where nothing of the model is read
 */
export function planStatement(statement: Node, context: PlanContext): StatementPlan {
  const isModel = (fields: Fields): boolean => relationIn(fields, context) !== undefined;
  inlineQueries(statement, isModel);
  for (const select of selectsOf(statement)) pullUp(select, isModel, context.isAggregate);
  for (const select of selectsOf(statement)) {
    const relation = onlyRelation(select, isModel);
    if (!relation) continue;
    const scope = scopeOf(relation, context);
    if (scope.relation.content.kind === 'groups' && !isGrouped(select, usesOf(shownIn(select), scope)))
      groupByDimensions(select, scope, scope.relation.columns);
    wrapBareMeasures(select, scope);
  }
  const planned = copy(statement);
  return { statement: planned, ...new Planner(context, isModel).plan(planned) };
}

interface LeafScope extends Scope {
  readonly relation: Relation;
}

const relationIn = (fields: Fields, { relations }: PlanContext): Relation | undefined =>
  relations.find(({ schema, name }) => schema === fields.schemaname && name === fields.relname);

/** What of a select is calculated for its groups. */
const shownIn = (select: Fields): unknown[] => [
  select.targetList,
  select.havingClause,
  select.windowClause,
  ...ordering(select),
];

function scopeOf(fields: Fields, context: PlanContext): LeafScope {
  const { isAggregate } = context;
  const relation = relationIn(fields, context);
  if (!relation) throw new Error('Not a relation of the model.');
  const given = fields.alias as Fields | undefined;
  if (list(given?.colnames).length > 0) throw unsupported('Columns can’t be renamed in FROM.', 'Rename them with AS.');
  const alias = String(given?.aliasname ?? relation.name);
  const columns = new Map(relation.columns.map((each) => [each.name, each]));
  const columnOf = (node: unknown): RelationColumn | undefined => {
    const names = columnName(node);
    if (!names || (names.length > 1 && names.at(-2) !== alias)) return undefined;
    return columns.get(names.at(-1) ?? '');
  };
  return { alias, columnOf, isAggregate, relation };
}

const outputNames = (select: Fields): ReadonlySet<string> =>
  new Set(
    list(select.targetList).flatMap((each) => {
      const name = as(each, 'ResTarget')?.name;
      return name === undefined ? [] : [String(name)];
    }),
  );

/** What ORDER BY says, without names that mean a column of the answer. */
function ordering(select: Fields): unknown[] {
  const outputs = outputNames(select);
  return list(select.sortClause).flatMap((each) => {
    const node = as(each, 'SortBy')?.node;
    const names = columnName(node);
    return names?.length === 1 && outputs.has(names[0] ?? '') ? [] : [node];
  });
}

/** The expressions that are grouped by; a number or a name of the answer's stands for what is selected. */
function groupKeys(select: Fields, scope: Scope): { keys: Node[]; sets: boolean } {
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

const isGrouped = (select: Fields, uses: Uses): boolean =>
  uses.aggregates.length > 0 || list(select.groupClause).length > 0 || select.havingClause !== undefined;

/** In a select that groups, a measure by its bare name is the measure of the group. */
function wrapBareMeasures(select: Fields, scope: Scope): void {
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
  return called ? stringOf(list(called.funcname).at(-1)) : undefined;
}

class Planner {
  private readonly sources: Source[] = [];
  private readonly notices: string[] = [];
  private readonly memberOf: MemberOf;

  constructor(
    private readonly context: PlanContext,
    private readonly isModel: (fields: Fields) => boolean,
  ) {
    const members = new Map(context.model.members.map((member) => [member.key, member]));
    this.memberOf = (key) => members.get(key);
  }

  plan(statement: Node): Omit<StatementPlan, 'statement'> {
    for (const select of selectsOf(statement)) {
      const relation = onlyRelation(select, this.isModel);
      if (relation) this.leaf(select, relation);
      else this.joined(select);
    }
    return { sources: this.sources, notices: [...new Set(this.notices)] };
  }

  /** A select over the relation alone. */
  private leaf(select: Fields, relation: Fields): void {
    const scope = scopeOf(relation, this.context);
    const where = conjuncts(select.whereClause);
    const { keys, sets } = groupKeys(select, scope);
    const uses = usesOf([...shownIn(select), select.distinctClause, ...keys], scope);
    const { content } = scope.relation;
    if (content.kind === 'report') {
      overReport(uses);
      return this.report(relation, scope, content.request);
    }
    const filters = where.map((condition) => ({ condition, push: pushOf(condition, scope.columnOf) }));
    const isDistinct =
      list(select.distinctClause).length > 0 &&
      uses.bare.length === 0 &&
      !uses.star &&
      list(select.windowClause).length === 0 &&
      !hasWindow(select);
    const isSorted = list(select.distinctClause).some((each) => Object.keys(each).length > 0);
    if (!isGrouped(select, uses) && !(isDistinct && !isSorted))
      return content.kind === 'groups' ? this.noRows(scope) : this.rows(select, relation, scope, uses, filters);
    return this.groups(select, relation, scope, { uses, keys, sets, filters });
  }

  private groups(select: Fields, relation: Fields, scope: LeafScope, { uses, keys, sets, filters }: Grouping): void {
    const ways = new Map<AggregateUse, Way>(uses.aggregates.map((use) => [use, wayOf(use)]));
    const constants = filters.map(({ condition }) => condition).filter((condition) => isConstant(condition));
    const residual = filters
      .filter(({ push, condition }) => push === undefined && !isAboutModel(condition, scope))
      .map(({ condition }) => condition);
    const judged = usesOf(residual, scope);
    const measuresOfRows = [...uses.onRows, ...judged.bare, ...usesOf(keys, scope).bare];
    const needsRows =
      uses.needsRows ||
      measuresOfRows.length > 0 ||
      judged.aggregates.length > 0 ||
      [...ways.values()].includes('rows');
    const whole = (): AggregateUse[] => uses.aggregates.filter((use) => ways.get(use) === 'whole');
    const hasRows = scope.relation.content.kind === 'rows';
    if (!hasRows && (needsRows || uses.aggregates.some(isRowCount))) return this.noRows(scope);
    if (needsRows) return this.groupedRows(select, relation, scope, uses, whole(), filters);

    const models = this.modelsOf(uses, keys, sets, filters, scope);
    let probes: Probe[] = [];
    let kept = residual;
    let shape = this.shapeOf(uses, usesOf(kept, scope), keys, sets, scope);
    if (whole().length > 0 && !shape.isExact) {
      probes = residual.flatMap((condition) => probeOf(condition, scope));
      kept = residual.filter((condition) => !probes.some((probe) => probe.condition === condition));
      const probed = this.shapeOf(uses, usesOf(kept, scope), keys, sets, scope);
      if (probed.isExact) shape = probed;
      else [probes, kept] = [[], residual];
    }
    const parts = new Map<AggregateUse, readonly string[]>();
    const counted = new Map<AggregateUse, string>();
    if (!shape.isExact) {
      for (const use of whole()) {
        const dimension = hasRows ? this.countedBy(use, scope) : undefined;
        if (dimension !== undefined) {
          counted.set(use, dimension);
          continue;
        }
        const found = this.partsOf(use, scope);
        if (found) parts.set(use, found);
        else if (use.column?.measure === 'avg' && hasRows)
          return this.groupedRows(select, relation, scope, uses, whole(), filters);
        else throw this.cantRoll(use, sets);
      }
    }

    const metrics = new Set<string>();
    for (const use of uses.aggregates) {
      const { column, name } = use;
      if (column === null || (column.measure === null && name === 'count' && !use.fields.agg_distinct))
        metrics.add(ROWS);
      else if (column.measure !== null && !counted.has(use))
        for (const key of parts.get(use) ?? [column.name]) metrics.add(key);
    }
    for (const use of uses.aggregates) {
      const dimension = counted.get(use);
      if (dimension !== undefined) countValues(use, dimension);
      else if (parts.has(use)) calculateFromParts(use, this.memberOf);
      else if (ways.get(use) === 'whole') takeWhole(use);
      else roll(use);
    }
    setWhere(select, kept);
    const { grain, time } = shape;
    const dimensions = [...new Set([...shape.dimensions, ...counted.values()])].filter(
      (name) => !isModelName(name, scope),
    );
    if (metrics.size + dimensions.length === 0 && time === null && models === null) {
      if (!hasRows) return this.noRows(scope);
      metrics.add(ROWS);
    }
    this.add(relation, scope, {
      request: {
        metrics: [...metrics],
        dimensions: time === 'instant' ? [...dimensions, TIME] : dimensions,
        time_grain: grain,
      },
      columns: [
        ...(models === null ? [] : [{ name: MODEL_COLUMN, type: 'text', member: MODEL_COLUMN }]),
        ...(time === null ? [] : [this.column(scope, TIME)]),
        ...dimensions.map((name) => this.column(scope, name)),
        ...[...metrics].map((name) => this.column(scope, name)),
      ],
      pushed: filters.flatMap(({ push, condition }) => (isAboutModel(condition, scope) ? [] : (push ?? []))),
      probes,
      most: null,
      // A select without GROUP BY has one row, whose measures are the engine's to say also where nothing is counted.
      constants: keys.length > 0 || whole().length === 0 ? constants : [],
      models,
    });
  }

  /** Which attribution models are to be read, where the select says anything about it. */
  private modelsOf(
    uses: Uses,
    keys: readonly Node[],
    sets: boolean,
    filters: Grouping['filters'],
    scope: LeafScope,
  ): SourceModels | null {
    const { content } = scope.relation;
    if (content.kind !== 'groups' || !content.models) return null;
    const conditions = filters.map(({ condition }) => condition).filter((each) => isAboutModel(each, scope));
    const isNamed = uses.dimensions.has(MODEL_COLUMN) || filters.some((each) => namesModel(each.condition, scope));
    if (!isNamed) return null;
    const isKey = !sets && keys.some((key) => isModelName(scope.columnOf(key)?.name, scope));
    const hasNumbers = uses.aggregates.some(({ column }) => column?.measure != null);
    return { alias: scope.alias, conditions, onlyOne: hasNumbers && !isKey };
  }

  private noRows({ relation }: LeafScope): never {
    throw unsupported(
      `“${relation.name}” has no rows of its own to count or to calculate with, only measures of groups.`,
      'Select dimensions and measures, grouped or not: SELECT data_source, MEASURE(…) … GROUP BY 1. Rows stand in “marketing”.',
    );
  }

  /** All that a saved report gives. */
  private report(relation: Fields, scope: LeafScope, request: ReportRequest): void {
    this.add(relation, scope, {
      request: { metrics: [], dimensions: [], time_grain: null },
      columns: scope.relation.columns.map(({ name, type }) => ({ name, type: pgType(type), member: name })),
      report: request,
    });
  }

  /** By what the rows are grouped, and whether each group of the select is then one row. */
  private shapeOf(uses: Uses, judged: Uses, keys: readonly Node[], sets: boolean, scope: LeafScope): Shape {
    const dimensions = [...new Set([...uses.dimensions, ...judged.dimensions])].sort();
    const times = [...uses.times, ...judged.times];
    const isTime = (node: unknown): boolean =>
      scope.columnOf(node)?.type === 'datetime' && scope.columnOf(node)?.measure === null;
    const plain = new Set(keys.flatMap((key) => scope.columnOf(key)?.name ?? []));
    const isWhole = dimensions.every((name) => plain.has(name)) && !sets && !uses.star;
    if (times.length === 0) return { dimensions, time: null, grain: null, isExact: isWhole };
    const { unit, grain } = commonUnit(times, this.context.calendar);
    const isKey =
      unit === 'instant'
        ? keys.some((key) => isTime(key))
        : keys.some((key) => bucketOf(key, isTime) === unit && !as(key, 'FuncCall')?.over && isWholeBucket(key));
    return { dimensions, time: unit === 'instant' ? 'instant' : 'bucket', grain, isExact: isWhole && isKey };
  }

  private partsOf({ column }: AggregateUse, { relation }: LeafScope): string[] | undefined {
    return rollableParts(column?.name ?? '', this.memberOf, (name) =>
      relation.columns.find((each) => each.name === name),
    );
  }

  /** The dimension whose different values a measure counts, where it counts those of all rows. */
  private countedBy({ column }: AggregateUse, { relation }: LeafScope): string | undefined {
    const member = column?.measure === 'distinct' ? this.memberOf(column.name) : undefined;
    if (member?.kind !== 'simple' || member.aggregation !== 'distinct' || member.filter !== undefined) return undefined;
    const { field } = member;
    return relation.columns.find(({ name, type, measure, masked }) => {
      if (measure !== null || type !== 'string' || masked) return false;
      const dimension = this.memberOf(name);
      if (dimension === undefined) return field.kind === 'column' && field.column === name;
      if (dimension.kind !== 'dimension' || dimension.formula !== undefined) return false;
      return field.kind !== 'rows' && JSON.stringify(dimension.field) === JSON.stringify(field);
    })?.name;
  }

  private cantRoll({ column }: AggregateUse, sets: boolean): SqlMistake {
    const key = column?.name ?? '';
    return unsupported(
      `“${key}” can’t be put together from parts, which this grouping${sets ? ' by several sets' : ''} would need.`,
      `Group by columns as they are, or by date_trunc('day' … 'year', recorded_at), and filter by comparisons of columns with constants; then “${key}” is calculated for each group from its rows.`,
    );
  }

  /** Groups that only the rows themselves can answer. */
  private groupedRows(
    select: Fields,
    relation: Fields,
    scope: LeafScope,
    uses: Uses,
    whole: readonly AggregateUse[],
    filters: Grouping['filters'],
  ): void {
    const done = new Set<AggregateUse>();
    for (const use of whole) {
      const { column } = use;
      if (column?.measure === 'avg') continue;
      const dimension = this.countedBy(use, scope);
      if (dimension !== undefined) countValues(use, dimension);
      else if (this.partsOf(use, scope)) calculateFromParts(use, this.memberOf);
      else
        throw unsupported(
          `“${column?.name ?? ''}” can’t stand beside an aggregate that is calculated row by row.`,
          'Ask for the two in separate sub-selects and join them.',
        );
      done.add(use);
    }
    for (const column of uses.onRows)
      if (column.measure === 'calculated' || column.measure === 'distinct')
        throw unsupported(
          `“${column.name}” has a value for a group, not for a row.`,
          `Write MEASURE(${column.name}) outside of other aggregates.`,
        );
    for (const column of [...uses.onRows, ...uses.aggregates.map((use) => use.column)])
      if (column && !column.onRows)
        throw unsupported(
          `“${column.name}” looks at other rows, and can’t stand beside what is calculated row by row.`,
          'Ask for the two in separate sub-selects and join them.',
        );
    for (const use of uses.aggregates) if (!done.has(use)) overRows(use);
    this.rows(select, relation, scope, uses, filters);
  }

  /** The rows themselves: each with its id, so that equal ones stay apart. */
  private rows(select: Fields, relation: Fields, scope: LeafScope, uses: Uses, filters: Grouping['filters']): void {
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
    this.rowSource(
      select,
      relation,
      scope,
      used,
      filters.flatMap(({ push }) => push ?? []),
      most,
    );
  }

  private rowSource(
    select: Fields,
    relation: Fields,
    scope: LeafScope,
    used: Set<string>,
    pushed: readonly Push[],
    most: readonly Node[] | null,
  ): void {
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
    const constants = list(conjuncts(select.whereClause)).filter((condition) => isConstant(condition));
    const empty = columns.filter(({ onRows }) => !onRows);
    if (empty.length > 0)
      this.notices.push(
        `${empty.map(({ name }) => name).join(', ')}: null in rows, as ${empty.length > 1 ? 'they look' : 'it looks'} at other rows; group, and use MEASURE().`,
      );
    const given = columns.filter(({ onRows }) => onRows);
    this.add(relation, scope, {
      request: {
        metrics: given.flatMap(({ name, measure }) => (measure === null ? [] : [name])),
        dimensions: [ROW_ID, ...given.flatMap(({ name, measure }) => (measure === null ? [name] : []))],
        time_grain: null,
      },
      columns: columns.map(({ name }) => this.column(scope, name)),
      pushed,
      most,
      constants,
    });
  }

  /** A relation of the model among others. */
  private joined(select: Fields): void {
    const relations: Fields[] = [];
    const find = (value: unknown): void => {
      if (Array.isArray(value)) return value.forEach(find);
      const known = nodeOf(value);
      if (known?.[0] === 'RangeVar' && this.isModel(known[1])) relations.push(known[1]);
      const join = as(value, 'JoinExpr');
      if (join) [join.larg, join.rarg].forEach(find);
    };
    find(select.fromClause);
    const direct = usesOf([select.targetList, select.havingClause, ...ordering(select)], {
      alias: '',
      columnOf: () => undefined,
      isAggregate: this.context.isAggregate,
    });
    if (direct.aggregates.some(({ name }) => name === MEASURE))
      throw unsupported(
        'MEASURE() has a meaning only in a select that reads the relation alone.',
        'Calculate measures in a sub-select with its own GROUP BY, and join its result.',
      );
    for (const relation of relations) {
      const scope = scopeOf(relation, this.context);
      const { content, name } = scope.relation;
      const uses = usesOf([...shownIn(select), select.groupClause], scope);
      overJoined(uses);
      if (content.kind === 'report') this.report(relation, scope, content.request);
      else if (content.kind === 'rows') this.rowSource(select, relation, scope, new Set(), [], null);
      else
        throw unsupported(
          `“${name}” has measures of groups only, and can’t be joined as it stands.`,
          'Select from it in a sub-select, by the dimensions to join by, and join that.',
        );
    }
  }

  private column(scope: LeafScope, name: string): SourceColumn {
    if (name === ROWS) return { name, type: 'bigint', member: ROWS };
    const found = scope.relation.columns.find((each) => each.name === name);
    if (!found) {
      const near = nearestNames(
        name,
        scope.relation.columns.map((each) => each.name),
      );
      throw new SqlMistake({ code: '42703', message: `column "${name}" does not exist`, hint: near.join(', ') });
    }
    return { name, type: pgType(found.type), member: found.onRows || found.measure !== null ? name : null };
  }

  private add(
    relation: Fields,
    scope: LeafScope,
    source: Pick<Source, 'request' | 'columns'> & Partial<Omit<Source, 'table'>>,
  ): void {
    const table = sourceName(this.sources.length);
    const nulls = new Set(scope.relation.columns.filter(({ onRows }) => !onRows).map(({ name }) => name));
    const asked = new Set([
      ...source.request.metrics,
      ...source.request.dimensions,
      ...(source.request.time_grain ? [TIME] : []),
    ]);
    const columns = source.columns.map((each) =>
      source.report == null && nulls.has(each.name) && !asked.has(each.name) ? { ...each, member: null } : each,
    );
    this.sources.push({ ...NOTHING_MORE, ...source, columns, table });
    relation.alias ??= { aliasname: relation.relname };
    relation.schemaname = 'pg_temp';
    relation.relname = table;
  }
}

const NOTHING_MORE = { pushed: [], probes: [], most: null, constants: [], report: null, models: null } as const;

export const TIME = 'recorded_at';
/** No name that a client could write by chance. */
export const sourceName = (index: number): string => `tributary_source_${index}_b1c5a2f7`;

interface Grouping {
  readonly uses: Uses;
  readonly keys: readonly Node[];
  readonly sets: boolean;
  readonly filters: readonly { readonly condition: Node; readonly push: Push[] | undefined }[];
}

/** Counts rows, or what of rows is known. */
const isRowCount = ({ name, fields, column }: AggregateUse): boolean =>
  column === null || (column.measure === null && name === 'count' && !fields.agg_distinct);

const isModelName = (name: string | undefined, { relation: { content } }: LeafScope): boolean =>
  name === MODEL_COLUMN && content.kind === 'groups' && content.models;
const namesModel = (condition: Node, scope: LeafScope): boolean => {
  const uses = usesOf([condition], scope);
  return [...uses.dimensions].some((name) => isModelName(name, scope));
};
/** On the attribution model alone. */
const isAboutModel = (condition: Node, scope: LeafScope): boolean => {
  if (!namesModel(condition, scope) || hasSubselect(condition)) return false;
  const { dimensions, times, bare, aggregates, onRows } = usesOf([condition], scope);
  return dimensions.size === 1 && times.length + bare.length + aggregates.length + onRows.length === 0;
};

interface Shape {
  readonly dimensions: readonly string[];
  readonly time: 'instant' | 'bucket' | null;
  readonly grain: Source['request']['time_grain'];
  readonly isExact: boolean;
}

/** A bucket's start, not a part of it such as its weekday. */
const isWholeBucket = (key: Node): boolean =>
  as(key, 'TypeCast') !== undefined || stringOf(list(as(key, 'FuncCall')?.funcname).at(-1)) === 'date_trunc';

function setWhere(select: Fields, conditions: readonly Node[]): void {
  const all = and(conditions);
  if (all) select.whereClause = all;
  else delete select.whereClause;
}

/** A condition on one text dimension alone, whose values can be read and judged. */
function probeOf(condition: Node, scope: LeafScope): Probe[] {
  const uses = usesOf([condition], scope);
  const [member] = uses.dimensions;
  const isAlone =
    uses.dimensions.size === 1 &&
    uses.times.length === 0 &&
    uses.bare.length + uses.aggregates.length + uses.onRows.length === 0;
  if (!isAlone || member === undefined || hasSubselect(condition)) return [];
  return scope.relation.columns.find(({ name }) => name === member)?.type === 'string' ? [{ member, condition }] : [];
}

function hasSubselect(node: unknown): boolean {
  let found = false;
  walk(node, (tag) => void (found ||= tag === 'SubLink'));
  return found;
}

function hasWindow(select: Fields): boolean {
  let found = list(select.windowClause).length > 0;
  walk(
    [select.targetList, select.sortClause],
    (tag, fields) => void (found ||= tag === 'FuncCall' && isObject(fields.over)),
  );
  return found;
}
