/** What a server says, written and where needed read. */
import { BodyReader, cstring, int16, int32, message } from './body.js';

/** An error as Postgres tells it. */
export interface Fault {
  readonly severity?: 'ERROR' | 'FATAL';
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** Where in the query, in characters from 1. */
  readonly position?: number | undefined;
}

/** The state that `ReadyForQuery` tells: idle, in a transaction, in one that has failed. */
export type TransactionState = 'I' | 'T' | 'E';

const fields = (list: readonly (readonly [string, string | undefined])[]): Buffer[] =>
  list.flatMap(([code, text]) => (text === undefined ? [] : [Buffer.from(code, 'latin1'), cstring(text)]));

export const errorResponse = ({ severity = 'ERROR', code, message: text, detail, hint, position }: Fault): Buffer =>
  message(
    'E',
    ...fields([
      ['S', severity],
      ['V', severity],
      ['C', code],
      ['M', text],
      ['D', detail],
      ['H', hint],
      ['P', position === undefined ? undefined : String(position)],
    ]),
    Buffer.from([0]),
  );

export const noticeResponse = (code: string, text: string): Buffer =>
  message(
    'N',
    ...fields([
      ['S', 'WARNING'],
      ['V', 'WARNING'],
      ['C', code],
      ['M', text],
    ]),
    Buffer.from([0]),
  );

/** The fields of an error or a notice by their letter. */
export function readFault(body: Buffer): Readonly<Record<string, string>> {
  const reader = new BodyReader(body);
  const found: Record<string, string> = {};
  for (let code = reader.byte(); code !== '\0'; code = reader.byte()) found[code] = reader.text();
  return found;
}

export const authenticationSasl = (): Buffer => message('R', int32(10), cstring('SCRAM-SHA-256'), Buffer.from([0]));
export const authenticationContinue = (text: string): Buffer => message('R', int32(11), Buffer.from(text, 'utf8'));
export const authenticationFinal = (text: string): Buffer => message('R', int32(12), Buffer.from(text, 'utf8'));
export const authenticationOk = (): Buffer => message('R', int32(0));
export const parameterStatus = (name: string, value: string): Buffer => message('S', cstring(name), cstring(value));
export const backendKeyData = (process: number, secret: Buffer): Buffer => message('K', int32(process), secret);
export const readyForQuery = (state: TransactionState): Buffer => message('Z', Buffer.from(state, 'latin1'));
export const parseComplete = (): Buffer => message('1');
export const bindComplete = (): Buffer => message('2');
export const closeComplete = (): Buffer => message('3');
export const noData = (): Buffer => message('n');
export const emptyQueryResponse = (): Buffer => message('I');
export const commandComplete = (tag: string): Buffer => message('C', cstring(tag));
export const parameterDescription = (types: readonly number[]): Buffer =>
  message('t', int16(types.length), ...types.map(int32));
export const dataRow = (values: readonly (string | null)[]): Buffer =>
  message(
    'D',
    int16(values.length),
    ...values.flatMap((value) => {
      if (value === null) return [int32(-1)];
      const bytes = Buffer.from(value, 'utf8');
      return [int32(bytes.length), bytes];
    }),
  );

export interface Field {
  readonly name: string;
  readonly table: number;
  readonly attribute: number;
  readonly type: number;
  readonly size: number;
  readonly modifier: number;
  /** As it was described: 0 for text, 1 for binary. */
  readonly format?: number;
}

export const rowDescription = (list: readonly Field[], formats: readonly number[] = []): Buffer =>
  message(
    'T',
    int16(list.length),
    ...list.flatMap(({ name, table, attribute, type, size, modifier }, index) => [
      cstring(name),
      int32(table),
      int16(attribute),
      int32(type),
      int16(size),
      int32(modifier),
      int16(formatOf(formats, index)),
    ]),
  );

/** No format means text, one is for all. */
export const formatOf = (formats: readonly number[], index: number): number =>
  (formats.length === 1 ? formats[0] : formats[index]) ?? 0;

export function readRowDescription(body: Buffer): Field[] {
  const reader = new BodyReader(body);
  return reader.list(() => ({
    name: reader.text(),
    table: reader.int32(),
    attribute: reader.int16(),
    type: reader.int32(),
    size: reader.int16(),
    modifier: reader.int32(),
    format: reader.int16(),
  }));
}

export function readParameterDescription(body: Buffer): number[] {
  const reader = new BodyReader(body);
  return reader.list(() => reader.int32());
}

export function readDataRow(body: Buffer): (string | null)[] {
  const reader = new BodyReader(body);
  return reader.list(() => {
    const length = reader.int32();
    return length === -1 ? null : reader.bytes(length).toString('utf8');
  });
}
