import type { CompiledModel } from '../cube/compile.js';
import type { TypedFields } from '../dialect/field-sql.js';
import { canonicalZone } from '../dialect/request-zone.js';
import type { DialectName } from '../dialect/types.js';
import type { Model } from '../model/types.js';
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

export interface RollupViewInput extends Pick<RollupView, 'id' | 'table' | 'compiled' | 'months'> {
  readonly definition: RollupDefinition;
  readonly keys: RolledKeys;
}

export type RolledKeys = Pick<RollupView, 'dimensions' | 'measures'>;

/** Keys of what a table can answer of a model. */
export function rolledKeys(model: Model, dialect: DialectName, typed: TypedFields, columns: RollupColumns): RolledKeys {
  const { dimensions, measures, formulas } = rolledMembers(model, dialect, typed, columns);
  return { dimensions: new Set(Object.keys(dimensions)), measures: new Set([...Object.keys(measures), ...formulas]) };
}

export function rollupView({ definition, keys, ...input }: RollupViewInput): RollupView {
  const { name, grain, time_zone } = definition;
  return Object.freeze({ ...input, ...keys, name, grain, timeZone: canonicalZone(time_zone) });
}
