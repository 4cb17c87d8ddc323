import { INK, MUTED } from './palette.js';

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Widths up to this are a phone's or a small widget's: fewer labels. */
export const NARROW = 420;
export const FONT = 'Inter, Noto, sans-serif';
export const LABEL = { fontFamily: FONT, fontSize: 10.5, color: MUTED } as const;
export const DIRECT_LABEL = { fontFamily: FONT, fontSize: 10.5, color: INK } as const;
/** Nothing moves or answers to a mouse. */
export const QUIET = { silent: true, emphasis: { disabled: true }, cursor: 'default' } as const;

/** Width of a text in CSS pixels; without a browser nobody measures, and this is close enough to place labels. */
export const textWidth = (text: string, size: number): number =>
  [...text].reduce((width, character) => width + size * characterWidth(character), 0);

function characterWidth(character: string): number {
  if (/\p{Cf}/u.test(character)) return 0;
  if (/[ijl.,:;'|!()[\]]/.test(character)) return 0.3;
  if (/[A-Zmw%@&]/.test(character)) return 0.7;
  return (character.codePointAt(0) ?? 0) > 0x2e80 ? 1 : 0.58;
}
