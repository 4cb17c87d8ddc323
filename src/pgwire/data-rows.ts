/** `DataRow` messages that come as bytes. */

/** Some whole messages. */
export interface RowBytes {
  readonly bytes: Buffer;
  readonly rows: number;
}

/** Bytes of messages that are handed on at once, if no single one is longer. */
const PIECE = 256 * 1024;
/** Its type and its length, which counts itself. */
const HEAD = 5;

/**
 * Cuts bytes of messages, one after the other, into pieces of whole messages.
 * @param parts wherever they were cut before
 * @throws Error where the bytes are no such messages, or end within one
 */
export async function* wholeRows(parts: AsyncIterable<Uint8Array>): AsyncGenerator<RowBytes> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of parts) {
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.length);
    const all: Buffer = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let [from, at, rows] = [0, 0, 0];
    while (at + HEAD <= all.length) {
      if (all[at] !== 0x44) throw new Error('No message of a row.');
      const next = at + 1 + all.readUInt32BE(at + 1);
      if (next > all.length) break;
      if (next - from > PIECE && rows > 0) {
        yield { bytes: all.subarray(from, at), rows };
        [from, rows] = [at, 0];
      }
      at = next;
      rows++;
    }
    if (rows > 0) yield { bytes: all.subarray(from, at), rows };
    rest = all.subarray(at);
  }
  if (rest.length > 0) throw new Error('The last row is not whole.');
}

/** The bytes of the first messages. @param rows how many of them */
export function firstRows(bytes: Buffer, rows: number): Buffer {
  let at = 0;
  for (let row = 0; row < rows; row++) at += 1 + bytes.readUInt32BE(at + 1);
  return bytes.subarray(0, at);
}
