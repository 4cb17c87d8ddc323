import {
  AsyncByteQueue,
  Bool,
  DateDay,
  Decimal,
  Field,
  Float64,
  Int64,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
  makeData,
  type Data,
  type DataType,
} from 'apache-arrow';
import type { PlannedColumn } from '../../compiler/query/types.js';
import type { Rows } from './csv.js';
import type { CellValue } from './document.js';

/** Rows of a record batch. */
const BATCH_ROWS = 10_000;
/** Money has at most nine decimals. */
const SCALE = 9;
const PRECISION = 38;
const DAY_MS = 86_400_000;

/**
 * Rows as an Arrow IPC stream, record batch by record batch: money as Decimal128(38, 9), integers as Int64, instants as
 * timestamps in UTC, time buckets finer than a day as timestamps without a zone. A field's metadata says its label, role,
 * unit and description.
 * @throws RangeError for a number that its type can't hold
 */
export async function* arrowBytes(
  columns: readonly PlannedColumn[],
  rows: Rows,
): AsyncGenerator<Uint8Array, void, undefined> {
  const fields = columns.map(fieldOf);
  const sink = new Written();
  const writer = new RecordBatchStreamWriter();
  const schema = new Schema(fields);
  writer.reset(sink, schema);
  let values: CellValue[][] = columns.map(() => []);
  let count = 0;
  const write = (): void => {
    const children = fields.map(({ type }, index) => dataOf(type, values[index] ?? []));
    writer.write(new RecordBatch(schema, makeData({ type: new Struct(fields), length: count, children })));
    values = columns.map(() => []);
    count = 0;
  };
  for await (const row of rows) {
    columns.forEach((_, index) => values[index]?.push(row[index] ?? null));
    if (++count < BATCH_ROWS) continue;
    write();
    yield sink.take();
  }
  // A stream has a schema also when it has no rows.
  write();
  writer.finish();
  yield sink.take();
}

/** What the writer has written since it was last taken: nothing is queued behind a slow reader. */
class Written extends AsyncByteQueue {
  private chunks: Uint8Array[] = [];

  override write(chunk: Uint8Array): void {
    this.chunks.push(Uint8Array.from(chunk));
  }

  take(): Uint8Array {
    const taken = Buffer.concat(this.chunks);
    this.chunks = [];
    return taken;
  }
}

function fieldOf(column: PlannedColumn): Field {
  const { name, label, role, unit, description } = column;
  const metadata = new Map(Object.entries({ label, role, unit, description }).filter(([, text]) => text !== null));
  return new Field(name, typeOf(column), true, metadata as Map<string, string>);
}

function typeOf({ type, role }: PlannedColumn): DataType {
  switch (type) {
    case 'integer':
      return new Int64();
    case 'float':
      return new Float64();
    case 'currency':
      return new Decimal(SCALE, PRECISION, 128);
    case 'boolean':
      return new Bool();
    case 'date':
      return new DateDay();
    case 'datetime':
      return new TimestampMillisecond(role === 'time' ? null : 'UTC');
    case 'string':
      return new Utf8();
    default:
      return type satisfies never;
  }
}

function dataOf(type: DataType, values: readonly CellValue[]): Data {
  const { length } = values;
  const { nullBitmap, nullCount } = nullsOf(values);
  const shared = { length, nullBitmap, nullCount };
  if (type instanceof Int64) return makeData({ type, ...shared, data: BigInt64Array.from(values, int64) });
  if (type instanceof Float64) return makeData({ type, ...shared, data: Float64Array.from(values, Number) });
  if (type instanceof Decimal) return makeData({ type, ...shared, data: decimals(values) });
  if (type instanceof Bool) return makeData({ type, ...shared, data: bits(values, (value) => value === true) });
  if (type instanceof DateDay) {
    return makeData({ type, ...shared, data: Int32Array.from(values, (value) => milliseconds(value) / DAY_MS) });
  }
  if (type instanceof TimestampMillisecond) {
    return makeData({ type, ...shared, data: BigInt64Array.from(values, (value) => BigInt(milliseconds(value))) });
  }
  return makeData({ type: new Utf8(), ...shared, ...texts(values) });
}

function nullsOf(values: readonly CellValue[]): { nullBitmap: Uint8Array; nullCount: number } {
  const nullCount = values.reduce<number>((sum, value) => sum + (value === null ? 1 : 0), 0);
  return { nullBitmap: bits(values, (value) => value !== null), nullCount };
}

/** One bit a value, the lowest first. */
function bits(values: readonly CellValue[], isSet: (value: CellValue) => boolean): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, index) => {
    if (isSet(value)) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bytes;
}

function int64(value: CellValue): bigint {
  const whole = BigInt(value ?? 0);
  if (BigInt.asIntN(64, whole) !== whole) throw new RangeError('An integer is too large for Int64.');
  return whole;
}

/** Unscaled integers, 16 bytes each, the lowest first. */
function decimals(values: readonly CellValue[]): Uint32Array {
  const halves = new BigInt64Array(values.length * 2);
  values.forEach((value, index) => {
    const unscaled = value === null ? 0n : unscaledOf(String(value));
    halves[index * 2] = BigInt.asIntN(64, unscaled);
    halves[index * 2 + 1] = unscaled >> 64n;
  });
  return new Uint32Array(halves.buffer);
}

function unscaledOf(text: string): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+?)0*)?$/.exec(text) ?? [];
  if (whole === '' || fraction.length > SCALE || whole.length > PRECISION - SCALE) {
    throw new RangeError('An amount does not fit Decimal128(38, 9).');
  }
  return BigInt(`${sign}${whole}${fraction.padEnd(SCALE, '0')}`);
}

/** A day, a clock time without a zone, or an instant with `Z`. */
function milliseconds(value: CellValue): number {
  if (value === null) return 0;
  const text = String(value);
  return Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text.endsWith('Z') ? text : `${text}Z`);
}

function texts(values: readonly CellValue[]): { valueOffsets: Int32Array; data: Uint8Array } {
  const valueOffsets = new Int32Array(values.length + 1);
  const parts = values.map((value, index) => {
    const bytes = Buffer.from(value === null ? '' : String(value), 'utf8');
    valueOffsets[index + 1] = (valueOffsets[index] ?? 0) + bytes.length;
    return bytes;
  });
  return { valueOffsets, data: Buffer.concat(parts) };
}
