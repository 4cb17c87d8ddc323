/** Selects whose rows are read grouped, as coarsely as the answer allows. */
import type { Node } from '../ast.js';
import { unsupported, type SqlMistake } from '../mistake.js';
import { LEVEL, MODEL_COLUMN, ROWS } from '../relation.js';
import { isAboutModel, isModelName, modelsOf } from './attribution-models.js';
import { hasSubselect, setWhere } from './clauses.js';
import { planGroupedRows } from './grouped-rows.js';
import { noRows, type Leaf } from './leaf.js';
import { groupByLevels, levelsOf, type Level } from './levels.js';
import { mergesOf } from './merges.js';
import { countedBy, looksBeyond, partsOf } from './parts.js';
import { isConstant } from './push.js';
import { calculateFromParts, countValues, roll, takeWhole, wayOf, type Way } from './rewrite.js';
import type { LeafScope } from './scope.js';
import { shapeOf, type Shape } from './shape.js';
import { sourceColumn, TIME, type Sources } from './sources.js';
import type { Probe, Source } from './types.js';
import { usesOf, type AggregateUse } from './uses.js';

/** @throws SqlMistake 0A000 where a measure can't be had for the groups that are asked for */
export function planGroups(leaf: Leaf, sources: Sources): void {
  const { select, range, scope, uses, keys, sets, filters } = leaf;
  const ways = new Map<AggregateUse, Way>(uses.aggregates.map((use) => [use, wayOf(use)]));
  const constants = filters.map(({ condition }) => condition).filter((condition) => isConstant(condition));
  const residual = filters
    .filter(({ push, condition }) => push === undefined && !isAboutModel(condition, scope))
    .map(({ condition }) => condition);
  const judged = usesOf(residual, scope);
  const measuresOfRows = [...uses.onRows, ...judged.bare, ...usesOf(keys, scope).bare];
  const needsRows =
    uses.needsRows || measuresOfRows.length > 0 || judged.aggregates.length > 0 || [...ways.values()].includes('rows');
  const whole = uses.aggregates.filter((use) => ways.get(use) === 'whole');
  const hasRows = scope.relation.content.kind === 'rows';
  if (!hasRows && (needsRows || uses.aggregates.some(isRowCount))) return noRows(scope);
  if (needsRows) return planGroupedRows(leaf, whole, sources);

  const models = modelsOf(leaf);
  let probes: Probe[] = [];
  let kept = residual;
  let shape = shapeOf(leaf, kept);
  const beyond = whole.find(({ column }) => looksBeyond(column?.name ?? '', scope.memberOf));
  if (whole.length > 0 && (!shape.isExact || beyond)) {
    probes = residual.flatMap((condition) => probeOf(condition, scope));
    kept = residual.filter((condition) => !probes.some((probe) => probe.condition === condition));
    const probed = shapeOf(leaf, kept);
    if (probed.isExact || mergesOf(leaf, probed, kept, whole)) shape = probed;
    else [probes, kept] = [[], residual];
  }
  const parts = new Map<AggregateUse, readonly string[]>();
  const counted = new Map<AggregateUse, string>();
  const levels = whole.length > 0 && models === null ? levelsFor(leaf, whole, residual) : undefined;
  if (levels) return planLevels(leaf, ways, levels, sources);
  if (beyond && kept.some((condition) => !isConstant(condition))) throw cantRoll(beyond, sets);
  const isHad = whole.every((use) => isFromParts(use, scope));
  const merges = shape.isExact || isHad ? undefined : mergesOf(leaf, shape, kept, whole);
  if (!shape.isExact && !merges) {
    for (const use of whole) {
      const dimension = hasRows ? countedBy(use, scope) : undefined;
      if (dimension !== undefined) {
        counted.set(use, dimension);
        continue;
      }
      const found = partsOf(use, scope);
      if (found) parts.set(use, found);
      else if (use.column?.measure === 'avg' && hasRows) return planGroupedRows(leaf, whole, sources);
      else throw cantRoll(use, sets);
    }
  }

  const metrics = new Set<string>();
  for (const use of uses.aggregates) {
    const { column } = use;
    if (isRowCount(use)) metrics.add(ROWS);
    else if (column?.measure != null && !counted.has(use))
      for (const key of parts.get(use) ?? [column.name]) metrics.add(key);
  }
  for (const use of uses.aggregates) {
    const dimension = counted.get(use);
    if (dimension !== undefined) countValues(use, dimension);
    else if (parts.has(use)) calculateFromParts(use, scope.memberOf);
    else if (ways.get(use) === 'whole') takeWhole(use);
    else roll(use);
  }
  setWhere(select, kept);
  const { time } = shape;
  const dimensions = [...new Set([...shape.dimensions, ...counted.values()])].filter(
    (name) => !isModelName(name, scope),
  );
  if (metrics.size + dimensions.length === 0 && time !== 'instant' && (time !== null || models === null)) {
    if (!hasRows && time === null) return noRows(scope);
    metrics.add(ROWS);
  }
  sources.add(range, scope, {
    request: requestOf({ ...shape, dimensions }, metrics),
    columns: [
      ...(models === null ? [] : [{ name: MODEL_COLUMN, type: 'text', member: MODEL_COLUMN }]),
      ...(time === null ? [] : [sourceColumn(scope, TIME)]),
      ...dimensions.map((name) => sourceColumn(scope, name)),
      ...[...metrics].map((name) => sourceColumn(scope, name)),
    ],
    pushed: filters.flatMap(({ push, condition }) => (isAboutModel(condition, scope) ? [] : (push ?? []))),
    probes,
    merges: merges ?? [],
    most: null,
    // A select without GROUP BY has one row, whose measures are the engine's to say also where nothing is counted.
    constants: keys.length > 0 || whole.length === 0 ? constants : [],
    models,
  });
}

/** The sets of groups, where there are several, and a measure that can't be put together from parts of all of them. */
function levelsFor(
  leaf: Leaf,
  whole: readonly AggregateUse[],
  residual: readonly Node[],
): readonly Level[] | undefined {
  const { scope, sets } = leaf;
  if (!sets || whole.every((use) => isFromParts(use, scope))) return undefined;
  const isJudged = residual.every((condition) => isConstant(condition) || probeOf(condition, scope).length > 0);
  return isJudged ? levelsOf(leaf) : undefined;
}

/** Whether it can be put together for any groups from what is read more finely. */
const isFromParts = (use: AggregateUse, scope: LeafScope): boolean =>
  (countedBy(use, scope) !== undefined && scope.relation.content.kind === 'rows') || partsOf(use, scope) !== undefined;

function planLevels(
  leaf: Leaf,
  ways: ReadonlyMap<AggregateUse, Way>,
  levels: readonly Level[],
  sources: Sources,
): void {
  const { select, range, scope, uses, filters } = leaf;
  const metrics = [...new Set(uses.aggregates.map((use) => (isRowCount(use) ? ROWS : (use.column?.name ?? ROWS))))];
  const dimensions = [...new Set(levels.flatMap(({ shape }) => shape.dimensions))];
  const hasTime = levels.some(({ shape }) => shape.time !== null);
  const columns = [...(hasTime ? [TIME] : []), ...dimensions];
  groupByLevels(leaf, levels, columns);
  for (const use of uses.aggregates)
    if (ways.get(use) === 'whole') takeWhole(use);
    else roll(use);
  setWhere(select, []);
  const conditions = filters.map(({ condition }) => condition);
  sources.add(range, scope, {
    request: { metrics, dimensions: columns, time_grain: null },
    columns: [
      { name: LEVEL, type: 'integer', member: LEVEL },
      ...[...columns, ...metrics].map((name) => sourceColumn(scope, name)),
    ],
    levels: levels.map(({ shape }) => requestOf(shape, metrics)),
    pushed: filters.flatMap(({ push }) => push ?? []),
    probes: filters.flatMap(({ push, condition }) => (push ? [] : probeOf(condition, scope))),
    constants: conditions.filter((condition) => isConstant(condition)),
  });
}

const requestOf = ({ dimensions, time, grain }: Shape, metrics: Iterable<string>): Source['request'] => ({
  metrics: [...metrics],
  dimensions: time === 'instant' ? [...dimensions, TIME] : dimensions,
  time_grain: grain,
});

/** Counts rows, or what of rows is known. */
const isRowCount = ({ name, fields, column }: AggregateUse): boolean =>
  column === null || (column.measure === null && name === 'count' && !fields.agg_distinct);

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

function cantRoll({ column }: AggregateUse, sets: boolean): SqlMistake {
  const key = column?.name ?? '';
  return unsupported(
    `“${key}” can’t be put together from parts, which this grouping${sets ? ' by several sets' : ''} would need.`,
    `Group by columns as they are, or by date_trunc('day' … 'year', recorded_at), and filter by comparisons of columns with constants; then “${key}” is calculated for each group from its rows.`,
  );
}
