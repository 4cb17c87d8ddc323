import { formatLabel, type FormatSettings } from '../format.js';
import { acrossOf, axisOf, drawAcross } from './axis.js';
import type { Drawing } from './drawing.js';
import { AXIS, INK, LOSS_COLOUR } from './palette.js';
import { scaleOf } from './scale.js';
import { stacked } from './stack.js';
import { shortened, textWidth, widest } from './svg-style.js';
import type { BarsPlan, StacksPlan } from './types.js';

/** CSS pixels for each category, and of its bar. */
const LINE_HEIGHT = 22;
const BAR = 13;
/** Least room beside a bar for its label. */
const LABEL_ROOM = 58;
/** Between a bar and its label, and between a name and the axis. */
const GAP = 6;
const NAME_GAP = 10;
/** Between two panels. */
const PANEL_GAP = 28;
/** What stays for the bars themselves, however long their labels are. */
const LEAST_BARS = 40;
const AXIS_ROOM = 24;
const TOP = 4;
/** Beside the plot, for half of the last label. */
const LEAST_END = 22;

/** Several panels have a line of names above them; a single one is named by the chart's title. */
const barsHead = (plan: BarsPlan): number => (isHeaded(plan) ? 24 : TOP);
const isHeaded = (plan: BarsPlan): boolean => plan.panels.length > 1 || plan.isNamed === true;

export const barsHeight = (plan: BarsPlan): number => barsHead(plan) + TOP + plan.categories.length * LINE_HEIGHT;
export const stacksHeight = (plan: StacksPlan): number => 2 * TOP + AXIS_ROOM + plan.categories.length * LINE_HEIGHT;

/** Room for the names of the categories beside the bars; longer ones end in “…”. */
const namesWidth = (categories: readonly string[], width: number): number =>
  Math.min(width * 0.32, 4 + NAME_GAP + widest(categories));

/** A label in words, as Arabic has them for thousands, takes more than a suffix does. */
const labelRoom = ({ values, column }: BarsPlan['panels'][number], settings: FormatSettings): number =>
  Math.max(
    LABEL_ROOM,
    ...values.map((value) => (value === null ? 0 : GAP + 2 + textWidth(formatLabel(value, column, settings)))),
  );

/** One panel of horizontal bars a metric, all over the same categories. The longest bar fills its panel. */
export function drawBars(plan: BarsPlan, { pen, settings, width, colourOf }: Drawing): void {
  const head = barsHead(plan);
  const bottom = barsHeight(plan) - TOP;
  const middleOf = (line: number): number => head + (line + 0.5) * LINE_HEIGHT;
  const names = namesWidth(plan.categories, width);
  const panelWidth = (width - names - PANEL_GAP * (plan.panels.length - 1)) / plan.panels.length;
  for (const [index, panel] of plan.panels.entries()) {
    const { column, values } = panel;
    const start = names + index * (panelWidth + PANEL_GAP);
    const numbers = values.map((value) => value ?? 0);
    const [least, most] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
    // Bars below zero have their labels before them.
    const sides = least < 0 ? 2 : 1;
    const room = Math.min(labelRoom(panel, settings), Math.max(0, panelWidth - LEAST_BARS) / sides);
    const from = start + (least < 0 ? room : 0);
    const length = panelWidth - sides * room;
    const at = (value: number): number => from + (length * (value - least)) / (most - least || 1);
    if (isHeaded(plan)) {
      pen.text(shortened(column.label, panelWidth), { x: start + 1, y: 10 }, { bold: true });
    }
    for (const [line, value] of values.entries()) {
      const y = middleOf(line);
      const name = plan.categories[line] ?? '';
      if (index === 0)
        pen.text(shortened(name, names - NAME_GAP), { x: names - NAME_GAP, y }, { anchor: 'end', fill: INK });
      if (value === null) continue;
      const isLoss = value < 0;
      const end = at(value);
      pen.box({ x: at(0), y: y - BAR / 2 }, { x: end, y: y + BAR / 2 }, isLoss ? LOSS_COLOUR : colourOf(index));
      const label = formatLabel(value, column, settings);
      pen.text(label, { x: isLoss ? end - GAP : end + GAP, y }, { fill: INK, ...(isLoss ? { anchor: 'end' } : {}) });
    }
    pen.rule({ x: at(0), y: head }, { x: at(0), y: bottom }, AXIS);
  }
}

/** Horizontal bars whose parts add up, over one axis of values. */
export function drawStacks(plan: StacksPlan, { pen, settings, width, colourOf }: Drawing): void {
  const names = namesWidth(plan.categories, width);
  const bottom = TOP + plan.categories.length * LINE_HEIGHT + TOP;
  const spans = stacked(plan.series);
  const scale = scaleOf(
    spans.flatMap((values) => values.map((span) => span?.[1] ?? null)),
    4,
    plan.column,
  );
  const axis = axisOf(scale, plan.column, settings);
  const plot = { left: names, right: width - Math.max(LEAST_END, axis.room / 2 + 2), top: TOP, bottom };
  const at = acrossOf(plot, axis);
  drawAcross(pen, plot, axis);
  for (const [line, name] of plan.categories.entries()) {
    const y = TOP + (line + 0.5) * LINE_HEIGHT;
    pen.text(shortened(name, names - NAME_GAP), { x: names - NAME_GAP, y }, { anchor: 'end', fill: INK });
    for (const [index, values] of spans.entries()) {
      const span = values[line];
      if (!span) continue;
      const colour = colourOf(index, plan.series[index]?.other);
      pen.box({ x: at(span[0]), y: y - BAR / 2 }, { x: at(span[1]), y: y + BAR / 2 }, colour);
    }
  }
  pen.rule({ x: at(0), y: TOP }, { x: at(0), y: bottom }, AXIS);
}
