import type { PlannedColumn } from '../../compiler/query/types.js';
import type { ReportDocument, ReportRow } from './document.js';
import { decimalOf, formatCell, isNumeric } from './format.js';
import { escapeHtml } from './html-text.js';

/** All rows as a table whose head repeats on each printed page, and the engine's totals as its last row. */
export function renderTable(report: ReportDocument): string {
  const head = report.columns
    .map((column) => `<th scope="col"${isNumeric(column) ? ' class="number"' : ''}>${escapeHtml(column.label)}</th>`)
    .join('');
  const body = report.rows.map((row, index) => `<tr>${cells(report, row, report.rows[index - 1])}</tr>`).join('\n');
  const totals = report.totals ? `<tr class="totals">${totalCells(report, report.totals)}</tr>` : '';
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}${totals}</tbody></table>`;
}

function cells(report: ReportDocument, row: ReportRow, previous: ReportRow | undefined): string {
  let repeats = previous !== undefined;
  return report.columns
    .map((column, index) => {
      // Of several rows for one day the first one says the day; the others say it quietly. The last key never does.
      const key = column.role !== 'metric' && report.columns[index + 1]?.role === 'dimension';
      repeats &&= key && previous?.[column.name] === row[column.name];
      return cell(report, row, column, repeats);
    })
    .join('');
}

function cell(report: ReportDocument, row: ReportRow, column: PlannedColumn, repeated: boolean): string {
  const value = row[column.name] ?? null;
  const classes = [
    isNumeric(column) ? 'number' : column.role === 'time' ? 'time' : '',
    value === null || value === '' ? 'empty' : repeated ? 'repeated' : '',
    isNumeric(column) && decimalOf(value)?.lt(0) ? 'negative' : '',
  ].filter((name) => name !== '');
  const attribute = classes.length > 0 ? ` class="${classes.join(' ')}"` : '';
  return `<td${attribute}>${escapeHtml(formatCell(value, column, report))}</td>`;
}

function totalCells(report: ReportDocument, totals: ReportRow): string {
  return report.columns
    .map((column, index) => {
      if (column.role === 'metric') return cell(report, totals, column, false);
      return `<td>${index === 0 ? 'Total' : ''}</td>`;
    })
    .join('');
}
