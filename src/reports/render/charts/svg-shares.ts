import { Decimal } from 'decimal.js';
import { formatHeadline } from '../format.js';
import type { Drawing } from './drawing.js';
import { INK } from './palette.js';
import { shortened, textWidth } from './svg-style.js';
import type { SharesPlan } from './types.js';

/** A pie or a donut is a square; what its slices are stands in a list beside it, where nothing can overlap. */
export const SHARES_SIDE = 190;
const CENTRE = { x: SHARES_SIDE / 2, y: SHARES_SIDE / 2 };
const OUTER = 91;
const INNER = 60;
/** CSS pixels within the ring for the whole and its name. */
const HOLE_ROOM = 96;
const FIGURE_SIZE = 17;

export function drawShares(plan: SharesPlan, { pen, settings, colourOf }: Drawing): void {
  const radii = { inner: plan.shape === 'donut' ? INNER : 0, outer: OUTER };
  const whole = plan.slices.reduce((sum, { value }) => sum + value, 0);
  let from = 0;
  for (const [index, { value, other }] of plan.slices.entries()) {
    if (value <= 0) continue;
    const to = from + value / whole;
    pen.slice(CENTRE, radii, from, to, colourOf(index, other));
    from = to;
  }
  if (plan.shape !== 'donut') return;
  const exact = plan.slices.reduce((sum, { value }) => sum.plus(value), new Decimal(0));
  const figure = formatHeadline(exact, plan.column, settings);
  const size = Math.min(FIGURE_SIZE, (FIGURE_SIZE * HOLE_ROOM) / Math.max(textWidth(figure, FIGURE_SIZE), 1));
  const middle = { anchor: 'middle' } as const;
  pen.text(figure, { x: CENTRE.x, y: CENTRE.y - 5 }, { ...middle, size, bold: true, fill: INK });
  pen.text(shortened(plan.column.label, HOLE_ROOM), { x: CENTRE.x, y: CENTRE.y + 13 }, middle);
}
