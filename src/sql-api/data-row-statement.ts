/** A planned statement of ClickHouse → one that gives each row as the message in which Postgres would send it. */
import type { PlannedColumn } from '../compiler/query/types.js';
import { int16, int32 } from '../pgwire/body.js';
import { day, isTrue, linesOf, money, plainDecimal, valuesIn, type TextWriter } from '../query/engine-text.js';
import type { DirectColumn } from '../sql/plan/direct.js';

/** A column of the answer. */
export interface WrittenColumn extends Pick<DirectColumn, 'none'> {
  /** Among those of the planned statement; below zero for what no row has. */
  readonly place: number;
}

/** Rows as `DataRow` messages in text format, byte for byte as they are written from values. A limit is not looked at. */
export const dataRowWriter =
  (answer: readonly WrittenColumn[]): TextWriter<PlannedColumn> =>
  (statement, columns) => {
    const values = valuesIn(statement, columns.length);
    const cells = answer.map(({ place, none }) => cell(columns[place], values[place] ?? null, none));
    const body = `concat(${[constant(int16(answer.length)), ...cells].join(', ')})`;
    const sql = `SELECT concat('D', ${bigEndian('length(body) + 4')}, body) FROM (SELECT ${body} AS body FROM ${linesOf(statement, null)})`;
    return { sql, params: statement.params };
  };

function cell(column: PlannedColumn | undefined, value: string | null, none: DirectColumn['none']): string {
  if (column === undefined || value === null)
    return constant(none === null ? int32(-1) : Buffer.concat([int32(none.length), Buffer.from(none)]));
  const text = `ifNull(${written(column, `toString(${value})`)}, '${none ?? ''}')`;
  // The length of a null is -1.
  const length = none === null ? `length(${text}) - isNull(${value})` : `length(${text})`;
  return `${bigEndian(length)}, ${text}`;
}

/** As Postgres writes it; null for null. */
function written({ type, role }: PlannedColumn, text: string): string {
  switch (type) {
    case 'currency':
      return money(text);
    case 'float':
    case 'integer':
      return plainDecimal(text);
    case 'boolean':
      return `if(isNull(${text}), NULL, if(${isTrue(text)}, 't', 'f'))`;
    case 'date':
      return day(text);
    case 'datetime':
      if (role === 'time') throw new Error('A bucket is no instant.');
      return `concat(${plainDecimal(text)}, '+00')`;
    case 'string':
      return text;
    default:
      return type satisfies never;
  }
}

/** Four bytes of a whole number. */
const bigEndian = (number: string): string => `reinterpretAsFixedString(byteSwap(toInt32(${number})))`;
const constant = (bytes: Buffer): string => `unhex('${bytes.toString('hex')}')`;
