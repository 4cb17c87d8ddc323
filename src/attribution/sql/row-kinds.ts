import { constantSql } from '../../compiler/dialect/constant-sql.js';
import type { DialectName } from '../../compiler/dialect/types.js';
import type { RowKind } from '../models/parameters.js';

/** Conditions on rows of `unified_marketing_data` that tell touches and sales; a row that could be both is a sale. */
export interface RowKindSql {
  readonly touch: string;
  readonly sale: string;
}

/** @param row the alias of the rows */
export function rowKindSql(
  { touch, conversion }: { readonly touch: RowKind; readonly conversion: RowKind },
  row: string,
  dialect: DialectName,
): RowKindSql {
  const among = (column: string, values: readonly string[]): string[] =>
    values.length === 0
      ? []
      : [`${row}.${column} IN (${values.map((value) => constantSql(value, dialect)).join(', ')})`];
  const isOf = ({ source_categories, data_sources }: RowKind): string => {
    const conditions = [...among('source_category', source_categories), ...among('data_source', data_sources)];
    return conditions.length === 0 ? '(1 = 1)' : `(${conditions.join(' AND ')})`;
  };
  const sale = isOf(conversion);
  return { sale, touch: `(${isOf(touch)} AND NOT ${sale})` };
}
