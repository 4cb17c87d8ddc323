import type { PlannedColumn } from '../../compiler/query/types.js';
import type { ReportDocument, ReportRow } from './document.js';
import { decimalOf, formatCell, isNumeric } from './format.js';
import { escapeHtml } from './html-text.js';
import type { Medium } from './medium.js';

const LONG_TEXT = 26;
/** Columns that paper has room for; more become several tables, each with the keys. */
const MOST_PRINTED_COLUMNS = 16;

/** A single row without any key is a list of figures, not a table. */
export const isKeyFigures = (report: ReportDocument): boolean =>
  report.rows.length === 1 && report.columns.every((column) => column.role === 'metric');

/**
 * All rows as a table whose head repeats on each printed page, and the engine's totals as its last row. On paper a table
 * that is too wide is shown in groups of columns.
 */
export function renderTable(report: ReportDocument, medium: Medium = 'print'): string {
  if (isKeyFigures(report)) return renderKeyFigures(report);
  const groups = medium === 'print' ? columnGroups(report.columns) : [report.columns];
  const tables = groups.map((columns, index) => {
    const caption = groups.length > 1 ? `${report.title}, columns ${index + 1} of ${groups.length}` : report.title;
    return tableOf({ ...report, columns }, caption);
  });
  if (medium === 'web') {
    return `<div class="scroll" role="region" aria-label="${escapeHtml(`${report.title}: rows`)}" tabindex="0">${tables.join('')}</div>`;
  }
  return groups.length === 1 ? tables.join('') : tables.map((table) => `<div class="group">${table}</div>`).join('');
}

function columnGroups(columns: readonly PlannedColumn[]): readonly (readonly PlannedColumn[])[] {
  if (columns.length <= MOST_PRINTED_COLUMNS) return [columns];
  const keys = columns.filter((column) => column.role !== 'metric');
  const metrics = columns.filter((column) => column.role === 'metric');
  const room = Math.max(4, MOST_PRINTED_COLUMNS - keys.length);
  const size = Math.ceil(metrics.length / Math.ceil(metrics.length / room));
  return Array.from({ length: Math.ceil(metrics.length / size) }, (_, index) => [
    ...keys,
    ...metrics.slice(index * size, (index + 1) * size),
  ]);
}

function tableOf(report: ReportDocument, caption: string): string {
  const long = new Set(report.columns.filter((column) => report.rows.some((row) => isLong(row[column.name]))));
  const head = report.columns.map((column) => headCell(column.label, isNumeric(column))).join('');
  const body = report.rows
    .map((row, index) => `<tr>${cells(report, row, report.rows[index - 1], long)}</tr>`)
    .join('\n');
  const totals = report.totals ? `<tbody><tr class="totals">${totalCells(report, report.totals)}</tr></tbody>` : '';
  return `<table><caption class="unseen">${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody>${totals}</table>`;
}

function renderKeyFigures(report: ReportDocument): string {
  const [row = {}] = report.rows;
  const lines = report.columns.map(
    (column) => `<tr><th scope="row">${escapeHtml(column.label)}</th>${cell(report, row, column, [])}</tr>`,
  );
  const head = headCell('Metric', false) + headCell('Value', true);
  return `<table class="figures"><caption class="unseen">${escapeHtml(report.title)}</caption><thead><tr>${head}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

const headCell = (label: string, number: boolean): string =>
  `<th scope="col"${number ? ' class="number"' : ''}>${escapeHtml(label)}</th>`;

const isLong = (value: unknown): boolean => typeof value === 'string' && value.length > LONG_TEXT;

function cells(
  report: ReportDocument,
  row: ReportRow,
  previous: ReportRow | undefined,
  long: ReadonlySet<PlannedColumn>,
): string {
  let repeats = previous !== undefined;
  return report.columns
    .map((column, index) => {
      // Of several rows for one day the first one says the day; the others say it quietly. The last key never does.
      const key = column.role !== 'metric' && report.columns[index + 1]?.role === 'dimension';
      repeats &&= key && previous?.[column.name] === row[column.name];
      const classes = [long.has(column) ? 'long' : 'short', ...(repeats ? ['repeated'] : [])];
      return cell(report, row, column, classes, index === 0 && column.role !== 'metric');
    })
    .join('');
}

function cell(
  report: ReportDocument,
  row: ReportRow,
  column: PlannedColumn,
  more: readonly string[],
  isHead = false,
): string {
  const value = row[column.name] ?? null;
  const classes = [
    ...(isNumeric(column) ? ['number'] : more),
    ...(value === null || value === '' ? ['empty'] : []),
    ...(isNumeric(column) && decimalOf(value)?.lt(0) ? ['negative'] : []),
  ];
  const attribute = classes.length > 0 ? ` class="${classes.join(' ')}"` : '';
  const text = escapeHtml(formatCell(value, column, report));
  return isHead ? `<th scope="row"${attribute}>${text}</th>` : `<td${attribute}>${text}</td>`;
}

const totalCells = (report: ReportDocument, totals: ReportRow): string =>
  report.columns
    .map((column, index) => {
      if (column.role === 'metric') return cell(report, totals, column, []);
      return index === 0 ? '<th scope="row">Total</th>' : '<td></td>';
    })
    .join('');
