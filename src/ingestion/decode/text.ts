/** Bytes → text, in pieces, in memory that does not grow with the file. */
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import iconv from 'iconv-lite';
import { unprocessable } from '../../common/problem.js';
import { HEAD_BYTES, detectEncoding, type Encoding } from './encoding.js';
import { MAX_LINE_LENGTH } from './limits.js';

export interface DecodeOptions {
  /** What the mapping declares; null: detect. */
  readonly encoding: Encoding | null;
  /**
   * What to do with bytes that are no UTF-8: `fail` refuses the file; `mark` lets the line through with
   * {@link INVALID_LINE} in front, so that only that line is rejected.
   */
  readonly invalid: 'fail' | 'mark';
}

/** Stands before a line whose bytes are not UTF-8. U+0000 can't begin a valid line of JSON. */
export const INVALID_LINE = '\u0000';

/**
 * Decodes a stream of bytes.
 * @throws Problem `empty_file`, `invalid_encoding`, `unrecognized_export`
 */
export async function* decodeText(bytes: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<string> {
  let decoder: Decoder | null = null;
  let head: Buffer = Buffer.alloc(0);
  for await (const piece of bytes) {
    const chunk = asBuffer(piece);
    if (decoder) {
      const text = decoder.write(chunk);
      if (text !== '') yield text;
      continue;
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length < HEAD_BYTES) continue;
    const begun = begin(head, options);
    decoder = begun.decoder;
    if (begun.text !== '') yield begun.text;
  }
  if (!decoder) {
    if (head.length === 0) throw emptyFile();
    const begun = begin(head, options);
    decoder = begun.decoder;
    if (begun.text !== '') yield begun.text;
  }
  const rest = decoder.end();
  if (rest !== '') yield rest;
}

export const emptyFile = (): Error =>
  unprocessable('empty_file', 'The file is empty: there is no line in it. Check that the export has finished.');

const asBuffer = (piece: Uint8Array): Buffer =>
  Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);

interface Decoder {
  write(chunk: Buffer): string;
  end(): string;
}

function begin(head: Buffer, options: DecodeOptions): { decoder: Decoder; text: string } {
  const { encoding, skip } = detectEncoding(head.subarray(0, HEAD_BYTES), options.encoding);
  const decoder = decoderOf(encoding, skip, options.invalid);
  return { decoder, text: decoder.write(head.subarray(skip)) };
}

function decoderOf(encoding: Encoding, offset: number, invalid: 'fail' | 'mark'): Decoder {
  switch (encoding) {
    case 'utf-8':
      return invalid === 'fail' ? new StrictUtf8(offset) : new MarkingUtf8();
    case 'utf-16le':
    case 'utf-16be':
      return new StrictUtf16(encoding, offset);
    case 'windows-1252': {
      const decoder = iconv.getDecoder('windows-1252');
      return { write: (chunk) => decoder.write(chunk), end: () => decoder.end() ?? '' };
    }
    default:
      return encoding satisfies never;
  }
}

/** Length of `chunk` without a UTF-8 sequence that is cut off at its end. */
function wholeLength(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte < 0x80) return chunk.length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? chunk.length - back : chunk.length;
    }
  }
  return chunk.length;
}

class StrictUtf8 implements Decoder {
  private carry: Buffer = Buffer.alloc(0);
  private line = 1;
  private lastWasCr = false;

  constructor(private offset: number) {}

  write(chunk: Buffer): string {
    const block = this.carry.length === 0 ? chunk : Buffer.concat([this.carry, chunk]);
    const length = wholeLength(block);
    return this.take(block.subarray(0, length), block.subarray(length));
  }

  end(): string {
    return this.take(this.carry, Buffer.alloc(0));
  }

  private take(whole: Buffer, rest: Buffer): string {
    if (!isUtf8(whole)) this.fail(whole);
    this.offset += whole.length;
    this.countLines(whole);
    // A copy, so that three bytes don't keep the whole chunk alive.
    this.carry = rest.length === 0 ? rest : Buffer.from(rest);
    return whole.toString('utf8');
  }

  private countLines(bytes: Buffer): void {
    let at = -1;
    while ((at = bytes.indexOf(0x0a, at + 1)) >= 0) {
      const afterCr = at === 0 ? this.lastWasCr : bytes[at - 1] === 0x0d;
      if (!afterCr) this.line++;
    }
    at = -1;
    while ((at = bytes.indexOf(0x0d, at + 1)) >= 0) this.line++;
    if (bytes.length > 0) this.lastWasCr = bytes[bytes.length - 1] === 0x0d;
  }

  private fail(bytes: Buffer): never {
    // The longest prefix that is whole and valid, by halving: validity of whole prefixes is monotonic.
    let low = 0;
    let high = bytes.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (isUtf8(bytes.subarray(0, wholeLength(bytes.subarray(0, middle))))) low = middle;
      else high = middle - 1;
    }
    const good = wholeLength(bytes.subarray(0, low));
    this.countLines(bytes.subarray(0, good));
    const byte = (bytes[good] ?? 0).toString(16).toUpperCase().padStart(2, '0');
    throw unprocessable(
      'invalid_encoding',
      `The file is not UTF-8: byte 0x${byte} at offset ${this.offset + good}, on line ${this.line}. Save it as UTF-8, or, ` +
        'if it was written by Excel on Windows, say {"encoding": "windows-1252"} in the mapping.',
    );
  }
}

class StrictUtf16 implements Decoder {
  private readonly decoder: TextDecoder;

  constructor(
    private readonly encoding: 'utf-16le' | 'utf-16be',
    private offset: number,
  ) {
    this.decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  }

  write(chunk: Buffer): string {
    const text = this.attempt(() => this.decoder.decode(chunk, { stream: true }));
    this.offset += chunk.length;
    return text;
  }

  end(): string {
    return this.attempt(() => this.decoder.decode());
  }

  private attempt(decode: () => string): string {
    try {
      return decode();
    } catch {
      throw unprocessable(
        'invalid_encoding',
        `The file is not valid ${this.encoding.toUpperCase()}: broken text after byte ${this.offset}. Save it as UTF-8 and send it again.`,
      );
    }
  }
}

/** UTF-8 whose bad lines are marked instead of ending the import. Looks at whole lines only. */
class MarkingUtf8 implements Decoder {
  private carry: Buffer[] = [];
  private carried = 0;
  /** Inside a line of such a length that it is rejected anyway: it goes on unchecked, in the pieces in which it comes. */
  private tooLong = false;

  write(chunk: Buffer): string {
    const cut = Math.max(chunk.lastIndexOf(0x0a), chunk.lastIndexOf(0x0d)) + 1;
    if (cut === 0) {
      if (this.tooLong) return lossy(chunk);
      this.carry.push(chunk);
      this.carried += chunk.length;
      this.tooLong = this.carried > MAX_LINE_LENGTH * 4;
      return this.tooLong ? this.flush(Buffer.alloc(0), lossy) : '';
    }
    this.tooLong = false;
    const text = this.flush(chunk.subarray(0, cut), markLines);
    if (cut < chunk.length) {
      this.carry.push(Buffer.from(chunk.subarray(cut)));
      this.carried = chunk.length - cut;
    }
    return text;
  }

  end(): string {
    return this.flush(Buffer.alloc(0), markLines);
  }

  private flush(tail: Buffer, decode: (block: Buffer) => string): string {
    const block = this.carry.length === 0 ? tail : Buffer.concat([...this.carry, tail]);
    this.carry = [];
    this.carried = 0;
    return decode(block);
  }
}

const lossy = (block: Buffer): string => block.toString('utf8');

function markLines(block: Buffer): string {
  if (isUtf8(block)) return block.toString('utf8');
  let text = '';
  let from = 0;
  for (let index = 0; index <= block.length; index++) {
    const byte = block[index];
    if (index < block.length && byte !== 0x0a && byte !== 0x0d) continue;
    const line = block.subarray(from, Math.min(index + 1, block.length));
    text += isUtf8(line) ? line.toString('utf8') : INVALID_LINE + line.toString('utf8');
    from = index + 1;
  }
  return text;
}
