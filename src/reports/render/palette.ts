/** Colours of series in order: told apart by eyes that see red and green alike, and calm on paper. */
export const SERIES_COLOURS = [
  '#1f4e79',
  '#2a9d8f',
  '#e9a23b',
  '#c8553d',
  '#6d5a9c',
  '#7fb2d9',
  '#8a9a3b',
  '#b0678f',
] as const;
export const OTHER_COLOUR = '#b7bfc9';
/** A line over bars. */
export const OVERLAY_COLOUR = '#e07a1f';
/** Bars and figures below zero. */
export const LOSS_COLOUR = '#b5402b';
export const INK = '#16202c';
export const MUTED = '#66717f';
export const RULE = '#e4e8ed';

export const seriesColour = (index: number, other = false): string =>
  other ? OTHER_COLOUR : (SERIES_COLOURS[index % SERIES_COLOURS.length] ?? OTHER_COLOUR);
