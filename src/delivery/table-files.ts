import { presentValue } from '../compiler/query/present.js';
import type { PlannedColumn } from '../compiler/query/types.js';
import { csvLines } from '../reports/render/csv.js';
import type { CellValue } from '../reports/render/document.js';
import { said } from '../reports/render/words/said.js';
import { wordsOf } from '../reports/render/words/words.js';
import { workbookBytes, type SheetOfRows } from '../reports/render/xlsx.js';
import { zip, type ZipEntry } from '../reports/render/zip.js';
import type { ReportRun, ReportTable } from './report-runner.port.js';
import { slug } from './slug.js';

/** All rows of a report as a file, streamed. */
export interface TableFile {
  /** With the dot left away. */
  readonly extension: string;
  readonly contentType: string;
  readonly content: AsyncIterable<Buffer>;
  /** How many rows were written; known once `content` has ended. */
  readonly rows: () => number;
}

/**
 * A view becomes one table. A dashboard becomes a workbook with a sheet for each widget, or a ZIP archive with one CSV a
 * widget, and in either a note of what could not be read, and of what the rest is to be read with.
 */
export function tableFile(run: ReportRun, format: 'csv' | 'xlsx'): TableFile {
  const count = { rows: 0 };
  const tables = 'tables' in run ? run.tables : [{ name: 'Data', columns: run.columns, rows: run.rows }];
  const sheets = tables.map((table) => ({
    name: table.name,
    columns: table.columns,
    rows: presented(table, count),
  }));
  const rows = (): number => count.rows;
  const notes = notesOf(run);
  if (format === 'xlsx') {
    const contentType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
    // In front, since that is the sheet that opens.
    const noted = notes.length > 0 ? [noteSheet(wordsOf(run.document.locale).note, notes), ...sheets] : sheets;
    return { extension: 'xlsx', contentType, content: workbookBytes(noted), rows };
  }
  const csv = (sheet: (typeof sheets)[number]): AsyncIterable<string> =>
    csvLines(sheet.columns, sheet.rows, { header: 'label' });
  const [only] = sheets;
  if (!('tables' in run) && only) {
    return { extension: 'csv', contentType: 'text/csv; charset=utf-8', content: buffers(csv(only)), rows };
  }
  const entries = async function* (): AsyncGenerator<ZipEntry> {
    for (const [index, sheet] of sheets.entries()) {
      yield { name: `${String(index + 1).padStart(2, '0')}-${slug(sheet.name)}.csv`, content: csv(sheet) };
    }
    if (notes.length > 0) yield { name: 'notes.txt', content: text(`${notes.join('\r\n')}\r\n`) };
  };
  return { extension: 'csv.zip', contentType: 'application/zip', content: zip(entries()), rows };
}

/** A view is told of where its file is: in a header of the answer, in the mail. */
const notesOf = (run: ReportRun): string[] =>
  'dashboard' in run
    ? [
        ...run.dashboard.widgets.flatMap(({ title, problem }) => (problem ? [`${title}: ${problem}`] : [])),
        ...run.document.warnings.map((warning) => said(warning, run.document.locale)),
      ]
    : [];

function noteSheet(name: string, notes: readonly string[]): SheetOfRows {
  const column: PlannedColumn = {
    ...{ name: 'note', label: name, role: 'dimension', type: 'string' },
    ...{ unit: null, description: null, lineage: [] },
  };
  return { name, columns: [column], rows: linesOf(notes) };
}

async function* linesOf(notes: readonly string[]): AsyncGenerator<readonly CellValue[]> {
  for (const note of notes) yield [note];
}

async function* presented(
  { columns, rows }: ReportTable,
  count: { rows: number },
): AsyncGenerator<readonly CellValue[]> {
  for await (const row of rows) {
    count.rows += 1;
    yield columns.map((column, index) => presentValue(row[index] ?? null, column));
  }
}

async function* buffers(content: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const piece of content) yield Buffer.from(piece, 'utf8');
}

async function* text(content: string): AsyncGenerator<string> {
  yield content;
}
