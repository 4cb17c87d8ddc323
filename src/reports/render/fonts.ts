import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const WEIGHTS = [400, 600] as const;
const SUBSETS = ['latin', 'latin-ext', 'cyrillic', 'cyrillic-ext', 'greek', 'vietnamese'] as const;
type Subset = (typeof SUBSETS)[number];

interface Face {
  readonly css: string;
  /** Code points that the subset covers, as `[first, last]` pairs. */
  readonly ranges: readonly (readonly [number, number])[];
}

const faces = new Map<Subset, Face>();

/**
 * `@font-face` rules of the reports' typeface (Inter, SIL Open Font License) with the font files inside, so that a page
 * looks the same on any machine. Subsets beyond Latin are embedded only when `text` needs them.
 */
export function fontFaces(text: string): string {
  const codePoints = [...new Set(text)].map((character) => character.codePointAt(0) ?? 0).filter((code) => code > 0x7f);
  return SUBSETS.map((subset) => ({ subset, face: load(subset) }))
    .filter(
      ({ subset, face }) =>
        subset === 'latin' ||
        codePoints.some((code) => face.ranges.some(([first, last]) => code >= first && code <= last)),
    )
    .map(({ face }) => face.css)
    .join('\n');
}

function load(subset: Subset): Face {
  const known = faces.get(subset);
  if (known) return known;
  const range = unicodeRanges()[subset] ?? '';
  const css = WEIGHTS.map((weight) => {
    const file = readFileSync(require.resolve(`@fontsource/inter/files/inter-${subset}-${weight}-normal.woff2`));
    const source = `url(data:font/woff2;base64,${file.toString('base64')}) format("woff2")`;
    return `@font-face{font-family:Inter;font-weight:${weight};src:${source};unicode-range:${range}}`;
  }).join('\n');
  const face = { css, ranges: range.split(',').map(parseRange) };
  faces.set(subset, face);
  return face;
}

/** `U+0100-02BA` or `U+0131` */
function parseRange(text: string): readonly [number, number] {
  const [first = '0', last = first] = text.trim().replace(/^U\+/i, '').split('-');
  return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
}

const unicodeRanges = (): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(require.resolve('@fontsource/inter/unicode.json'), 'utf8')) as Record<string, string>;
