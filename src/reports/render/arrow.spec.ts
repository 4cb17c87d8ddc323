import { tableFromIPC, type Decimal, type Table } from 'apache-arrow';
import type { PlannedColumn } from '../../compiler/query/types.js';
import { arrowBytes } from './arrow.js';
import type { CellValue } from './document.js';
import { column } from './sample-reports.js';

const COLUMNS: readonly PlannedColumn[] = [
  column('recorded_at', 'Date', { role: 'time', type: 'date' }),
  column('hour', 'Hour', { role: 'time', type: 'datetime' }),
  column('seen_at', 'Seen', { role: 'dimension', type: 'datetime' }),
  column('campaign_name', 'Campaign', { role: 'dimension', type: 'string' }),
  column('is_brand', 'Brand', { role: 'dimension', type: 'boolean' }),
  column('spend', 'Spend', { type: 'currency', unit: 'USD' }),
  column('clicks', 'Clicks', { type: 'integer' }),
  column('ctr', 'CTR', { type: 'float' }),
];

async function* stream(rows: Iterable<readonly CellValue[]>) {
  yield* rows;
}

async function tableOf(rows: Iterable<readonly CellValue[]>, columns = COLUMNS): Promise<Table> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of arrowBytes(columns, stream(rows))) chunks.push(chunk);
  return tableFromIPC(Buffer.concat(chunks));
}

/** The value of a decimal, from its four little-endian words. */
function unscaled(words: Uint32Array): bigint {
  const value = [...words].reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return BigInt.asIntN(128, value);
}

test('each type comes back as it was, and null as null', async () => {
  const table = await tableOf([
    ['2026-01-05', '2026-01-05T06:00:00', '2026-01-05T12:00:00.500Z', 'Größe', true, '-12.50', 3, 0.25],
    COLUMNS.map(() => null),
    [
      '1969-12-31',
      '1969-12-31T23:00:00',
      '1969-12-31T23:59:59.999Z',
      '',
      false,
      '0.000000001',
      '9007199254740993',
      1e-9,
    ],
  ]);
  expect(table.schema.fields.map(({ type }) => String(type))).toEqual([
    'Date32<DAY>',
    'Timestamp<MILLISECOND>',
    'Timestamp<MILLISECOND, UTC>',
    'Utf8',
    'Bool',
    'Decimal[38e+9]',
    'Int64',
    'Float64',
  ]);
  const at = (name: string): unknown[] => [...(table.getChild(name) ?? [])];
  expect(at('recorded_at').map(Number)).toEqual([Date.UTC(2026, 0, 5), 0, -86_400_000]);
  expect(at('hour').map(Number)).toEqual([Date.UTC(2026, 0, 5, 6), 0, -3_600_000]);
  expect(at('seen_at').map(Number)).toEqual([Date.UTC(2026, 0, 5, 12, 0, 0, 500), 0, -1]);
  expect(at('campaign_name')).toEqual(['Größe', null, '']);
  expect(at('is_brand')).toEqual([true, null, false]);
  expect(at('clicks')).toEqual([3n, null, 9007199254740993n]);
  expect(at('ctr')).toEqual([0.25, null, 1e-9]);
  expect(at('spend').map((value) => value && unscaled(value as Uint32Array))).toEqual([-12_500_000_000n, null, 1n]);
  expect((table.schema.fields[5]?.type as Decimal).scale).toBe(9);
  expect(Object.fromEntries(table.schema.fields[5]?.metadata ?? [])).toEqual({
    label: 'Spend',
    role: 'metric',
    unit: 'USD',
  });
});

test('an empty result has its schema, a long one several batches', async () => {
  expect((await tableOf([])).schema.fields).toHaveLength(COLUMNS.length);
  const numbers = Array.from({ length: 25_000 }, (_, index) => [index]);
  const table = await tableOf(numbers, [column('n', 'N', { type: 'integer' })]);
  expect(table.batches.length).toBeGreaterThan(1);
  expect([...(table.getChild('n') ?? [])].map(Number)).toEqual(numbers.flat());
});

test('a number that does not fit is an error, not another number', async () => {
  await expect(tableOf([['9223372036854775808']], [column('n', 'N', { type: 'integer' })])).rejects.toThrow(RangeError);
  const money = [column('m', 'M', { type: 'currency' })];
  await expect(tableOf([['1.0000000001']], money)).rejects.toThrow(RangeError);
});
