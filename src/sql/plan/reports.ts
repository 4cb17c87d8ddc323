/** Aggregates over the rows of a saved report: what adds up may be added up, what is a ratio may not. */
import { become, call, column as columnRef, isObject, type Fields } from '../ast.js';
import { SHADOW } from '../catalog/allowed.js';
import { MEASURE } from '../check.js';
import { unsupported } from '../mistake.js';
import type { RelationColumn } from '../relation.js';
import type { AggregateUse, Uses } from './uses.js';

const ADDING: readonly string[] = ['sum', 'avg'];

/** Over the report alone; in place. @throws SqlMistake as {@link overJoined} */
export function overReport({ aggregates, onRows }: Pick<Uses, 'aggregates' | 'onRows'>): void {
  overJoined({ aggregates, onRows });
  for (const use of aggregates)
    if (use.name === MEASURE && use.column?.measure != null)
      become(use.node, call(rollOf(use.column), [columnRef(use.column.name)], filterOf(use)));
}

/**
 * A relation among others in a select's FROM.
 * @throws SqlMistake `0A000` for a sum or an average of what is no plain number of each row
 */
export function overJoined({ aggregates, onRows }: Pick<Uses, 'aggregates' | 'onRows'>): void {
  for (const column of onRows) if (isRatio(column)) throw cantAdd(column, 'calculated with in an aggregate');
  for (const { name, column } of aggregates)
    if (column?.measure != null && ADDING.includes(name) && isRatio(column))
      throw cantAdd(column, name === 'sum' ? 'summed' : 'averaged');
}

function rollOf({ measure }: RelationColumn): string[] {
  switch (measure) {
    case 'sum':
    case 'count':
      return ['sum'];
    case 'min':
    case 'max':
      return [measure];
    default:
      return [SHADOW, 'measure_of_report'];
  }
}

const filterOf = ({ fields }: AggregateUse): Fields =>
  isObject(fields.agg_filter) ? { agg_filter: fields.agg_filter } : {};

/** Whether its value in a row says nothing of how much that row weighs. */
export const isRatio = ({ measure }: RelationColumn): boolean =>
  measure === 'calculated' || measure === 'avg' || measure === 'distinct';

export const cantAdd = ({ name }: RelationColumn, how: string): Error =>
  unsupported(
    `“${name}” can’t be ${how} over rows: it is calculated for each of them, and does not add up.`,
    `Ask “marketing” with MEASURE(${name}), which is calculated anew for each group.`,
  );
