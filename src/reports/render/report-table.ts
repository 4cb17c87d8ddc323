import type { PlannedColumn } from '../../compiler/query/types.js';
import type { ReportDocument, ReportRow } from './document.js';
import { decimalOf, formatCell, isNumeric } from './format.js';
import { escapeHtml } from './html-text.js';

const LONG_TEXT = 26;

/** A single row without any key is a list of figures, not a table. */
export const isKeyFigures = (report: ReportDocument): boolean =>
  report.rows.length === 1 && report.columns.every((column) => column.role === 'metric');

/** All rows as a table whose head repeats on each printed page, and the engine's totals as its last row. */
export function renderTable(report: ReportDocument): string {
  if (isKeyFigures(report)) return renderKeyFigures(report);
  const long = new Set(report.columns.filter((column) => report.rows.some((row) => isLong(row[column.name]))));
  const head = report.columns.map((column) => headCell(column.label, isNumeric(column))).join('');
  const body = report.rows
    .map((row, index) => `<tr>${cells(report, row, report.rows[index - 1], long)}</tr>`)
    .join('\n');
  const totals = report.totals ? `<tr class="totals">${totalCells(report, report.totals)}</tr>` : '';
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}${totals}</tbody></table>`;
}

function renderKeyFigures(report: ReportDocument): string {
  const [row = {}] = report.rows;
  const lines = report.columns.map(
    (column) => `<tr><td>${escapeHtml(column.label)}</td>${cell(report, row, column, [])}</tr>`,
  );
  const head = headCell('Metric', false) + headCell('Value', true);
  return `<table class="figures"><thead><tr>${head}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
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
      return cell(report, row, column, [long.has(column) ? 'long' : 'short', repeats ? 'repeated' : '']);
    })
    .join('');
}

function cell(report: ReportDocument, row: ReportRow, column: PlannedColumn, more: readonly string[]): string {
  const value = row[column.name] ?? null;
  const classes = [
    ...(isNumeric(column) ? ['number'] : more),
    value === null || value === '' ? 'empty' : '',
    isNumeric(column) && decimalOf(value)?.lt(0) ? 'negative' : '',
  ].filter((name) => name !== '');
  const attribute = classes.length > 0 ? ` class="${classes.join(' ')}"` : '';
  return `<td${attribute}>${escapeHtml(formatCell(value, column, report))}</td>`;
}

const totalCells = (report: ReportDocument, totals: ReportRow): string =>
  report.columns
    .map((column, index) =>
      column.role === 'metric' ? cell(report, totals, column, []) : `<td>${index === 0 ? 'Total' : ''}</td>`,
    )
    .join('');
