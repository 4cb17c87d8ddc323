import { unzip } from '../../../test/support/unzip.js';
import type { PlannedColumn } from '../../compiler/query/types.js';
import type { CellValue } from './document.js';
import { column } from './sample-reports.js';
import { xlsxBytes } from './xlsx.js';

const COLUMNS: readonly PlannedColumn[] = [
  column('recorded_at', 'Date', { role: 'time', type: 'date' }),
  column('campaign_name', 'Campaign <&>', { role: 'dimension', type: 'string' }),
  column('is_brand', 'Brand', { role: 'dimension', type: 'boolean' }),
  column('spend', 'Spend', { type: 'currency', unit: 'USD' }),
  column('ctr', 'CTR', { type: 'float', unit: '%' }),
];

async function* stream(rows: Iterable<readonly CellValue[]>) {
  yield* rows;
}

const sheetOf = async (rows: Iterable<readonly CellValue[]>, columns = COLUMNS): Promise<string> =>
  (await unzip(xlsxBytes(columns, stream(rows)))).get('xl/worksheets/sheet1.xml') ?? '';

test('has every part that a workbook needs, and a header that stays in view', async () => {
  const parts = await unzip(xlsxBytes(COLUMNS, stream([])));
  expect([...parts.keys()].sort()).toEqual([
    '[Content_Types].xml',
    '_rels/.rels',
    'xl/_rels/workbook.xml.rels',
    'xl/styles.xml',
    'xl/workbook.xml',
    'xl/worksheets/sheet1.xml',
  ]);
  const sheet = parts.get('xl/worksheets/sheet1.xml') ?? '';
  expect(sheet).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>');
  expect(sheet).toContain(
    '<c r="B1" s="1" t="inlineStr"><is><t xml:space="preserve">Campaign &lt;&amp;&gt;</t></is></c>',
  );
  expect(parts.get('xl/styles.xml')).toContain('formatCode="0.0%"');
  expect(parts.get('xl/styles.xml')).toContain('formatCode="[$USD] #,##0.00"');
});

test('dates are days, numbers are numbers, null is an empty cell', async () => {
  const sheet = await sheetOf([
    ['2026-01-05', 'Brand', true, '1234.50', 0.031],
    ['2026-01-06', null, false, null, null],
  ]);
  expect(sheet).toContain('<c r="A2" s="2"><v>46027</v></c>');
  expect(sheet).toContain(
    '<c r="C2" t="b"><v>1</v></c><c r="D2" s="5"><v>1234.50</v></c><c r="E2" s="6"><v>0.031</v></c>',
  );
  expect(sheet).toContain('<row r="3"><c r="A3" s="2"><v>46028</v></c><c r="C3" t="b"><v>0</v></c></row>');
});

test.each(['=1+1', '+49 30', '@SUM(A1)', "=cmd|'/c calc'!A1"])('text %j is text, not a formula', async (text) => {
  const sheet = await sheetOf([[null, text, null, text, null]]);
  expect(sheet).not.toContain('<f>');
  expect(sheet).toContain(`<c r="B2" s="0" t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c>`);
  expect(sheet).toContain('<c r="D2" s="0" t="inlineStr">');
});

test('no digit is lost: what a spreadsheet would round is text', async () => {
  const sheet = await sheetOf([
    [null, null, null, '1234567890123.45', null],
    [null, null, null, '12345678901234.56', null],
    [null, null, null, '-0.000000001', null],
  ]);
  expect(sheet).toContain('<c r="D2" s="5"><v>1234567890123.45</v></c>');
  expect(sheet).toContain('<t xml:space="preserve">12345678901234.56</t>');
  expect(sheet).toContain('<c r="D4" s="5"><v>-0.000000001</v></c>');
});

test('what XML can not hold is written in the notation of spreadsheets', async () => {
  const sheet = await sheetOf([[null, 'a\u0001b_x0041_\ud800 \n', null, null, null]]);
  expect(sheet).toContain('>a_x0001_b_x005F_x0041_\ufffd \n</t>');
});

test('times keep their clock, instants their milliseconds', async () => {
  const columns = [
    column('recorded_at', 'Hour', { role: 'time', type: 'datetime' }),
    column('seen_at', 'Seen', { role: 'dimension', type: 'datetime' }),
  ];
  const sheet = await sheetOf([['2026-01-05T06:00:00', '2026-01-05T12:00:00.500Z']], columns);
  expect(sheet).toContain(`<v>46027.25</v>`);
  expect(sheet).toContain(`<v>${46027.5 + 500 / 86_400_000}</v>`);
});

test('rows beyond a sheet go to the next one', async () => {
  function* many(): Generator<readonly CellValue[]> {
    for (let n = 1; n <= 1_048_577; n++) yield [n];
  }
  const parts = await unzip(xlsxBytes([column('n', 'N', { type: 'integer' })], stream(many())));
  expect(parts.get('xl/worksheets/sheet1.xml')).toContain('<v>1048575</v></c></row></sheetData>');
  expect(parts.get('xl/worksheets/sheet2.xml')).toContain('<row r="3"><c r="A3" s="2"><v>1048577</v></c></row>');
  expect(parts.get('xl/workbook.xml')).toContain('name="Data 2"');
}, 180_000);
