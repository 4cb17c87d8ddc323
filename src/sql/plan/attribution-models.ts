/** What a select over attribution says of the models whose rows it reads. */
import type { Node } from '../ast.js';
import { MODEL_COLUMN } from '../relation.js';
import { hasSubselect } from './clauses.js';
import type { Leaf } from './leaf.js';
import type { LeafScope } from './scope.js';
import type { SourceModels } from './types.js';
import { usesOf } from './uses.js';

/** Whether it is the column that names the model. */
export const isModelName = (name: string | undefined, { relation: { content } }: LeafScope): boolean =>
  name === MODEL_COLUMN && content.kind === 'groups' && content.models;

const namesModel = (condition: Node, scope: LeafScope): boolean => {
  const uses = usesOf([condition], scope);
  return [...uses.dimensions].some((name) => isModelName(name, scope));
};

/** Whether a condition is on the attribution model alone. */
export const isAboutModel = (condition: Node, scope: LeafScope): boolean => {
  if (!namesModel(condition, scope) || hasSubselect(condition)) return false;
  const { dimensions, times, bare, aggregates, onRows } = usesOf([condition], scope);
  return dimensions.size === 1 && times.length + bare.length + aggregates.length + onRows.length === 0;
};

/** Which attribution models are to be read, where the select says anything about it. */
export function modelsOf({ uses, keys, sets, filters, scope }: Leaf): SourceModels | null {
  const { content } = scope.relation;
  if (content.kind !== 'groups' || !content.models) return null;
  const conditions = filters.map(({ condition }) => condition).filter((each) => isAboutModel(each, scope));
  const isNamed = uses.dimensions.has(MODEL_COLUMN) || filters.some((each) => namesModel(each.condition, scope));
  if (!isNamed) return null;
  const isKey = !sets && keys.some((key) => isModelName(scope.columnOf(key)?.name, scope));
  const hasNumbers = uses.aggregates.some(({ column }) => column?.measure != null);
  return { alias: scope.alias, conditions, onlyOne: hasNumbers && !isKey };
}
