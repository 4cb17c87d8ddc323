import { csvLines } from '../reports/render/csv.js';
import type { CellValue } from '../reports/render/document.js';
import { escapeHtml } from '../reports/render/html-text.js';
import { column } from '../reports/render/sample-reports.js';
import { xlsxBytes } from '../reports/render/xlsx.js';
import { zip } from '../reports/render/zip.js';
import { isSearchable, mentions, needles } from './file-search.js';

const COLUMNS = [column('campaign_name', 'Campaign', { role: 'dimension', type: 'string' })];
const PEOPLE = [
  'ann.lee@example.com',
  'Zoë "Zo" O’Neil & Söhne',
  'JOSÉ@EXAMPLE.COM',
  "o'brien@example.com",
  '<b>@x.example',
];

async function* rows(name: string): AsyncGenerator<readonly CellValue[]> {
  yield ['Nobody'];
  yield [name];
}
async function* one<T>(entry: T): AsyncGenerator<T> {
  yield entry;
}
async function whole(parts: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(all);
}
/** In parts of one byte, so that every character and every word is cut. */
async function* cut(file: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.length; at += 1) yield file.subarray(at, at + 1);
}

/** A file of each format as the product writes it, with one name in it. */
const FILES: Readonly<Record<string, (name: string) => Promise<Buffer>>> = {
  'report.xlsx': (name) => whole(xlsxBytes(COLUMNS, rows(name))),
  'report.csv': (name) => whole(csvLines(COLUMNS, rows(name))),
  'dashboard.csv.zip': (name) => whole(zip(one({ name: '01-people.csv', content: csvLines(COLUMNS, rows(name)) }))),
  'mail.json': async (name) => Buffer.from(JSON.stringify({ rows: [['Nobody'], [name]] })),
  'page.html': async (name) => Buffer.from(`<td>Nobody</td><td>${escapeHtml(name)}</td>`),
};

describe.each(Object.entries(FILES))('a stored %s', (file, write) => {
  it.each(PEOPLE)('that names %s is found, in upper case and in parts, too', async (name) => {
    for (const written of [name, name.toUpperCase(), name.toLowerCase()])
      expect(await mentions(file, cut(await write(written)), needles([name]))).toBe(true);
  });

  it('is looked into', () => {
    expect(isSearchable(file)).toBe(true);
  });

  it('that names nobody of them is not', async () => {
    expect(await mentions(file, cut(await write('Somebody else')), needles(PEOPLE))).toBe(false);
  });
});
