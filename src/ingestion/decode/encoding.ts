import { unprocessable } from '../../common/problem.js';

export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Bytes looked at before the encoding is decided. */
export const HEAD_BYTES = 512;

/**
 * The encoding of a file, from its first bytes: a byte order mark wins; then what the mapping declares; then UTF-16
 * without a mark, where every other byte is zero; else UTF-8. Windows-1252 is never assumed, since every file is valid
 * Windows-1252.
 * @throws Problem `unrecognized_export` for a workbook or an archive
 */
export function detectEncoding(head: Buffer, declared: Encoding | null): { encoding: Encoding; skip: number } {
  if (head.length >= 3 && head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf)
    return { encoding: 'utf-8', skip: 3 };
  if (head.length >= 2 && head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', skip: 2 };
  if (head.length >= 2 && head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', skip: 2 };
  if (head.length >= 4 && head.readUInt32BE(0) === 0x504b0304) {
    throw unprocessable(
      'unrecognized_export',
      'This is an Excel workbook or a ZIP archive. Export it as CSV, or unpack it first.',
    );
  }
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) {
    throw unprocessable('unrecognized_export', 'This is a gzip archive. Unpack it and send the file inside.');
  }
  if (declared !== null) return { encoding: declared, skip: 0 };
  return { encoding: evidentUtf16(head) ?? 'utf-8', skip: 0 };
}

function evidentUtf16(head: Buffer): Encoding | null {
  const pairs = Math.floor(head.length / 2);
  if (pairs < 2) return null;
  let even = 0;
  let odd = 0;
  for (let index = 0; index < pairs * 2; index += 2) {
    if (head[index] === 0) even++;
    if (head[index + 1] === 0) odd++;
  }
  if (odd > pairs * 0.6 && even < pairs * 0.1) return 'utf-16le';
  if (even > pairs * 0.6 && odd < pairs * 0.1) return 'utf-16be';
  return null;
}
