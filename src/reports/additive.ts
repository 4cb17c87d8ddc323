import { resolveMember } from '../compiler/model/build.js';
import type { Model } from '../compiler/model/types.js';
import type { PlannedColumn } from '../compiler/query/types.js';

/** Names of the columns whose values may be added up over rows. */
export const additiveOf = (columns: readonly PlannedColumn[], model: Model): string[] =>
  columns.filter(({ name }) => resolveMember(model, name)?.member.additivity === 'additive').map(({ name }) => name);
