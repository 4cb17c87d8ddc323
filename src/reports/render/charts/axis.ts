import type { PlannedColumn } from '../../../compiler/query/types.js';
import { formatCompact, type FormatSettings } from '../format.js';
import { RULE } from './palette.js';
import type { Pen } from './pen.js';
import { shareOf, ticksOf, type Scale } from './scale.js';
import { LABEL_SIZE, widest } from './svg-style.js';

/** Between the labels of values and the plot beside them. CSS pixels, as everywhere here. */
export const LABEL_GAP = 8;

/** Sides of a part of the picture. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** An axis of values with what stands at its steps. */
export interface Axis {
  readonly scale: Scale;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  /** Width of the widest text. */
  readonly room: number;
}

export function axisOf(scale: Scale, column: PlannedColumn, settings: FormatSettings): Axis {
  const ticks = ticksOf(scale).map((value) => ({ value, text: formatCompact(value, column, settings) }));
  return { scale, ticks, room: widest(ticks.map(({ text }) => text)) };
}

/** Where a value stands on an axis along the plot. */
export const acrossOf =
  ({ left, right }: Box, { scale }: Axis) =>
  (value: number): number =>
    left + (right - left) * shareOf(scale, value);

/** Where a value stands on an axis up the plot. */
export const heightOf =
  ({ top, bottom }: Box, { scale }: Axis) =>
  (value: number): number =>
    bottom - (bottom - top) * shareOf(scale, value);

/** Steps along the plot: a rule up each, and below it as many texts as there is room for. */
export function drawAcross(pen: Pen, plot: Box, axis: Axis): void {
  const xOf = acrossOf(plot, axis);
  const every = Math.ceil((axis.room + LABEL_SIZE) / ((plot.right - plot.left) / (axis.ticks.length - 1)));
  for (const [index, { value, text }] of axis.ticks.entries()) {
    const x = xOf(value);
    pen.rule({ x, y: plot.top }, { x, y: plot.bottom }, RULE);
    if (index % every === 0) pen.text(text, { x, y: plot.bottom + 14 }, { anchor: 'middle' });
  }
}

/** Steps up the plot: a rule across at each, its text before it. @param other has its texts behind the same rules */
export function drawUp(pen: Pen, plot: Box, axis: Axis, other?: Axis): void {
  const yOf = heightOf(plot, axis);
  for (const [index, { value, text }] of axis.ticks.entries()) {
    const y = yOf(value);
    pen.rule({ x: plot.left, y }, { x: plot.right, y }, RULE);
    pen.text(text, { x: plot.left - LABEL_GAP, y }, { anchor: 'end' });
    if (other) pen.text(other.ticks[index]?.text ?? '', { x: plot.right + LABEL_GAP, y });
  }
}
