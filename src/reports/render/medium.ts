import type { Branding, PageFacts } from './document.js';
import { INK, seriesColour } from './charts/palette.js';

/**
 * Where a page is going. One template serves all three: paper has page breaks, a screen may be narrow or dark, a mail has
 * its styles in the elements and its charts as pictures.
 */
export type Medium = 'print' | 'web' | 'mail';

/** Colour of single series. */
export const seriesOf = ({ branding }: PageFacts): string => branding?.accent ?? seriesColour(0);

/** Colour of the rule at the top. */
export const accentOf = ({ branding }: PageFacts): string => branding?.accent ?? INK;

/** Name under which the report goes out. */
export const senderOf = ({ branding, organization }: PageFacts): string => branding?.name ?? organization;

/** CSS pixels of the logo on the page: at most 160 × 40, never enlarged. */
export function logoSize(logo: NonNullable<Branding['logo']>): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, 160 / logo.width, 40 / logo.height);
  return { width: Math.max(1, Math.round(logo.width * scale)), height: Math.max(1, Math.round(logo.height * scale)) };
}
