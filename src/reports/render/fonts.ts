import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fullLocale } from './locale.js';

const require = createRequire(import.meta.url);

/** A typeface in an npm package of Fontsource, cut into files by ranges of Unicode. All are under the SIL Open Font License. */
interface Typeface {
  readonly family: 'Inter' | 'Noto';
  readonly pack: string;
  /** Weights as CSS has them, each with the file's part of the name. */
  readonly weights: readonly (readonly [weight: string, name: string])[];
  readonly subsets?: readonly string[];
}

interface Subset {
  readonly face: Typeface;
  readonly name: string;
  readonly range: string;
  /** Code points that it covers, as `[first, last]` pairs. */
  readonly ranges: readonly (readonly [number, number])[];
}

const INTER: Typeface = {
  family: 'Inter',
  pack: '@fontsource/inter',
  weights: [
    ['400', '400'],
    ['600', '600'],
  ],
  subsets: ['latin', 'latin-ext', 'cyrillic', 'cyrillic-ext', 'greek', 'vietnamese'],
};
const noto = (script: string, subsets?: readonly string[]): Typeface => ({
  family: 'Noto',
  pack: `@fontsource-variable/noto-${script}`,
  weights: [['100 900', 'wght']],
  ...(subsets ? { subsets } : {}),
});
const SCRIPTS = [
  noto('sans-arabic', ['arabic']),
  noto('sans-hebrew', ['hebrew']),
  noto('sans-thai', ['thai']),
  noto('sans-devanagari', ['devanagari']),
];
const CHINESE = noto('sans-sc');
const TRADITIONAL = noto('sans-tc');
const JAPANESE = noto('sans-jp');
const KOREAN = noto('sans-kr');
const EMOJI = noto('emoji');

const catalogue = new Map<Typeface, readonly Subset[]>();
const sheets = new Map<Subset, string>();

/**
 * `@font-face` rules of the typefaces that a text needs, with the font files inside, so that a page looks the same on any
 * machine: Inter, and Noto for what Inter has not. Only the files that hold characters of the text are embedded.
 * @param locale decides how Han characters are drawn, which differs between Chinese, Japanese and Korean
 */
export function fontFaces(text: string, locale = 'en'): string {
  const needed = new Set<Subset>(subsetsOf(INTER).filter(({ name }) => name === 'latin'));
  const order = [INTER, ...SCRIPTS, EMOJI, ...han(text, locale)];
  // Latin letters without marks are there anyway.
  for (const character of new Set(text.match(/\P{ASCII}/gu))) {
    const code = character.codePointAt(0) ?? 0;
    for (const face of order) {
      const subset = subsetsOf(face).find(({ ranges }) =>
        ranges.some(([first, last]) => code >= first && code <= last),
      );
      if (!subset) continue;
      needed.add(subset);
      break;
    }
  }
  return [...needed].map(sheet).join('\n');
}

/** Typefaces for Han characters, the fitting one first: by the language, else by the letters that stand beside them. */
function han(text: string, locale: string): readonly Typeface[] {
  const all = [CHINESE, JAPANESE, KOREAN, TRADITIONAL];
  const { language, script } = fullLocale(locale);
  const first =
    language === 'ja'
      ? JAPANESE
      : language === 'ko'
        ? KOREAN
        : language === 'zh'
          ? script === 'Hant'
            ? TRADITIONAL
            : CHINESE
          : /[\u3040-\u30ff]/.test(text)
            ? JAPANESE
            : /[\uac00-\ud7af]/.test(text)
              ? KOREAN
              : CHINESE;
  return [first, ...all.filter((face) => face !== first)];
}

function subsetsOf(face: Typeface): readonly Subset[] {
  const known = catalogue.get(face);
  if (known) return known;
  const file = readFileSync(require.resolve(`${face.pack}/unicode.json`), 'utf8');
  const subsets = Object.entries(JSON.parse(file) as Record<string, string>)
    .map(([key, range]) => ({
      face,
      name: key.replaceAll(/[[\]]/g, ''),
      range,
      ranges: range.split(',').map(parseRange),
    }))
    .filter(({ name }) => face.subsets === undefined || face.subsets.includes(name));
  catalogue.set(face, subsets);
  return subsets;
}

function sheet(subset: Subset): string {
  const known = sheets.get(subset);
  if (known) return known;
  const { face, name, range } = subset;
  const prefix = face.pack.slice(face.pack.indexOf('/') + 1);
  const css = face.weights
    .map(([weight, part]) => {
      const file = readFileSync(require.resolve(`${face.pack}/files/${prefix}-${name}-${part}-normal.woff2`));
      const source = `url(data:font/woff2;base64,${file.toString('base64')}) format("woff2")`;
      return `@font-face{font-family:${face.family};font-weight:${weight};src:${source};unicode-range:${range}}`;
    })
    .join('\n');
  sheets.set(subset, css);
  return css;
}

/** `U+0100-02BA` or `U+0131` */
function parseRange(text: string): readonly [number, number] {
  const [first = '0', last = first] = text.trim().replace(/^U\+/i, '').split('-');
  return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
}
