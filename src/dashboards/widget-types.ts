/** The widgets that a dashboard can be made of, what each draws, and what it needs. Pure. */
import { CHART_NEEDS } from '../reports/render/charts/shape.js';
import { WIDGET_WIDTHS, type WidgetWidth } from '../reports/render/document.js';

export { WIDGET_WIDTHS, type WidgetWidth };

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

const LIBRARY: Readonly<Record<WidgetType, Omit<WidgetKind, 'type' | 'needs'>>> = {
  tiles: {
    label: 'Key figures',
    description: 'One tile a metric: its value over the whole period and, with `compare`, the change against another.',
    default_width: 'full',
  },
  line: {
    label: 'Line',
    description: 'Metrics over time, one line a series.',
    default_width: 'half',
  },
  area: { label: 'Area', description: 'The same, filled down to zero.', default_width: 'half' },
  bar: {
    label: 'Bars',
    description: 'Values side by side, by a dimension or over time.',
    default_width: 'half',
  },
  stacked: {
    label: 'Stacked bars',
    description: 'Parts of a whole on top of each other, of metrics that can be added up.',
    default_width: 'half',
  },
  combo: {
    label: 'Bars and line',
    description: 'An amount as bars over time, with a ratio such as ROAS as a line.',
    default_width: 'half',
  },
  pie: {
    label: 'Pie',
    description: 'Shares of a whole, by a dimension.',
    default_width: 'third',
  },
  donut: {
    label: 'Donut',
    description: 'Shares of a whole, by a dimension, with a hole for the eye.',
    default_width: 'third',
  },
  funnel: {
    label: 'Funnel',
    description: 'Steps that each keep a part of the one before, e.g. impressions, clicks, orders: one metric a step.',
    default_width: 'half',
  },
  scatter: {
    label: 'Scatter',
    description: 'Two metrics against each other, one point a value of the dimension.',
    default_width: 'half',
  },
  table: {
    label: 'Table',
    description: 'Rows with their totals.',
    default_width: 'full',
  },
  pivot: {
    label: 'Pivot table',
    description: 'A metric by two keys: one down, one across.',
    default_width: 'full',
  },
  cohort: {
    label: 'Cohort heat map',
    description: 'A metric by group and period, the higher the darker.',
    default_width: 'full',
  },
  text: {
    label: 'Text',
    description: 'A heading or a remark between the numbers.',
    default_width: 'full',
  },
};

export const WIDGET_KINDS: readonly WidgetKind[] = WIDGET_TYPES.map((type) => {
  return { type, ...LIBRARY[type], needs: type === 'text' ? '`text`' : CHART_NEEDS[type] };
});

export const defaultWidth = (type: WidgetType): WidgetWidth => LIBRARY[type].default_width;
