/**
 * Colours of series in order, on paper and on a dark screen. Any two of the eight are told apart by eyes without red,
 * green or blue cones (see `palette.spec.ts`).
 */
const SERIES = [
  ['#1f4e79', '#3665ba'],
  ['#46c8be', '#67ffd9'],
  ['#aa7766', '#d07347'],
  ['#705fb6', '#8990fe'],
  ['#b3b160', '#f4e959'],
  ['#5c98c9', '#91c9f9'],
  ['#5f1d2e', '#a04f55'],
  ['#81521b', '#f8a575'],
] as const;
export const SERIES_COLOURS: readonly string[] = SERIES.map(([light]) => light);
export const DARK_SERIES_COLOURS: readonly string[] = SERIES.map(([, dark]) => dark);
export const OTHER_COLOUR = '#b7bfc9';
/** A line over bars. */
export const OVERLAY_COLOUR = '#e07a1f';
export const OVERLAY_INK = '#a9530b';
/** Bars and figures below zero. */
export const LOSS_COLOUR = '#b5402b';
export const INK = '#16202c';
export const MUTED = '#5f6a78';
export const FAINT = '#8b96a3';
export const AXIS = '#b9c2cc';
export const RULE = '#e4e8ed';
export const SURFACE = '#ffffff';

/** Every colour of a page in the dark, by its colour on paper. */
export const DARK: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SERIES),
  [OTHER_COLOUR]: '#56616d',
  [OVERLAY_COLOUR]: '#f0a050',
  [OVERLAY_INK]: '#f3b377',
  [LOSS_COLOUR]: '#f08a76',
  [INK]: '#e6ecf2',
  [MUTED]: '#a3afbc',
  [FAINT]: '#7f8b98',
  [AXIS]: '#4a5662',
  [RULE]: '#2c3640',
  [SURFACE]: '#141b22',
};

export const seriesColour = (index: number, other = false): string =>
  other ? OTHER_COLOUR : (SERIES_COLOURS[index % SERIES_COLOURS.length] ?? OTHER_COLOUR);
