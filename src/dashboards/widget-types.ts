/** The widgets that a dashboard can be made of, what each draws, and what it needs. Pure. */
import type { ReportRequest } from '../compiler/query/types.js';

export const WIDGET_TYPES = [
  'tiles',
  'line',
  'area',
  'bar',
  'stacked',
  'combo',
  'pie',
  'donut',
  'funnel',
  'scatter',
  'table',
  'pivot',
  'cohort',
  'text',
] as const;
export type WidgetType = (typeof WIDGET_TYPES)[number];

/** How much of a row of the page a widget takes. */
export const WIDGET_WIDTHS = ['full', 'two_thirds', 'half', 'third'] as const;
export type WidgetWidth = (typeof WIDGET_WIDTHS)[number];

interface Needs {
  readonly metrics: number;
  /** Dimensions and the time bucket together. */
  readonly keys: number;
  readonly dimensions: number;
  readonly time: boolean;
}

/** One kind of widget, as the library shows it. */
export interface WidgetKind {
  readonly type: WidgetType;
  readonly label: string;
  readonly description: string;
  /** What the request behind it must have, in words. */
  readonly needs: string;
  /** Width where none is said. */
  readonly default_width: WidgetWidth;
}

const NOTHING: Needs = { metrics: 0, keys: 0, dimensions: 0, time: false };
const ONE_METRIC: Needs = { ...NOTHING, metrics: 1 };
const OVER_TIME: Needs = { ...ONE_METRIC, time: true };
const BY_SOMETHING: Needs = { ...ONE_METRIC, keys: 1 };

const LIBRARY: Readonly<Record<WidgetType, Omit<WidgetKind, 'type' | 'needs'> & { readonly least: Needs }>> = {
  tiles: {
    label: 'Key figures',
    description: 'One tile a metric: its value over the whole period and, with `compare`, the change against another.',
    default_width: 'full',
    least: ONE_METRIC,
  },
  line: {
    label: 'Line',
    description: 'Metrics over time, one line a series.',
    default_width: 'half',
    least: OVER_TIME,
  },
  area: { label: 'Area', description: 'The same, filled down to zero.', default_width: 'half', least: OVER_TIME },
  bar: {
    label: 'Bars',
    description: 'Values side by side, by a dimension or over time.',
    default_width: 'half',
    least: BY_SOMETHING,
  },
  stacked: {
    label: 'Stacked bars',
    description: 'Parts of a whole on top of each other, of metrics that can be added up.',
    default_width: 'half',
    least: BY_SOMETHING,
  },
  combo: {
    label: 'Bars and line',
    description: 'An amount as bars over time, with a ratio such as ROAS as a line.',
    default_width: 'half',
    least: { ...OVER_TIME, metrics: 2 },
  },
  pie: {
    label: 'Pie',
    description: 'Shares of a whole, by a dimension.',
    default_width: 'third',
    least: { ...ONE_METRIC, dimensions: 1, keys: 1 },
  },
  donut: {
    label: 'Donut',
    description: 'Shares of a whole, by a dimension, with a hole for the eye.',
    default_width: 'third',
    least: { ...ONE_METRIC, dimensions: 1, keys: 1 },
  },
  funnel: {
    label: 'Funnel',
    description: 'Steps that each keep a part of the one before, e.g. impressions, clicks, orders: one metric a step.',
    default_width: 'half',
    least: { ...NOTHING, metrics: 2 },
  },
  scatter: {
    label: 'Scatter',
    description: 'Two metrics against each other, one point a value of the dimension.',
    default_width: 'half',
    least: { ...NOTHING, metrics: 2, dimensions: 1, keys: 1 },
  },
  table: {
    label: 'Table',
    description: 'Rows with their totals.',
    default_width: 'full',
    least: NOTHING,
  },
  pivot: {
    label: 'Pivot table',
    description: 'A metric by two keys: one down, one across.',
    default_width: 'full',
    least: { ...ONE_METRIC, keys: 2 },
  },
  cohort: {
    label: 'Cohort heat map',
    description: 'A metric by group and period, the higher the darker.',
    default_width: 'full',
    least: { ...ONE_METRIC, keys: 2 },
  },
  text: {
    label: 'Text',
    description: 'A heading or a remark between the numbers.',
    default_width: 'full',
    least: NOTHING,
  },
};

export const WIDGET_KINDS: readonly WidgetKind[] = WIDGET_TYPES.map((type) => {
  const { least, ...kind } = LIBRARY[type];
  return { type, ...kind, needs: type === 'text' ? '`text`' : inWords(least) };
});

export const defaultWidth = (type: WidgetType): WidgetWidth => LIBRARY[type].default_width;

/** What a request lacks to be drawn as a widget of this type, in words; null when it lacks nothing. */
export function lacks(
  type: WidgetType,
  request: Pick<ReportRequest, 'metrics' | 'dimensions' | 'time_grain'>,
): string | null {
  const { least } = LIBRARY[type];
  const time = request.time_grain ? 1 : 0;
  const isEnough =
    request.metrics.length >= least.metrics &&
    request.dimensions.length >= least.dimensions &&
    request.dimensions.length + time >= least.keys &&
    (!least.time || time === 1);
  return isEnough ? null : inWords(least);
}

function inWords({ metrics, keys, dimensions, time }: Needs): string {
  const count = (number: number, one: string): string =>
    `${number === 1 ? 'one' : 'two'} ${one}${number === 1 ? '' : 's'}`;
  const parts = [
    ...(metrics > 0 ? [count(metrics, 'metric')] : []),
    ...(time ? ['a time grain'] : []),
    ...(dimensions > 0 ? [count(dimensions, 'dimension')] : []),
    ...(!time && keys > dimensions
      ? [`${keys === 1 ? 'a dimension or a time grain' : 'two dimensions, or one and a time grain'}`]
      : []),
  ];
  return parts.length === 0 ? 'a metric or a dimension' : `at least ${parts.join(' and ')}`;
}
