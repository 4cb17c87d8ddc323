import type { PlannedColumn } from '../../../compiler/query/types.js';
import { formatLabel, formatTime, type FormatSettings } from '../format.js';
import type { ChartValue } from './data.js';
import type { DrawnPlan } from './types.js';

const MOST_VALUES = 12;

/** A chart in words, for who hears it: what is drawn, and the values that carry it. All of them stand in the table. */
export function describeChart(plan: DrawnPlan, settings: FormatSettings): string {
  const value = (of: ChartValue, column: PlannedColumn): string =>
    of === null ? 'no value' : formatLabel(of, column, settings);
  switch (plan.kind) {
    case 'time': {
      const time = (bucket: string | undefined): string => formatTime(bucket ?? '', settings);
      const span = `from ${time(plan.buckets[0])} to ${time(plan.buckets.at(-1))}`;
      const lines = plan.series.map(
        ({ name, values }) =>
          `${name}: ${value(values[0] ?? null, plan.column)} to ${value(values.at(-1) ?? null, plan.column)}`,
      );
      const overlay = plan.overlay
        ? [
            `${plan.overlay.column.label}: ${value(plan.overlay.values[0] ?? null, plan.overlay.column)} to ${value(plan.overlay.values.at(-1) ?? null, plan.overlay.column)}`,
          ]
        : [];
      const shape = { bars: 'Bar', lines: 'Line', areas: 'Area' }[plan.shape];
      return `${shape} chart, ${plan.title}, ${span}. ${listed([...lines, ...overlay])}`;
    }
    case 'bars': {
      const lines = plan.categories.map(
        (name, index) =>
          `${name}: ${plan.panels.map(({ column, values }) => value(values[index] ?? null, column)).join(', ')}`,
      );
      return `Bar chart, ${plan.title}. ${listed(lines)}`;
    }
    case 'stacks': {
      const lines = plan.categories.map(
        (name, index) =>
          `${name}: ${plan.series
            .filter(({ values }) => (values[index] ?? null) !== null)
            .map((series) => `${series.name} ${value(series.values[index] ?? null, plan.column)}`)
            .join(', ')}`,
      );
      return `Stacked bar chart, ${plan.title}. ${listed(lines)}`;
    }
    case 'shares': {
      const lines = plan.slices.map((slice) => `${slice.name}: ${value(slice.value, plan.column)}`);
      return `${plan.shape === 'pie' ? 'Pie' : 'Donut'} chart, ${plan.title}. ${listed(lines)}`;
    }
    case 'scatter': {
      const lines = plan.points.map((point) => `${point.name}: ${value(point.x, plan.x)}, ${value(point.y, plan.y)}`);
      return `Scatter chart, ${plan.title}. ${listed(lines)}`;
    }
    default:
      return plan satisfies never;
  }
}

const listed = (lines: readonly string[]): string =>
  lines.length > MOST_VALUES
    ? `${lines.slice(0, MOST_VALUES).join('; ')}; and ${lines.length - MOST_VALUES} more.`
    : `${lines.join('; ')}.`;
