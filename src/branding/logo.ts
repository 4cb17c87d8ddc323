/** Reads pictures that someone sent: what they are and how large, from their own first bytes, trusting no name. Pure. */

export const MOST_LOGO_BYTES = 262_144;
const MOST_SIDE = 4_000;

export interface Logo {
  readonly type: 'image/png' | 'image/jpeg';
  readonly bytes: Buffer;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * A logo as base64 or as a `data:` URL. PNG and JPEG only: an SVG is a document, which may ask for files and run scripts.
 * @returns what is wrong with it as a sentence, or the logo
 */
export function readLogo(text: string): Logo | string {
  const encoded = text.replace(/^data:image\/(?:png|jpeg);base64,/, '');
  if (encoded.length > MOST_LOGO_BYTES * 1.4) return `A logo has at most ${MOST_LOGO_BYTES / 1_024} KB.`;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return 'Expected a PNG or JPEG in base64, or a data: URL of one.';
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length > MOST_LOGO_BYTES) return `A logo has at most ${MOST_LOGO_BYTES / 1_024} KB.`;
  const found = pngSize(bytes) ?? jpegSize(bytes);
  if (!found) return 'Expected a PNG or JPEG in base64; this is neither.';
  const { width, height } = found;
  if (width < 1 || height < 1 || width > MOST_SIDE || height > MOST_SIDE) {
    return `A logo has at most ${MOST_SIDE} × ${MOST_SIDE} pixels; this one has ${width} × ${height}.`;
  }
  return { ...found, bytes };
}

type Size = Omit<Logo, 'bytes'>;

/** ISO/IEC 15948: the signature, then IHDR with width and height. */
function pngSize(bytes: Buffer): Size | null {
  const isPng = bytes.length > 33 && bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  if (!isPng || bytes.toString('latin1', 12, 16) !== 'IHDR') return null;
  return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** ITU T.81: segments up to the frame header, which holds height and width. */
function jpegSize(bytes: Buffer): Size | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      return { type: 'image/jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}
