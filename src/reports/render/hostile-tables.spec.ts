import { parse } from 'csv-parse/sync';
import readXlsxFile from 'read-excel-file/node';
import { hostileMarkup } from '../../../test/support/hostile-markup.js';
import { csvLines } from './csv.js';
import { column } from './sample-reports.js';
import { xlsxBytes } from './xlsx.js';

const NAME = column('name', 'Name', { role: 'dimension', type: 'string' });
const SPEND = column('spend', 'Spend', { type: 'currency', unit: 'USD' });
const texts = hostileMarkup('http://127.0.0.1:9');

async function* rowsOf(): AsyncGenerator<readonly (string | number)[]> {
  for (const [index, text] of texts.entries()) yield [text, `${index}.25`];
}

test('a CSV reads back equal, and no field begins a formula', async () => {
  let csv = '';
  for await (const chunk of csvLines([NAME, SPEND], rowsOf())) csv += chunk;
  const lines = parse(csv) as string[][];
  expect(lines).toHaveLength(texts.length + 1);
  for (const [index, text] of texts.entries()) {
    const [field = '', amount] = lines[index + 1] ?? [];
    expect(field).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
    // One apostrophe in front is what keeps a spreadsheet from running it.
    const written = text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
    expect([written, `'${written}`]).toContain(field);
    expect(amount).toBe(`${index}.25`);
  }
});

test('a workbook reads back equal by another reader: text as text, numbers as numbers', async () => {
  const chunks: Buffer[] = [];
  for await (const chunk of xlsxBytes([NAME, SPEND], rowsOf())) chunks.push(chunk);
  const sheets = (await readXlsxFile(Buffer.concat(chunks), { trim: false } as never)) as unknown;
  const data = sheetRows(sheets);
  expect(data).toHaveLength(texts.length + 1);
  for (const [index, text] of texts.entries()) {
    const [cell, amount] = data[index + 1] ?? [];
    expect(amount).toBe(index + 0.25);
    // What XML can't hold is written as `_x0001_`, which this reader leaves as it stands.
    const read = String(cell).replaceAll(/_x([0-9A-F]{4})_/g, (_whole, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    expect(read.replaceAll('\r\n', '\n')).toBe(text.replaceAll(/\p{Surrogate}/gu, '\ufffd').replaceAll('\r\n', '\n'));
  }
});

/** The reader gives the rows, or sheets of rows. */
const sheetRows = (read: unknown): unknown[][] => {
  const [first] = read as unknown[];
  return Array.isArray(first) ? (read as unknown[][]) : (first as { data: unknown[][] }).data;
};
