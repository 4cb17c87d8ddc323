import type { CompiledModel } from '../cube/compile.js';
import type { TypedFields } from '../dialect/field-sql.js';
import { canonicalZone } from '../dialect/request-zone.js';
import { rolledMembers } from './members.js';
import type { RollupColumns, RollupDefinition, RollupGrain, RollupMonth } from './types.js';

/** A rollup as the planner sees it at one moment. Months that are not listed have no rows. */
export interface RollupView {
  readonly name: string;
  readonly grain: RollupGrain;
  readonly timeZone: string;
  readonly id: string;
  /** Name of its table in the engine. */
  readonly table: string;
  /** The organisation's model over such a table. */
  readonly compiled: CompiledModel;
  /** Keys of what the table can answer. */
  readonly dimensions: ReadonlySet<string>;
  readonly measures: ReadonlySet<string>;
  readonly months: readonly RollupMonth[];
}

export interface RollupViewInput {
  readonly id: string;
  readonly table: string;
  readonly definition: RollupDefinition;
  readonly columns: RollupColumns;
  readonly compiled: CompiledModel;
  readonly months: readonly RollupMonth[];
  readonly typed: TypedFields;
}

export function rollupView({ id, table, definition, columns, compiled, months, typed }: RollupViewInput): RollupView {
  const { name, grain, time_zone } = definition;
  const { dimensions, measures, formulas } = rolledMembers(compiled.model, compiled.dialect, typed, columns);
  return Object.freeze({
    ...{ name, grain, id, table, compiled, months },
    timeZone: canonicalZone(time_zone),
    dimensions: new Set(Object.keys(dimensions)),
    measures: new Set([...Object.keys(measures), ...formulas]),
  });
}
