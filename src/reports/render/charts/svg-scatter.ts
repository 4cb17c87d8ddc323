import type { PlannedColumn } from '../../../compiler/query/types.js';
import { acrossOf, axisOf, drawAcross, drawUp, heightOf, LABEL_GAP, type Axis, type Box } from './axis.js';
import type { Drawing } from './drawing.js';
import { AXIS, INK } from './palette.js';
import { scaleOf } from './scale.js';
import { NARROW, shortened, textWidth } from './svg-style.js';
import type { ScatterPlan } from './types.js';

/** Points beyond these are drawn without a name. */
const MOST_NAMED = 12;
const MOST_NAMED_NARROW = 6;
/** Diameters in CSS pixels. */
const [SMALLEST, LARGEST, USUAL] = [7, 34, 9];
const NAME_HEIGHT = 13;
/** CSS pixels beside the plot, for half of the last label. */
const LEAST_END = 26;

interface Dot {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** By it the first are named. */
  readonly weight: number;
}

/** Points over two axes of values; the larger ones are named where there is room. */
export function drawScatter(plan: ScatterPlan, drawing: Drawing): void {
  const { pen, width, height, settings, colourOf } = drawing;
  const steps = width > NARROW ? 5 : 3;
  const axis = (column: PlannedColumn, values: readonly number[]): Axis =>
    axisOf(scaleOf(values, steps, column), column, settings);
  const across = axis(
    plan.x,
    plan.points.map(({ x }) => x),
  );
  const up = axis(
    plan.y,
    plan.points.map(({ y }) => y),
  );
  const plot = {
    left: Math.max(6 + up.room + LABEL_GAP, across.room / 2 + 2),
    right: width - Math.max(LEAST_END, across.room / 2 + 2),
    top: 28,
    bottom: height - 46,
  };
  const [xOf, yOf] = [acrossOf(plot, across), heightOf(plot, up)];
  drawAcross(pen, plot, across);
  drawUp(pen, plot, up);
  pen.rule({ x: plot.left, y: plot.bottom }, { x: plot.right, y: plot.bottom }, AXIS);
  pen.text(shortened(plan.y.label, plot.right - plot.left), { x: plot.left, y: plot.top - 16 });
  const middle = (plot.left + plot.right) / 2;
  pen.text(shortened(plan.x.label, plot.right - plot.left), { x: middle, y: plot.bottom + 33 }, { anchor: 'middle' });

  const most = Math.max(...plan.points.map(({ size }) => size ?? 0), 0);
  // Area, not width, is what the eye compares.
  const diameter = (size: number | null): number =>
    plan.size === null || most === 0 ? USUAL : Math.max(SMALLEST, LARGEST * Math.sqrt(Math.max(size ?? 0, 0) / most));
  const dots = plan.points
    .map(({ name, x, y, size }): Dot => ({ name, x: xOf(x), y: yOf(y), radius: diameter(size) / 2, weight: size ?? x }))
    // Large points first, so that small ones lie on them and are seen.
    .sort((a, b) => b.radius - a.radius);
  for (const dot of dots) pen.dot(dot, dot.radius, colourOf(0), { edge: true, opacity: 0.6 });
  nameDots(dots, drawing);
}

/** Names stand above, below or beside their points, wherever no other name or point is; else the point has none. */
function nameDots(dots: readonly Dot[], { pen, width, height }: Drawing): void {
  const taken: Box[] = [];
  const named = [...dots].sort((a, b) => b.weight - a.weight).slice(0, width > NARROW ? MOST_NAMED : MOST_NAMED_NARROW);
  for (const { name, x, y, radius } of named) {
    const text = shortened(name, width * 0.3);
    const half = textWidth(text) / 2;
    const [up, side] = [radius + 3 + NAME_HEIGHT / 2, radius + 4 + half];
    const places = [
      { x, y: y - up },
      { x: x + side, y },
      { x: x - side, y },
      { x, y: y + up },
    ];
    for (const place of places) {
      const box = {
        left: place.x - half,
        right: place.x + half,
        top: place.y - NAME_HEIGHT / 2,
        bottom: place.y + NAME_HEIGHT / 2,
      };
      const isWithin = box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height;
      const isFree =
        taken.every(
          (other) =>
            box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom,
        ) && dots.every((dot) => distance(dot, box) > dot.radius);
      if (!isWithin || !isFree) continue;
      taken.push(box);
      pen.text(text, place, { anchor: 'middle', fill: INK, halo: 2 });
      break;
    }
  }
}

/** From the nearest point of a box. */
const distance = ({ x, y }: Dot, { left, right, top, bottom }: Box): number =>
  Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
