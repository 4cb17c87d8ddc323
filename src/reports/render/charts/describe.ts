import type { PlannedColumn } from '../../../compiler/query/types.js';
import { formatLabel, formatTime, type FormatSettings } from '../format.js';
import { numberFormat } from '../locale.js';
import { filled, wordsOf, type Words } from '../words/words.js';
import type { ChartValue } from './data.js';
import type { DrawnPlan } from './types.js';

const MOST_VALUES = 12;

/** A chart in words, for who hears it: what is drawn, and the values that carry it. All of them stand in the table. */
export function describeChart(plan: DrawnPlan, settings: FormatSettings): string {
  const words = wordsOf(settings.locale);
  const listed = (lines: readonly string[]): string => inAll(lines, words, settings);
  const value = (of: ChartValue, column: PlannedColumn): string =>
    of === null ? words.no_value : formatLabel(of, column, settings);
  switch (plan.kind) {
    case 'time': {
      const time = (bucket: string | undefined): string => formatTime(bucket ?? '', settings);
      const span = filled(words.span, { from: time(plan.buckets[0]), to: time(plan.buckets.at(-1)) });
      const lines = plan.series.map(
        ({ name, values }) =>
          `${name}: ${value(values[0] ?? null, plan.column)} → ${value(values.at(-1) ?? null, plan.column)}`,
      );
      const overlay = plan.overlay
        ? [
            `${plan.overlay.column.label}: ${value(plan.overlay.values[0] ?? null, plan.overlay.column)} → ${value(plan.overlay.values.at(-1) ?? null, plan.overlay.column)}`,
          ]
        : [];
      const shape = { bars: words.bar_chart, lines: words.line_chart, areas: words.area_chart }[plan.shape];
      return `${shape}, ${plan.title}, ${span}. ${listed([...lines, ...overlay])}`;
    }
    case 'bars': {
      const lines = plan.categories.map(
        (name, index) =>
          `${name}: ${plan.panels.map(({ column, values }) => value(values[index] ?? null, column)).join(', ')}`,
      );
      return `${words.bar_chart}, ${plan.title}. ${listed(lines)}`;
    }
    case 'stacks': {
      const lines = plan.categories.map(
        (name, index) =>
          `${name}: ${plan.series
            .filter(({ values }) => (values[index] ?? null) !== null)
            .map((series) => `${series.name} ${value(series.values[index] ?? null, plan.column)}`)
            .join(', ')}`,
      );
      return `${words.stacked_chart}, ${plan.title}. ${listed(lines)}`;
    }
    case 'shares': {
      const lines = plan.slices.map((slice) => `${slice.name}: ${value(slice.value, plan.column)}`);
      return `${plan.shape === 'pie' ? words.pie_chart : words.donut_chart}, ${plan.title}. ${listed(lines)}`;
    }
    case 'scatter': {
      const lines = plan.points.map((point) => `${point.name}: ${value(point.x, plan.x)}, ${value(point.y, plan.y)}`);
      return `${words.scatter_chart}, ${plan.title}. ${listed(lines)}`;
    }
    default:
      return plan satisfies never;
  }
}

function inAll(lines: readonly string[], words: Words, { locale }: FormatSettings): string {
  if (lines.length <= MOST_VALUES) return `${lines.join('; ')}.`;
  const count = numberFormat(locale).format(lines.length - MOST_VALUES);
  return `${lines.slice(0, MOST_VALUES).join('; ')}; ${filled(words.more, { count })}.`;
}
