import { formatLabel, formatTime } from '../format.js';
import { axisOf, drawUp, heightOf, LABEL_GAP, type Box } from './axis.js';
import type { Drawing } from './drawing.js';
import { AXIS, OVERLAY_COLOUR, OVERLAY_INK, SURFACE } from './palette.js';
import type { Pen, Point } from './pen.js';
import { alongside, scaleOf } from './scale.js';
import { stacked, standing, type Span } from './stack.js';
import { NARROW, widest } from './svg-style.js';
import type { TimePlan } from './types.js';

/** CSS pixels above the plot; more where the highest point of a line may have its label. */
const TOP = 12;
const LABELLED_TOP = 22;
/** Below the plot, for the times. */
const BOTTOM = 24;
/** At least between the labels of two times. */
const BETWEEN_LABELS = 14;
/** Steps that an axis of values has, about. */
const STEPS = 4;
const MOST_BAR = 44;
/** Of a bar's width, between two of one time. */
const BETWEEN_BARS = 0.12;
const LINE = 2.2;
/** So few times have each its room, and its points are marked. */
const FEW = 3;

interface Plot extends Box {
  /** Width of one time. */
  readonly band: number;
  /** Middle of a time. */
  readonly xOf: (bucket: number) => number;
}

/** What stands for the values, and where it is drawn. */
interface Marks {
  readonly pen: Pen;
  readonly plan: TimePlan;
  readonly spans: readonly (readonly Span[])[];
  readonly colours: readonly string[];
  readonly plot: Plot;
  readonly yOf: (value: number) => number;
}

/** Values over time: bars, lines or areas, and a line over an axis of its own. */
export function drawTime(plan: TimePlan, drawing: Drawing): void {
  const { pen, settings, width, colourOf } = drawing;
  // Lines are read by their height, each for itself.
  const spans = plan.stacked && plan.shape !== 'lines' ? stacked(plan.series) : standing(plan.series);
  const ends = spans.flatMap((series) => series.map((span) => span?.[1] ?? null));
  const alone = scaleOf(ends, STEPS, plan.column);
  const [scale, other] = plan.overlay ? alongside(alone, plan.overlay.values) : [alone, null];
  const axis = axisOf(scale, plan.column, settings);
  const overlay = plan.overlay && other && { ...plan.overlay, axis: axisOf(other, plan.overlay.column, settings) };
  const labelsOverlay = overlay !== null && plan.buckets.length <= 16 && width > NARROW;
  const times = plan.buckets.map((bucket) => formatTime(bucket, settings));
  const { plot, step } = laidOut(plan, times, drawing, {
    left: 4 + axis.room + LABEL_GAP,
    right: overlay ? 4 + overlay.axis.room + LABEL_GAP : 6,
    top: labelsOverlay ? LABELLED_TOP : TOP,
  });
  const yOf = heightOf(plot, axis);

  drawUp(pen, plot, axis, overlay?.axis);
  for (const [index, text] of times.entries()) {
    if (index % step === 0) pen.text(text, { x: plot.xOf(index), y: plot.bottom + 15 }, { anchor: 'middle' });
  }
  const colours = plan.series.map((series, index) => colourOf(index, series.other));
  const marks = { pen, plan, spans, colours, plot, yOf };
  if (plan.shape === 'bars') drawColumns(marks);
  else drawLines(marks);
  pen.rule({ x: plot.left, y: yOf(0) }, { x: plot.right, y: yOf(0) }, AXIS);

  if (!overlay) return;
  const overlayY = heightOf(plot, overlay.axis);
  const points = overlay.values.map((value, index) =>
    value === null ? null : { x: plot.xOf(index), y: overlayY(value), value },
  );
  for (const run of runsOf(points)) pen.line(run, OVERLAY_COLOUR, LINE);
  const shown = points.filter((point) => point !== null);
  if (points.length <= 31) for (const point of shown) pen.dot(point, 2.9, OVERLAY_COLOUR, { edge: true });
  if (!labelsOverlay) return;
  for (const { x, y, value } of shown) {
    const label = formatLabel(value, overlay.column, settings);
    pen.text(label, { x, y: y - 11 }, { anchor: 'middle', size: 10, fill: OVERLAY_INK, halo: 3 });
  }
}

/** The plot between the labels, and every how many times there is one. */
function laidOut(
  plan: TimePlan,
  times: readonly string[],
  { width, height }: Drawing,
  rooms: { readonly left: number; readonly right: number; readonly top: number },
): { readonly plot: Plot; readonly step: number } {
  const count = Math.max(times.length, 1);
  const isBanded = plan.shape === 'bars' || count <= FEW;
  const label = widest(times);
  const room = width - rooms.left - rooms.right;
  const step = Math.max(1, Math.ceil((count * (label + BETWEEN_LABELS)) / Math.max(room, 1)));
  // A label is as far inside as its time is; what stands out needs room.
  const inside = (buckets: number): number => (room / count) * (buckets + (isBanded ? 0.5 : 0));
  const last = (count - 1) % step;
  const left = Math.max(rooms.left, label / 2 - inside(0));
  const right = width - Math.max(rooms.right, label / 2 - inside(last) + 2);
  const band = isBanded ? (right - left) / count : (right - left) / (count - 1);
  const xOf = (bucket: number): number => left + band * (bucket + (isBanded ? 0.5 : 0));
  return { plot: { left, right, top: rooms.top, bottom: height - BOTTOM, band, xOf }, step };
}

function drawColumns({ pen, plan, spans, colours, plot, yOf }: Marks): void {
  const beside = plan.stacked ? 1 : spans.length;
  const share = plan.buckets.length > 40 ? 0.85 : 0.64;
  const bar = Math.min(MOST_BAR, (plot.band * share) / (beside + (beside - 1) * BETWEEN_BARS));
  const all = bar * (beside + (beside - 1) * BETWEEN_BARS);
  for (const [index, series] of spans.entries()) {
    const offset = plan.stacked ? 0 : index * bar * (1 + BETWEEN_BARS);
    for (const [bucket, span] of series.entries()) {
      if (span === null) continue;
      const x = plot.xOf(bucket) - all / 2 + offset;
      pen.box({ x, y: yOf(span[0]) }, { x: x + bar, y: yOf(span[1]) }, colours[index] ?? SURFACE);
    }
  }
}

function drawLines({ pen, plan, spans, colours, plot, yOf }: Marks): void {
  const isSingle = spans.length === 1;
  const width = plan.shape === 'areas' && !isSingle ? 1 : LINE;
  for (const [index, series] of spans.entries()) {
    const colour = colours[index] ?? SURFACE;
    const points = series.map((span, bucket) =>
      span === null ? null : { x: plot.xOf(bucket), y: yOf(span[1]), base: yOf(span[0]) },
    );
    for (const run of runsOf(points)) {
      const [first] = run;
      if (plan.shape === 'areas') {
        const back = [...run].reverse().map(({ x, base }) => ({ x, y: base }));
        pen.area([...run, ...back], colour, isSingle ? 0.1 : 0.82);
      }
      pen.line(run, colour, width);
      // A point between two gaps is only seen if it is marked.
      if (first && run.length === 1) pen.dot(first, 2.5, colour);
      else if (points.length <= FEW) for (const point of run) pen.dot(point, 2.5, colour);
    }
  }
}

/** Neighbours that a line joins, between gaps. */
function runsOf<P extends Point>(points: readonly (P | null)[]): readonly (readonly P[])[] {
  const runs: P[][] = [[]];
  for (const point of points) {
    if (point) runs.at(-1)?.push(point);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}
