import type { PlannedColumn } from '../../../compiler/query/types.js';
import type { ReportDocument } from '../document.js';
import { filled, wordsOf } from '../words/words.js';
import { categoryOf, combine, firstOf, groupBy, isAdditive, joinNotes, plotted, titleOf, truncation } from './data.js';
import type { ChartPlan } from './types.js';

const MOST_COLUMNS = 14;
const MOST_ROWS = 60;

/** The two keys of a matrix: those that the view names, else the first two keys in the order of the columns. */
export function matrixKeys(
  columns: readonly PlannedColumn[],
  asked: { readonly rows?: string; readonly columns?: string },
): readonly [PlannedColumn, PlannedColumn] | null {
  const keys = columns.filter((column) => column.role !== 'metric');
  const named = (name: string | undefined): PlannedColumn | undefined => keys.find((key) => key.name === name);
  const across = named(asked.columns);
  const down = named(asked.rows) ?? keys.find((key) => key !== across);
  const other = across ?? keys.find((key) => key !== down);
  return down && other && down !== other ? [down, other] : null;
}

/** Values of one metric where two keys meet; a cohort's are shaded. */
export function matrix(
  report: ReportDocument,
  shaded: boolean,
  metric: PlannedColumn | undefined,
): readonly ChartPlan[] {
  const keys = matrixKeys(report.columns, report.dashboardConfig ?? {});
  if (!keys || !metric) return [];
  const [rowKey, columnKey] = keys;
  const nameOf = (key: PlannedColumn) => (row: ReportDocument['rows'][number]) => categoryOf(row, [key], report);
  const heads = headsOf(report, columnKey);
  const additive = isAdditive(report, metric);
  const groups = [...groupBy(report.rows, nameOf(rowKey))];
  const shown = heads.slice(0, MOST_COLUMNS);
  const words = wordsOf(report.locale);
  const cut = [
    groups.length > MOST_ROWS ? filled(words.first_rows, firstOf(report, MOST_ROWS, groups.length)) : null,
    heads.length > MOST_COLUMNS ? filled(words.first_columns, firstOf(report, MOST_COLUMNS, heads.length)) : null,
  ];
  return [
    {
      kind: 'matrix',
      shaded,
      title: titleOf([metric], keys, report),
      column: metric,
      rowKey,
      columnKey,
      heads: shown,
      rows: groups.slice(0, MOST_ROWS).map(([name, rows]) => {
        const byHead = groupBy(rows, nameOf(columnKey));
        return {
          name,
          values: shown.map((head) => plotted(combine(report, byHead.get(head) ?? [], metric))),
          total: additive && !shaded ? plotted(combine(report, rows, metric)) : null,
        };
      }),
      note: joinNotes(...cut, truncation(report)),
    },
  ];
}

/** Times and numbers in their order, other values as the rows bring them. */
function headsOf(report: ReportDocument, key: PlannedColumn): readonly string[] {
  const rows = [...report.rows];
  const values = rows.map((row) => row[key.name] ?? null);
  const numeric = values.every((value) => value !== null && Number.isFinite(Number(value)) && value !== '');
  if (numeric) rows.sort((a, b) => Number(a[key.name]) - Number(b[key.name]));
  else if (key.role === 'time' || key.type === 'date')
    rows.sort((a, b) => String(a[key.name]).localeCompare(String(b[key.name]), 'en'));
  return [...new Set(rows.map((row) => categoryOf(row, [key], report)))];
}
