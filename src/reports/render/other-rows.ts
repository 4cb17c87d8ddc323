import { otherName } from '../../compiler/query/columns.js';
import type { PlannedColumn } from '../../compiler/query/types.js';
import type { ReportRow } from './document.js';
import { wordsOf } from './words/words.js';

/** For people: the row for all other values of a dimension says so in its place, not in a column of its own. */
export function withOtherNamed(
  columns: readonly PlannedColumn[],
  rows: readonly ReportRow[],
  locale: string,
): { readonly columns: readonly PlannedColumn[]; readonly rows: readonly ReportRow[] } {
  const dimension = columns.find(({ name }) => columns.some((column) => column.name === otherName(name)));
  if (dimension === undefined) return { columns, rows };
  const other = otherName(dimension.name);
  return {
    columns: columns.filter(({ name }) => name !== other),
    rows: rows.map((row) => (row[other] === true ? { ...row, [dimension.name]: wordsOf(locale).other } : row)),
  };
}
