/** What comes out of a definition, as far as its own words say it. */
import type { Aggregation, DataType, MemberDefinition } from './types.js';

export const isNumeric = (type: DataType): boolean => type === 'integer' || type === 'float' || type === 'currency';

export const counts = (aggregation: Aggregation | null): boolean =>
  aggregation === 'count' || aggregation === 'distinct' || aggregation === 'approx_distinct';

/** The type of a member's values: what counts gives whole numbers, whatever it counts. */
export const resultType = ({ aggregation, data_type }: MemberDefinition): DataType =>
  counts(aggregation) ? 'integer' : data_type;
