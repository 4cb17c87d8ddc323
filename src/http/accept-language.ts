import { isLocale } from '../reports/render/charts/shape.js';

const MOST_RANGES = 20;

/** The locale that a browser would rather have, by its `Accept-Language` (RFC 9110, 12.5.4); null where it names none. */
export function acceptedLocale(header: string | undefined): string | null {
  const ranges = (header ?? '')
    .split(',', MOST_RANGES)
    .map((range) => {
      const [tag = '', ...parameters] = range.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return { tag, weight: weight === undefined ? 1 : Number(weight.slice(2)) };
    })
    .filter(({ tag, weight }) => weight > 0 && isLocale(tag))
    .sort((a, b) => b.weight - a.weight);
  return ranges[0]?.tag ?? null;
}
