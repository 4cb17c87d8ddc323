import { crc32, inflateRawSync } from 'node:zlib';

/** The files of a ZIP archive, found through its directory as readers do, each with the sums that it says. */
export async function unzip(bytes: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Map<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  const file = Buffer.concat(chunks);
  const end = file.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  const files = new Map<string, string>();
  let at = file.readUInt32LE(end + 16);
  for (let left = file.readUInt16LE(end + 10); left > 0; left--) {
    const [crc, packed, raw] = [16, 20, 24].map((offset) => file.readUInt32LE(at + offset)) as [number, number, number];
    const length = file.readUInt16LE(at + 28);
    const start = file.readUInt32LE(at + 42);
    const content = start + 30 + file.readUInt16LE(start + 26) + file.readUInt16LE(start + 28);
    const text = inflateRawSync(file.subarray(content, content + packed));
    expect([text.length, crc32(text)]).toEqual([raw, crc]);
    files.set(file.toString('utf8', at + 46, at + 46 + length), text.toString('utf8'));
    at += 46 + length;
  }
  expect(at).toBe(end);
  return files;
}
