/** Looks for words in the files of sent reports, as they were stored. Pure but for what it is handed. */
import { inflateRawSync } from 'node:zlib';
import { escapeHtml } from '../reports/render/html-text.js';

/** Words in lower case, as each format writes them: with the marks of HTML and XML, JSON or CSV escaped. */
export const needles = (words: readonly string[]): string[] => [
  ...new Set(
    words
      .map((word) => word.toLowerCase())
      .flatMap((word) => [
        word,
        escapeHtml(word),
        word.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
        JSON.stringify(word).slice(1, -1),
        word.replaceAll('"', '""'),
      ]),
  ),
];

/** A PDF or a picture shows what stands in the report's page and in `mail.json`, which are searched in its place. */
export const isSearchable = (name: string): boolean => /\.(csv|html|json|xlsx|ndjson|txt|zip)$/.test(name);

export async function mentions(
  name: string,
  parts: AsyncIterable<Buffer>,
  wanted: readonly string[],
): Promise<boolean> {
  if (/\.(xlsx|zip)$/.test(name)) {
    const whole: Buffer[] = [];
    for await (const part of parts) whole.push(part);
    return [...unzipped(Buffer.concat(whole))].some((text) => holds(text, wanted));
  }
  const overlap = Math.max(0, ...wanted.map((word) => word.length - 1));
  // A part may end in the middle of a character, and of a word.
  const decoder = new TextDecoder();
  let before = '';
  for await (const part of parts) {
    const text = before + decoder.decode(part, { stream: true }).toLowerCase();
    if (holds(text, wanted)) return true;
    before = overlap === 0 ? '' : text.slice(-overlap);
  }
  return false;
}

const holds = (text: string, wanted: readonly string[]): boolean => wanted.some((word) => text.includes(word));

const END = 0x06054b50;
const ENTRY = 0x02014b50;

/** The texts of a ZIP file (APPNOTE 6.3: end of the central directory, its entries, the local headers). */
function* unzipped(file: Buffer): Generator<string> {
  let end = file.length - 22;
  while (end >= 0 && file.readUInt32LE(end) !== END) end -= 1;
  if (end < 0) throw new Error('Not a ZIP file.');
  let at = file.readUInt32LE(end + 16);
  for (let left = file.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (file.readUInt32LE(at) !== ENTRY) throw new Error('Not a ZIP file.');
    const [method, size] = [file.readUInt16LE(at + 10), file.readUInt32LE(at + 20)];
    const local = file.readUInt32LE(at + 42);
    const from = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const bytes = file.subarray(from, from + size);
    yield (method === 0 ? bytes : inflateRawSync(bytes)).toString('utf8').toLowerCase();
    at += 46 + file.readUInt16LE(at + 28) + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
}
