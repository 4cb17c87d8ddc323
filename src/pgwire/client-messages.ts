/** What a client says within a session, read and written. */
import { BodyReader, cstring, int16, int32, message } from './body.js';
import { ProtocolViolation, type Frame } from './frames.js';

export interface BindMessage {
  readonly portal: string;
  readonly statement: string;
  /** 0 for text, 1 for binary: none, one for all, or one each. */
  readonly formats: readonly number[];
  readonly values: readonly (Buffer | null)[];
  readonly resultFormats: readonly number[];
}

export type ClientMessage =
  | { readonly kind: 'query'; readonly sql: string }
  | { readonly kind: 'parse'; readonly name: string; readonly sql: string; readonly types: readonly number[] }
  | ({ readonly kind: 'bind' } & BindMessage)
  | { readonly kind: 'describe' | 'close'; readonly what: 'statement' | 'portal'; readonly name: string }
  | { readonly kind: 'execute'; readonly portal: string; readonly rows: number }
  | { readonly kind: 'flush' }
  | { readonly kind: 'sync' }
  | { readonly kind: 'terminate' }
  | { readonly kind: 'password'; readonly body: Buffer }
  /** COPY data from a client, which nothing here takes; to be ignored after an error. */
  | { readonly kind: 'copy' }
  | { readonly kind: 'function' };

/** @throws ProtocolViolation */
export function readClientMessage({ type, body }: Frame): ClientMessage {
  const reader = new BodyReader(body);
  switch (type) {
    case 'Q':
      return whole(reader, { kind: 'query', sql: reader.text() });
    case 'P':
      return whole(reader, {
        kind: 'parse',
        name: reader.text(),
        sql: reader.text(),
        types: reader.list(() => reader.int32()),
      });
    case 'B':
      return whole(reader, {
        kind: 'bind',
        portal: reader.text(),
        statement: reader.text(),
        formats: reader.list(() => reader.int16()),
        values: reader.list(() => value(reader)),
        resultFormats: reader.list(() => reader.int16()),
      });
    case 'D':
    case 'C': {
      const what = reader.byte();
      if (what !== 'S' && what !== 'P') throw new ProtocolViolation(`There is no “${what}” to describe or close.`);
      const kind = type === 'D' ? 'describe' : 'close';
      return whole(reader, { kind, what: what === 'S' ? 'statement' : 'portal', name: reader.text() });
    }
    case 'E':
      return whole(reader, { kind: 'execute', portal: reader.text(), rows: reader.int32() });
    case 'H':
      return { kind: 'flush' };
    case 'S':
      return { kind: 'sync' };
    case 'X':
      return { kind: 'terminate' };
    case 'p':
      return { kind: 'password', body };
    case 'd':
    case 'c':
    case 'f':
      return { kind: 'copy' };
    case 'F':
      return { kind: 'function' };
    default:
      throw new ProtocolViolation(`There is no message of type ${JSON.stringify(type)}.`);
  }
}

function whole<T extends ClientMessage>(reader: BodyReader, read: T): T {
  reader.end();
  return read;
}

function value(reader: BodyReader): Buffer | null {
  const length = reader.int32();
  return length === -1 ? null : reader.bytes(length);
}

export const query = (sql: string): Buffer => message('Q', cstring(sql));
export const parse = (name: string, sql: string, types: readonly number[]): Buffer =>
  message('P', cstring(name), cstring(sql), int16(types.length), ...types.map(int32));
export const bind = ({ portal, statement, formats, values, resultFormats }: BindMessage): Buffer =>
  message(
    'B',
    cstring(portal),
    cstring(statement),
    int16(formats.length),
    ...formats.map(int16),
    int16(values.length),
    ...values.flatMap((each) => (each === null ? [int32(-1)] : [int32(each.length), each])),
    int16(resultFormats.length),
    ...resultFormats.map(int16),
  );
export const describe = (what: 'S' | 'P', name: string): Buffer => message('D', Buffer.from(what), cstring(name));
export const close = (what: 'S' | 'P', name: string): Buffer => message('C', Buffer.from(what), cstring(name));
export const execute = (portal: string, rows: number): Buffer => message('E', cstring(portal), int32(rows));
export const flush = (): Buffer => message('H');
export const sync = (): Buffer => message('S');
export const terminate = (): Buffer => message('X');
export const saslInitial = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'utf8');
  return message('p', cstring('SCRAM-SHA-256'), int32(bytes.length), bytes);
};
export const saslResponse = (text: string): Buffer => message('p', Buffer.from(text, 'utf8'));
export const copyData = (bytes: Buffer): Buffer => message('d', bytes);
export const copyDone = (): Buffer => message('c');
export const copyFail = (why: string): Buffer => message('f', cstring(why));
