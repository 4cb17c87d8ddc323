import { Readable } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';

/** A file in an archive; its content is read once, when its turn comes. */
export interface ZipEntry {
  /** Path within the archive, with `/`. */
  readonly name: string;
  readonly content: AsyncIterable<string>;
}

/** What the format's 32-bit fields can say. */
const MOST_BYTES = 0xffff_ffff;
/** Fast; the sheets of a spreadsheet shrink to a tenth anyway. */
const LEVEL = 3;
/** Sizes follow the content; the name is UTF-8. */
const FLAGS = 0x0808;
const VERSION = 20;
const DEFLATED = 8;
/** 1980-01-01 00:00, the earliest that the format knows: equal content gives equal bytes. */
const [TIME, DATE] = [0, 0x21];

/**
 * Files as a ZIP archive, streamed: whatever their size, only what is on its way is in memory. By PKWARE's APPNOTE 6.3,
 * with data descriptors and without ZIP64.
 * @throws Error above 4 GiB
 */
export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Buffer, void, undefined> {
  const directory: Buffer[] = [];
  let offset = 0;
  for await (const { name, content } of entries) {
    const title = Buffer.from(name, 'utf8');
    const start = offset;
    const sums = { crc: 0, raw: 0, packed: 0 };
    const head = Buffer.concat([localHeader(title.length), title]);
    offset += head.length;
    yield head;
    const packed = Readable.from(counted(content, sums)).pipe(createDeflateRaw({ level: LEVEL }));
    for await (const chunk of packed as AsyncIterable<Buffer>) {
      sums.packed += chunk.length;
      offset += chunk.length;
      yield chunk;
    }
    if (sums.raw > MOST_BYTES || offset > MOST_BYTES) throw new Error('The archive is too large for its format.');
    const sizes = sizesOf(sums);
    offset += 4 + sizes.length;
    yield Buffer.concat([signature(0x08074b50), sizes]);
    directory.push(directoryEntry(title, sizes, start));
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0);
  yield Buffer.concat([...directory, endRecord(directory.length, size, offset)]);
}

interface Sums {
  crc: number;
  raw: number;
  packed: number;
}

async function* counted(content: AsyncIterable<string>, sums: Sums): AsyncGenerator<Buffer> {
  for await (const text of content) {
    const bytes = Buffer.from(text, 'utf8');
    sums.crc = crc32(bytes, sums.crc);
    sums.raw += bytes.length;
    yield bytes;
  }
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function sizesOf({ crc, raw, packed }: Sums): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(packed, 4);
  bytes.writeUInt32LE(raw, 8);
  return bytes;
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16LE(value, index * 2));
  return bytes;
}

const localHeader = (nameLength: number): Buffer =>
  Buffer.concat([
    signature(0x04034b50),
    words(VERSION, FLAGS, DEFLATED, TIME, DATE),
    Buffer.alloc(12),
    words(nameLength, 0),
  ]);

const directoryEntry = (name: Buffer, sizes: Buffer, start: number): Buffer =>
  Buffer.concat([
    signature(0x02014b50),
    words(VERSION, VERSION, FLAGS, DEFLATED, TIME, DATE),
    sizes,
    words(name.length, 0, 0, 0, 0),
    Buffer.alloc(4),
    signature(start),
    name,
  ]);

const endRecord = (count: number, size: number, offset: number): Buffer =>
  Buffer.concat([signature(0x06054b50), words(0, 0, count, count), signature(size), signature(offset), words(0)]);
