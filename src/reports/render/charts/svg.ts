import { createRequire } from 'node:module';
import type { EChartsCoreOption } from 'echarts';
import type { FormatSettings } from '../format.js';
import { escapeHtml } from '../html-text.js';
import { describeChart } from './describe.js';
import { INK, seriesColour } from './palette.js';
import { barsHeight, barsOption, stacksHeight, stacksOption } from './svg-bars.js';
import { scatterOption } from './svg-scatter.js';
import { SHARES_SIDE, sharesOption } from './svg-shares.js';
import { FONT, textWidth, type ChartSize } from './svg-style.js';
import { timeOption } from './svg-time.js';
import type { DrawnPlan } from './types.js';

const TIME_HEIGHT = 232;
const SCATTER_HEIGHT = 300;

const require = createRequire(import.meta.url);
let loaded: typeof import('echarts') | undefined;

/** The drawing library, loaded for the first chart: half a second that a start need not wait for. */
function library(): typeof import('echarts') {
  if (loaded) return loaded;
  loaded = require('echarts') as typeof import('echarts');
  // Without a browser nobody measures text; this is close enough to Inter to place labels.
  loaded.setPlatformAPI({
    measureText: (text: string, font?: string) => ({
      width: textWidth(text, Number(/([\d.]+)px/.exec(font ?? '')?.[1] ?? 12)),
    }),
  });
  return loaded;
}

/**
 * Draws a chart as a self-contained SVG element with a text in its place for who can't see it: no script, no style sheet,
 * all text escaped.
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
  const chart = library().init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: FONT, color: INK },
      ...(harmless(optionOf(plan, settings, size)) as EChartsCoreOption),
    });
    const svg = withoutInteraction(chart.renderToSVGString({ useViewBox: true }));
    const named = svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(describeChart(plan, settings))}" `);
    return accent ? named.replaceAll(`"${seriesColour(0)}"`, `"${accent}"`) : named;
  } finally {
    chart.dispose();
  }
}

/**
 * The drawing library keeps texts as keys of plain objects, where a campaign called `__proto__` or `constructor` would be
 * taken for what every object has, and written to. Such a name gets a space of no width inside, since it may also be what is
 * left of a longer one; lines become one.
 */
const INHERITED = new RegExp(Object.getOwnPropertyNames(Object.prototype).join('|'), 'g');

function harmless(option: unknown): unknown {
  if (typeof option === 'string') {
    return option
      .replaceAll(/\p{Cc}+/gu, ' ')
      .replaceAll(INHERITED, (name) => `${name.slice(0, 1)}\u200b${name.slice(1)}`);
  }
  if (Array.isArray(option)) return option.map(harmless);
  if (typeof option !== 'object' || option === null) return option;
  return Object.fromEntries(Object.entries(option).map(([key, value]) => [key, harmless(value)]));
}

/**
 * Takes away what ECharts adds for hovering in a browser: a style sheet and data attributes. Texts can't be hit, since
 * they come with `<` and `"` escaped.
 */
const withoutInteraction = (svg: string): string =>
  svg.replace(/<style[^>]*>[^]*?<\/style>/g, '').replace(/ (?:ecmeta_[a-z_]+|class|pointer-events)="[^"]*"/g, '');

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

function optionOf(plan: DrawnPlan, settings: FormatSettings, size: ChartSize): EChartsCoreOption {
  switch (plan.kind) {
    case 'time':
      return timeOption(plan, settings, size);
    case 'bars':
      return barsOption(plan, settings, size);
    case 'stacks':
      return stacksOption(plan, settings, size);
    case 'shares':
      return sharesOption(plan, settings);
    case 'scatter':
      return scatterOption(plan, settings, size);
    default:
      return plan satisfies never;
  }
}
