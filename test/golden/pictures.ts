/** Reports and a dashboard as pictures: what is compared, and how. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PDFiumLibrary } from '@hyzyla/pdfium';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { packageRoot } from '../../src/common/package-root.js';

const folder = join(packageRoot, 'test/golden/pictures');
const update = process.env.UPDATE_GOLDEN === '1';

/**
 * Most of a picture that may differ, and most of any part of it: 0.1 % of all pixels, and 0.4 % of a square of 32 × 32. The
 * same Chromium and the same PDFium draw the same picture to the pixel; this leaves room for an update that draws a few
 * edges otherwise. Another digit is a handful of pixels: lost in the whole, plain in its square.
 */
const MOST_OF_ALL = 0.001;
const MOST_OF_A_SQUARE = 0.004;
const SQUARE = 32;
/** How far a colour may be off before its pixel counts, from 0 to 1. */
const COLOUR_TOLERANCE = 0.1;
/** Pixels a point: letters of a table's size can be read. */
const SCALE = 1.4;

/** A page of a PDF, as a reader shows it. */
export async function pageAsPicture(library: PDFiumLibrary, pdf: Buffer, page: number): Promise<PNG> {
  const document = await library.loadDocument(pdf);
  try {
    const { data, width, height } = await document.getPage(page).render({
      scale: SCALE,
      render: (raster) => Promise.resolve(raster.data),
    });
    const picture = new PNG({ width, height });
    picture.data = Buffer.from(data);
    return picture;
  } finally {
    document.destroy();
  }
}

export interface Difference {
  /** Share of the pixels, from 0 to 1; 1 when the sizes differ. */
  readonly share: number;
  /** The same of the square that differs most. */
  readonly worst: number;
  readonly tooMuch: boolean;
  /** What differs, in red. */
  readonly shown: PNG | null;
}

export function differenceOf(expected: PNG, actual: PNG): Difference {
  const { width, height } = actual;
  if (expected.width !== width || expected.height !== height) {
    return { share: 1, worst: 1, tooMuch: true, shown: null };
  }
  if (expected.data.equals(actual.data)) return { share: 0, worst: 0, tooMuch: false, shown: null };
  const shown = new PNG({ width, height });
  const options = { threshold: COLOUR_TOLERANCE, includeAA: true, diffMask: true };
  const share = pixelmatch(expected.data, actual.data, shown.data, width, height, options) / (width * height);
  const worst = worstSquare(shown);
  return { share, worst, tooMuch: share > MOST_OF_ALL || worst > MOST_OF_A_SQUARE, shown };
}

/** @param marks opaque where the pictures differ */
function worstSquare(marks: PNG): number {
  const { data, width, height } = marks;
  const across = Math.ceil(width / SQUARE);
  const counts = new Array<number>(across * Math.ceil(height / SQUARE)).fill(0);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (data[4 * (y * width + x) + 3] === 0) continue;
      const square = Math.trunc(y / SQUARE) * across + Math.trunc(x / SQUARE);
      counts[square] = (counts[square] ?? 0) + 1;
    }
  }
  return Math.max(...counts) / SQUARE ** 2;
}

/**
 * Compares with the committed picture, or writes it with `UPDATE_GOLDEN=1`.
 * @returns as {@link complaint}
 */
export async function mismatch(name: string, actual: PNG): Promise<string | null> {
  const path = join(folder, `${name}.png`);
  if (update) await writeFile(path, written(actual));
  const bytes = await readFile(path).catch(() => null);
  return complaint(name, bytes && PNG.sync.read(bytes), actual);
}

/** Null when they look the same, else what is wrong and where the new picture and the difference lie. */
export async function complaint(name: string, expected: PNG | null, actual: PNG): Promise<string | null> {
  const difference = expected && differenceOf(expected, actual);
  if (difference && !difference.tooMuch) return null;

  const place = await mkdtemp(join(tmpdir(), 'tributary-pictures-'));
  await writeFile(join(place, 'actual.png'), written(actual));
  if (difference?.shown) await writeFile(join(place, 'difference.png'), written(difference.shown));
  const what = !expected
    ? 'there is no picture to compare with'
    : difference?.shown
      ? `${percent(difference.share)} of all pixels differ, and ${percent(difference.worst)} of one square`
      : `it is ${actual.width} × ${actual.height}, not ${expected.width} × ${expected.height}`;
  return `${name}: ${what}. See ${place}; if it is as it should be, run npm run golden:update and look at every picture.`;
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

/** Unfiltered rows of three colours compress well here, and are read many times faster. */
const written = (picture: PNG): Buffer =>
  PNG.sync.write(picture, { filterType: 0, deflateLevel: 9, deflateStrategy: 0, colorType: 2 });
