import { minorDigits } from '../../common/currency.js';
import type { PlannedColumn } from '../../compiler/query/types.js';
import type { Rows } from './csv.js';
import type { CellValue } from './document.js';
import { zip, type ZipEntry } from './zip.js';

/** Rows of a sheet, its header included; Excel's own limit. Further rows go to further sheets. */
const SHEET_ROWS = 1_048_576;
/** Characters of a cell; Excel's own limit. */
const CELL_LENGTH = 32_767;
const CHUNK = 65_536;
/** Digits that a spreadsheet's number keeps. */
const EXACT_DIGITS = 15;
const DAY_MS = 86_400_000;
/** Day 0 of a spreadsheet. Excel counts a 29 February 1900 that never was, so only days after it are numbers. */
const DAY_ZERO = Date.UTC(1899, 11, 30);
const FIRST_DAY = Date.UTC(1900, 2, 1);

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** Rows under a name, for a sheet of their own. */
export interface SheetOfRows {
  readonly name: string;
  readonly columns: readonly PlannedColumn[];
  readonly rows: Rows;
}

/**
 * Rows as an Excel workbook (ECMA-376), streamed: a header of the columns' labels that stays in view, numbers and dates
 * as what they are, with their formats. Text is always text, never a formula, whatever it begins with. A number with more
 * digits than a spreadsheet keeps is written as text, so that none is lost; text beyond Excel's limit ends in “…”.
 */
export const xlsxBytes = (columns: readonly PlannedColumn[], rows: Rows): AsyncGenerator<Buffer, void, undefined> =>
  workbookBytes([{ name: 'Data', columns, rows }]);

/** The same of several results, each on sheets of its own; they are read one after the other. */
export const workbookBytes = (tables: readonly SheetOfRows[]): AsyncGenerator<Buffer, void, undefined> =>
  zip(parts(tables));

async function* parts(tables: readonly SheetOfRows[]): AsyncGenerator<ZipEntry> {
  const names: string[] = [];
  let firstStyle = FIRST_STYLE;
  for (const { name, columns, rows } of tables) {
    const iterator = rows[Symbol.asyncIterator]();
    let next = await iterator.next();
    let sheets = 0;
    try {
      do {
        sheets++;
        names.push(freeName(sheets === 1 ? name : `${name} ${sheets}`, names));
        const take = async function* (): AsyncGenerator<readonly CellValue[]> {
          for (let count = 1; count < SHEET_ROWS && !next.done; count++) {
            yield next.value;
            next = await iterator.next();
          }
        };
        yield { name: `xl/worksheets/sheet${names.length}.xml`, content: sheet(columns, take(), firstStyle) };
      } while (!next.done);
    } finally {
      await iterator.return?.();
    }
    firstStyle += columns.length;
  }
  const columns = tables.flatMap((table) => table.columns);
  for (const [path, text] of Object.entries(workbook(columns, names))) yield { name: path, content: once(text) };
}

/** A sheet's name: at most 31 characters, none of those that Excel refuses, and of no other sheet. */
function freeName(wanted: string, taken: readonly string[]): string {
  const clean =
    wanted
      .replaceAll(/[\\/?*[\]:\p{Cc}]/gu, ' ')
      .replaceAll(/^['\s]+|['\s]+$/g, '')
      .slice(0, 31)
      .trim() || 'Data';
  const isTaken = (name: string): boolean => taken.some((other) => other.toLowerCase() === name.toLowerCase());
  for (let number = 1; ; number++) {
    const name = number === 1 ? clean : `${clean.slice(0, 30 - String(number).length)} ${number}`;
    if (!isTaken(name)) return name;
  }
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

async function* sheet(columns: readonly PlannedColumn[], rows: Rows, firstStyle: number): AsyncGenerator<string> {
  const letters = columns.map((_, index) => letter(index));
  const widths = columns.map(
    (column, index) =>
      `<col min="${index + 1}" max="${index + 1}" width="${column.type === 'string' ? 28 : 16}" customWidth="1"/>`,
  );
  let text =
    `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" ` +
    `activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>${widths.join('')}</cols><sheetData>` +
    `<row r="1">${columns.map(({ label }, index) => textCell(`${letters[index]}1`, label, 1)).join('')}</row>`;
  let number = 1;
  for await (const row of rows) {
    number++;
    text += `<row r="${number}">`;
    for (let index = 0; index < columns.length; index++) {
      const value = row[index] ?? null;
      if (value !== null)
        text += cell(`${letters[index]}${number}`, value, columns[index] as PlannedColumn, index + firstStyle);
    }
    text += '</row>';
    if (text.length >= CHUNK) {
      yield text;
      text = '';
    }
  }
  yield `${text}</sheetData></worksheet>`;
}

function cell(at: string, value: string | number | boolean, { type }: PlannedColumn, style: number): string {
  if (typeof value === 'boolean') return `<c r="${at}" t="b"><v>${value ? 1 : 0}</v></c>`;
  switch (type) {
    case 'integer':
    case 'float':
    case 'currency':
      return isExact(String(value)) ? `<c r="${at}" s="${style}"><v>${value}</v></c>` : textCell(at, String(value));
    case 'date':
    case 'datetime': {
      const day = dayNumber(String(value));
      return day === null ? textCell(at, String(value)) : `<c r="${at}" s="${style}"><v>${day}</v></c>`;
    }
    case 'boolean':
    case 'string':
      return textCell(at, String(value));
    default:
      return type satisfies never;
  }
}

const textCell = (at: string, text: string, style = 0): string =>
  `<c r="${at}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${xmlText(text)}</t></is></c>`;

/** Whether a number in decimal notation comes back from a spreadsheet as it was. */
function isExact(text: string): boolean {
  const [, whole = '', decimals = ''] = /^-?0*(\d*)(?:\.(\d*?)0*)?(?:[eE][+-]?\d+)?$/.exec(text) ?? [];
  const digits = whole === '' ? decimals.replace(/^0+/, '') : whole + decimals;
  return /^-?[\d.]+([eE][+-]?\d+)?$/.test(text) && digits.length <= EXACT_DIGITS;
}

/** Days since day 0, with the time of day as a fraction; null before Excel's days begin. */
function dayNumber(text: string): number | null {
  const at = Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text.endsWith('Z') ? text : `${text}Z`);
  return Number.isNaN(at) || at < FIRST_DAY ? null : (at - DAY_ZERO) / DAY_MS;
}

/** A, B, …, Z, AA, AB, … */
function letter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letter(Math.floor(index / 26) - 1) + last;
}

/** Text in XML: markup escaped, and what XML can't hold in the notation of spreadsheets, `_x0001_`. */
function xmlText(text: string): string {
  const cut = text.length > CELL_LENGTH ? `${text.slice(0, CELL_LENGTH - 1)}…` : text;
  return (
    cut
      .replaceAll(/\p{Surrogate}/gu, '\ufffd')
      .replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, (found) => {
        return `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
      })
  );
}

/** Style 0 is plain, 1 the header; then one a column, of all tables in their order. */
const FIRST_STYLE = 2;

/** With as many decimals as the currency has. */
function amount(currency: string): string {
  const digits = minorDigits(currency);
  return digits === 0 ? '#,##0' : `#,##0.${'0'.repeat(digits)}`;
}

function numberFormat({ type, unit, role }: PlannedColumn): string {
  switch (type) {
    case 'integer':
      return '#,##0';
    case 'currency':
      return unit !== null && /^[A-Z]{3}$/.test(unit) ? `[$${unit}] ${amount(unit)}` : '#,##0.00';
    case 'float':
      return unit === '%' ? '0.0%' : '#,##0.00';
    case 'date':
      return 'yyyy-mm-dd';
    case 'datetime':
      return role === 'time' ? 'yyyy-mm-dd hh:mm' : 'yyyy-mm-dd hh:mm:ss.000';
    case 'string':
    case 'boolean':
      return 'General';
    default:
      return type satisfies never;
  }
}

function styles(columns: readonly PlannedColumn[]): string {
  const formats = columns.map(
    (column, index) => `<numFmt numFmtId="${164 + index}" formatCode="${xmlText(numberFormat(column))}"/>`,
  );
  const own = columns.map(
    (_, index) => `<xf numFmtId="${164 + index}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
  );
  const font = '<sz val="11"/><name val="Calibri"/>';
  return (
    `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="${formats.length}">${formats.join('')}</numFmts>` +
    `<fonts count="2"><font>${font}</font><font><b/>${font}</font></fonts>` +
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
    `<cellXfs count="${own.length + FIRST_STYLE}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
    `<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>${own.join('')}</cellXfs></styleSheet>`
  );
}

/** Every part but the sheets, by path. */
function workbook(columns: readonly PlannedColumn[], names: readonly string[]): Record<string, string> {
  const sheets = names.map((_, index) => index + 1);
  const relation = (id: string, type: string, target: string): string =>
    `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`;
  const override = (part: string, type: string): string =>
    `<Override PartName="${part}" ContentType="${TYPES}.${type}+xml"/>`;
  const relations = (inner: string): string =>
    `${XML}<Relationships xmlns="${PACKAGE}/relationships">${inner}</Relationships>`;
  return {
    'xl/styles.xml': styles(columns),
    'xl/workbook.xml':
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>` +
      sheets
        .map(
          (sheet) =>
            `<sheet name="${xmlText(names[sheet - 1] ?? '').replaceAll('"', '&quot;')}" sheetId="${sheet}" r:id="sheet${sheet}"/>`,
        )
        .join('') +
      '</sheets></workbook>',
    'xl/_rels/workbook.xml.rels': relations(
      sheets.map((sheet) => relation(`sheet${sheet}`, 'worksheet', `worksheets/sheet${sheet}.xml`)).join('') +
        relation('styles', 'styles', 'styles.xml'),
    ),
    '_rels/.rels': relations(relation('workbook', 'officeDocument', 'xl/workbook.xml')),
    '[Content_Types].xml':
      `${XML}<Types xmlns="${PACKAGE}/content-types">` +
      '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
      '<Default Extension="xml" ContentType="application/xml"/>' +
      override('/xl/workbook.xml', 'sheet.main') +
      override('/xl/styles.xml', 'styles') +
      sheets.map((sheet) => override(`/xl/worksheets/sheet${sheet}.xml`, 'worksheet')).join('') +
      '</Types>',
  };
}
