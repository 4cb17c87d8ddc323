import type { PlannedColumn } from '../../compiler/query/types.js';
import type { CellValue, ReportDocument, ReportRow } from './document.js';
import { decimalOf, formatCell, isNumeric } from './format.js';
import { escapeHtml } from './html-text.js';
import { filled, wordsOf } from './words/words.js';
import type { Medium } from './medium.js';
import { columnBlocks, isKey, isLongText, type ColumnBlock, type TableRoom, type TextColumn } from './table-fit.js';

/** Columns that a reader of paper can follow; more become several tables, each with the keys. */
export const MOST_PRINTED_COLUMNS = 16;

/** A single row without any key is a list of figures, not a table. */
export const isKeyFigures = (report: ReportDocument): boolean =>
  report.rows.length === 1 && report.columns.every((column) => column.role === 'metric');

/** A table's columns as the texts that stand in them, with the totals below. */
export const tableTexts = (report: ReportDocument): readonly TextColumn[] =>
  report.columns.map((column) => {
    const cells = report.rows.map((row) => formatCell(row[column.name] ?? null, column, report));
    const total = report.totals && column.role === 'metric' ? (report.totals[column.name] ?? null) : undefined;
    return {
      head: column.label,
      cells: total === undefined ? cells : [...cells, formatCell(total, column, report)],
      isNumber: isNumeric(column),
    };
  });

/**
 * All rows as a table whose head repeats on each printed page, and the engine's totals as its last row. On paper a table
 * that is too wide is shown in groups of columns.
 * @param room what paper has for it
 */
export function renderTable(
  report: ReportDocument,
  medium: Medium,
  room: TableRoom,
  texts: readonly TextColumn[] = tableTexts(report),
): string {
  if (isKeyFigures(report)) return renderKeyFigures(report);
  const keys = new Set(report.columns.flatMap((column, index) => (isKey(column) ? [index] : [])));
  const blocks =
    medium === 'print'
      ? columnBlocks(texts, keys, room, MOST_PRINTED_COLUMNS)
      : [{ columns: texts.map((_text, index) => index), isTight: false }];
  const words = wordsOf(report.locale);
  const tables = blocks.map((block, index) => {
    const place = { title: report.title, part: index + 1, parts: blocks.length };
    const caption = blocks.length > 1 ? filled(words.columns_of, place) : report.title;
    return tableOf(report, block, texts, caption);
  });
  if (medium === 'web') {
    return `<div class="scroll" role="region" aria-label="${escapeHtml(filled(words.rows_of, { title: report.title }))}" tabindex="0">${tables.join('')}</div>`;
  }
  return blocks.length === 1 ? tables.join('') : tables.map((table) => `<div class="group">${table}</div>`).join('');
}

function tableOf(whole: ReportDocument, block: ColumnBlock, texts: readonly TextColumn[], caption: string): string {
  const report = { ...whole, columns: block.columns.flatMap((index) => whole.columns[index] ?? []) };
  const own = block.columns.flatMap((index) => texts[index] ?? []);
  const long = own.map(({ cells, isNumber }) => !isNumber && (block.isTight || cells.some(isLongText)));
  const head = report.columns.map((column) => headCell(column.label, isNumeric(column))).join('');
  const body = report.rows.map((row, index) => `<tr>${rowCells(report, row, index, own, long)}</tr>`).join('\n');
  const totals = report.totals
    ? `<tbody><tr class="totals">${totalCells(report, report.totals, own)}</tr></tbody>`
    : '';
  return `<table${block.isTight ? ' class="tight"' : ''}><caption class="unseen">${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody>${totals}</table>`;
}

function renderKeyFigures(report: ReportDocument): string {
  const [row = {}] = report.rows;
  const lines = report.columns.map((column) => {
    const value = row[column.name] ?? null;
    return `<tr><th scope="row">${escapeHtml(column.label)}</th>${cell(value, column, formatCell(value, column, report), [])}</tr>`;
  });
  const words = wordsOf(report.locale);
  const head = headCell(words.metric, false) + headCell(words.value, true);
  return `<table class="figures"><caption class="unseen">${escapeHtml(report.title)}</caption><thead><tr>${head}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

const headCell = (label: string, number: boolean): string =>
  `<th scope="col"${number ? ' class="number"' : ''}>${escapeHtml(label)}</th>`;

function rowCells(
  report: ReportDocument,
  row: ReportRow,
  at: number,
  texts: readonly TextColumn[],
  long: readonly boolean[],
): string {
  const previous = report.rows[at - 1];
  let repeats = previous !== undefined;
  return report.columns
    .map((column, index) => {
      // Of several rows for one day the first one says the day; the others say it quietly. The last key never does.
      const key = isKey(column) && report.columns[index + 1]?.role === 'dimension';
      repeats &&= key && previous?.[column.name] === row[column.name];
      const classes = isNumeric(column)
        ? ['number']
        : [long[index] ? 'long' : 'short', ...(repeats ? ['repeated'] : [])];
      const text = texts[index]?.cells[at] ?? '';
      return cell(row[column.name] ?? null, column, text, classes, index === 0 && isKey(column));
    })
    .join('');
}

function cell(value: CellValue, column: PlannedColumn, text: string, more: readonly string[], isHead = false): string {
  const classes = [
    ...more,
    ...(value === null || value === '' ? ['empty'] : []),
    ...(isNumeric(column) && decimalOf(value)?.lt(0) ? ['negative'] : []),
  ];
  const attribute = classes.length > 0 ? ` class="${classes.join(' ')}"` : '';
  return isHead ? `<th scope="row"${attribute}>${escapeHtml(text)}</th>` : `<td${attribute}>${escapeHtml(text)}</td>`;
}

const totalCells = (report: ReportDocument, totals: ReportRow, texts: readonly TextColumn[]): string =>
  report.columns
    .map((column, index) => {
      if (column.role === 'metric') {
        return cell(totals[column.name] ?? null, column, texts[index]?.cells[report.rows.length] ?? '', [
          ...(isNumeric(column) ? ['number'] : []),
          'total',
        ]);
      }
      return index === 0
        ? `<th scope="row" class="total">${escapeHtml(wordsOf(report.locale).total)}</th>`
        : '<td></td>';
    })
    .join('');
