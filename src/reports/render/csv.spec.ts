import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { PlannedColumn } from '../../compiler/query/types.js';
import { csvLines, ndjsonOf, type CsvOptions } from './csv.js';
import type { CellValue } from './document.js';
import { column } from './sample-reports.js';

const COLUMNS = [
  column('campaign_name', 'Campaign, "named"', { role: 'dimension', type: 'string' }),
  column('spend', 'Spend', { type: 'currency', unit: 'USD' }),
];

async function* stream(rows: readonly (readonly CellValue[])[]) {
  yield* rows;
}

async function csv(
  rows: readonly (readonly CellValue[])[],
  columns: readonly PlannedColumn[] = COLUMNS,
  options?: CsvOptions,
): Promise<string> {
  let text = '';
  for await (const chunk of csvLines(columns, stream(rows), options)) text += chunk;
  return text;
}

test('keys for machines, labels for people, CRLF at every end', async () => {
  expect(await csv([['Brand', '12.50']])).toBe('campaign_name,spend\r\nBrand,12.50\r\n');
  expect(await csv([], COLUMNS, { header: 'label' })).toBe('"Campaign, ""named""",Spend\r\n');
});

test('null is an empty field, the empty text a quoted one', async () => {
  expect(
    await csv([
      [null, null],
      ['', '0'],
    ]),
  ).toBe('campaign_name,spend\r\n,\r\n"",0\r\n');
});

test.each(['=1+1', '+49 30', '-5', '@SUM(A1)', '\t=1', '\r=1', '＝1', '＋1', '－1', '＠x', "'=1"])(
  'text %j can not become a formula',
  async (text) => {
    const [, [cell] = []] = parse(await csv([[text, '1']])) as string[][];
    expect(cell).toBe(`'${text}`);
  },
);

test('negative numbers stay numbers, and text in a number column does not slip through', async () => {
  expect(
    await csv([
      ['a', '-12.50'],
      ['b', -3],
      ['c', '=1'],
    ]),
  ).toBe("campaign_name,spend\r\na,-12.50\r\nb,-3\r\nc,'=1\r\n");
});

test('any table parses back equal', async () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary' }).filter((text) => !text.includes('\u0000')),
    fc.stringMatching(/^[=+\-@'",\r\n\t ＝a]{0,6}$/),
  );
  const amount = fc.oneof(
    fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
    fc.double().map(Number).filter(Number.isFinite),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, amount)), async (rows) => {
      const parsed = parse(await csv(rows), { from: 2, record_delimiter: '\r\n' }) as string[][];
      // A reader takes away the apostrophe that marks text as text.
      const restored = parsed.map(([text = '', spend]) => [text.replace(/^'(?='*[=+\-@\t\r\n＝＋－＠])/u, ''), spend]);
      expect(restored).toEqual(rows.map(([text, spend]) => [text, String(spend)]));
    }),
  );
});

test('NDJSON has one object a row, keyed by name, and keeps exact decimals as text', async () => {
  let text = '';
  for await (const chunk of ndjsonOf(
    COLUMNS,
    (async function* () {
      yield [
        ['a\n"b"', '0.10'],
        [null, 3],
      ];
    })(),
  ))
    text += chunk;
  expect(text).toBe('{"campaign_name":"a\\n\\"b\\"","spend":"0.10"}\n{"campaign_name":null,"spend":3}\n');
});
