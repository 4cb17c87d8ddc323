import type { ChartSeries } from './types.js';

/** From where to where a value is drawn; null draws a gap. */
export type Span = readonly [from: number, to: number] | null;

/** Each value from zero. */
export const standing = (series: readonly ChartSeries[]): readonly (readonly Span[])[] =>
  series.map(({ values }) => values.map((value) => (value === null ? null : ([0, value] as const))));

/** Each value on those of the series before it: gains above zero, losses below. */
export function stacked(series: readonly ChartSeries[]): readonly (readonly Span[])[] {
  const above: number[] = [];
  const below: number[] = [];
  return series.map(({ values }) =>
    values.map((value, at) => {
      if (value === null) return null;
      const side = value < 0 ? below : above;
      const from = side[at] ?? 0;
      side[at] = from + value;
      return [from, from + value] as const;
    }),
  );
}
