import { compileModel, type CompiledModel } from '../../src/compiler/cube/compile.js';
import type { DialectName } from '../../src/compiler/dialect/types.js';
import type { Model } from '../../src/compiler/model/types.js';
import type { RollupColumns } from '../../src/compiler/rollup/types.js';
import { baseCubes } from '../../src/metrics/base-cubes.js';
import { TYPED_FIELDS } from './model.js';

/** A model over the base cubes that the product ships. @param rollup over such a rollup's table instead of over rows */
export const compiledFor = (
  dialect: DialectName,
  model: Model,
  rollup: RollupColumns | null = null,
): Promise<CompiledModel> => compileModel({ model, dialect, base: baseCubes(), typed: TYPED_FIELDS, rollup });
