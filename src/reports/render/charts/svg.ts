import type { FormatSettings } from '../format.js';
import { directionOf, escapeHtml } from '../html-text.js';
import { describeChart } from './describe.js';
import type { ChartSize, Drawing } from './drawing.js';
import { seriesColour } from './palette.js';
import { Pen } from './pen.js';
import { barsHeight, drawBars, drawStacks, stacksHeight } from './svg-bars.js';
import { drawScatter } from './svg-scatter.js';
import { drawShares, SHARES_SIDE } from './svg-shares.js';
import { FONT, LABEL_SIZE } from './svg-style.js';
import { drawTime } from './svg-time.js';
import type { DrawnPlan } from './types.js';

const TIME_HEIGHT = 232;
const SCATTER_HEIGHT = 300;

/**
 * Draws a chart as a self-contained SVG element with a text in its place for who can't see it: no script, no style sheet,
 * all text escaped. It is mirrored where the locale is written from right to left.
 * @param width CSS pixels that the page gives it
 * @param accent colour of a single series, `#rrggbb`
 */
export function renderChartSvg(
  plan: DrawnPlan,
  settings: FormatSettings,
  width: number,
  accent?: string | null,
): string {
  const size = sizeOf(plan, width);
  const direction = directionOf(settings.locale);
  const pen = new Pen(size.width, direction === 'rtl');
  const colourOf = (index: number, other = false): string =>
    accent && index === 0 && !other ? accent : seriesColour(index, other);
  draw(plan, { ...size, pen, settings, colourOf });
  return `<svg role="img" aria-label="${escapeHtml(describeChart(plan, settings))}" xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" direction="${direction}" font-family="${FONT}" font-size="${LABEL_SIZE}">${pen.drawn()}</svg>`;
}

function sizeOf(plan: DrawnPlan, width: number): ChartSize {
  switch (plan.kind) {
    case 'time':
      return { width, height: TIME_HEIGHT };
    case 'bars':
      return { width, height: barsHeight(plan) };
    case 'stacks':
      return { width, height: stacksHeight(plan) };
    case 'shares':
      return { width: SHARES_SIDE, height: SHARES_SIDE };
    case 'scatter':
      return { width, height: SCATTER_HEIGHT };
    default:
      return plan satisfies never;
  }
}

function draw(plan: DrawnPlan, drawing: Drawing): void {
  switch (plan.kind) {
    case 'time':
      return drawTime(plan, drawing);
    case 'bars':
      return drawBars(plan, drawing);
    case 'stacks':
      return drawStacks(plan, drawing);
    case 'shares':
      return drawShares(plan, drawing);
    case 'scatter':
      return drawScatter(plan, drawing);
    default:
      return plan satisfies never;
  }
}
