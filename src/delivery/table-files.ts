import { presentValue } from '../compiler/query/present.js';
import { csvLines } from '../reports/render/csv.js';
import type { CellValue } from '../reports/render/document.js';
import { workbookBytes } from '../reports/render/xlsx.js';
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
 * widget, and a note of the widgets that could not be read.
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
  if (format === 'xlsx') {
    const contentType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
    return { extension: 'xlsx', contentType, content: workbookBytes(sheets), rows };
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
    const failed = failures(run);
    if (failed.length > 0) yield { name: 'not-available.txt', content: text(`${failed.join('\r\n')}\r\n`) };
  };
  return { extension: 'csv.zip', contentType: 'application/zip', content: zip(entries()), rows };
}

const failures = (run: ReportRun): string[] =>
  'dashboard' in run
    ? run.dashboard.widgets.flatMap(({ title, problem }) => (problem ? [`${title}: ${problem}`] : []))
    : [];

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
