/**
 * A SELECT over the model's relations → what to read from the query path, and the statement over what was read.
 *
 * A select over the relation alone that groups is read grouped, as coarsely as its answer allows; Postgres then does the
 * rest, on complete rows. What is not grouped, or joined, is read row by row. So each select means what it means in
 * Postgres over the organisation's flat rows, and a measure means what it means for the groups of its select.
 */
import { as, copy, nodeOf, type Fields, type Node } from '../ast.js';
import { MEASURE } from '../check.js';
import { unsupported } from '../mistake.js';
import { wrapBareMeasures } from './bare-measures.js';
import { isGrouped, ordering, shownIn } from './clauses.js';
import { planGroups } from './groups.js';
import { groupByDimensions } from './implied-groups.js';
import { inlineQueries } from './inline.js';
import { groupsRows, leafOf, noRows } from './leaf.js';
import { onlyRelation, pullUp, selectsOf } from './pull-up.js';
import { overJoined, overReport } from './reports.js';
import { planJoinedRows, planRows } from './rows.js';
import { modelScopes, type LeafScope, type ModelScopes, type PlanContext } from './scope.js';
import { Sources } from './sources.js';
import type { StatementPlan } from './types.js';
import { usesOf } from './uses.js';

/**
 * @param statement checked, and over the model; changed in place to what Postgres can infer types of, over the empty
 *   relation
 * @throws SqlMistake for what can't be answered as it is asked
 */
export function planStatement(statement: Node, context: PlanContext): StatementPlan {
  const scopes = modelScopes(context);
  const { isModel, scopeOf } = scopes;
  inlineQueries(statement, isModel);
  for (const select of selectsOf(statement)) pullUp(select, isModel, context.isAggregate);
  for (const select of selectsOf(statement)) {
    const range = onlyRelation(select, isModel);
    if (!range) continue;
    const scope = scopeOf(range);
    if (scope.relation.content.kind === 'groups' && !isGrouped(select, usesOf(shownIn(select), scope)))
      groupByDimensions(select, scope, scope.relation.columns);
    wrapBareMeasures(select, scope);
  }
  const planned = copy(statement);
  const sources = new Sources();
  for (const select of selectsOf(planned)) {
    const range = onlyRelation(select, isModel);
    if (range) planLeaf(select, range, scopeOf(range), sources);
    else planJoined(select, scopes, context, sources);
  }
  return { statement: planned, ...sources.plan };
}

/** A select over one relation alone. */
function planLeaf(select: Fields, range: Fields, scope: LeafScope, sources: Sources): void {
  const leaf = leafOf(select, range, scope);
  const { content } = scope.relation;
  if (content.kind === 'report') {
    overReport(leaf.uses);
    sources.addReport(range, scope, content.request);
  } else if (groupsRows(leaf)) planGroups(leaf, sources);
  else if (content.kind === 'groups') noRows(scope);
  else planRows(leaf, sources);
}

/** Relations of the model among others. */
function planJoined(select: Fields, { isModel, scopeOf }: ModelScopes, context: PlanContext, sources: Sources): void {
  const ranges: Fields[] = [];
  const find = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(find);
    const known = nodeOf(value);
    if (known?.[0] === 'RangeVar' && isModel(known[1])) ranges.push(known[1]);
    const join = as(value, 'JoinExpr');
    if (join) [join.larg, join.rarg].forEach(find);
  };
  find(select.fromClause);
  const direct = usesOf([select.targetList, select.havingClause, ...ordering(select)], {
    alias: '',
    columnOf: () => undefined,
    isAggregate: context.isAggregate,
  });
  if (direct.aggregates.some(({ name }) => name === MEASURE))
    throw unsupported(
      'MEASURE() has a meaning only in a select that reads the relation alone.',
      'Calculate measures in a sub-select with its own GROUP BY, and join its result.',
    );
  for (const range of ranges) {
    const scope = scopeOf(range);
    const { content, name } = scope.relation;
    const uses = usesOf([...shownIn(select), select.groupClause], scope);
    overJoined(uses);
    if (content.kind === 'report') sources.addReport(range, scope, content.request);
    else if (content.kind === 'rows') planJoinedRows(select, range, scope, sources);
    else
      throw unsupported(
        `“${name}” has measures of groups only, and can’t be joined as it stands.`,
        'Select from it in a sub-select, by the dimensions to join by, and join that.',
      );
  }
}
