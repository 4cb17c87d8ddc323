/** Contrast of two colours by WCAG 2.2 (relative luminance), from 1 to 21. Colours are `#rrggbb`. */
export function contrast(a: string, b: string): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** What a picture or a rule needs against its ground. */
export const LEAST_CONTRAST = 3;

/** A colour made lighter, step by step, until it can be seen on a dark ground. */
export function onDark(colour: string, ground: string): string {
  for (let share = 0; share < 1; share += 0.05) {
    const lighter = mixed(colour, '#ffffff', share);
    if (contrast(lighter, ground) >= LEAST_CONTRAST + 1) return lighter;
  }
  return '#ffffff';
}

/** Share of the second colour in the first, in sRGB. */
export function mixed(first: string, second: string, share: number): string {
  const [from, to] = [channels(first), channels(second)];
  return `#${from
    .map((value, index) =>
      Math.round(value + ((to[index] ?? 0) - value) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

const channels = (colour: string): readonly number[] =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
