import { Decimal } from 'decimal.js';
import type { PlannedColumn } from '../../../compiler/query/types.js';
import type { ReportDocument, ReportRow } from '../document.js';
import { decimalOf, formatCompact } from '../format.js';
import { filled, wordsOf } from '../words/words.js';
import {
  firstOf,
  numberText,
  otherOf,
  MOST_SERIES,
  categoryOf,
  combine,
  isAdditive,
  isAsked,
  joinNotes,
  partnerOf,
  plotted,
  rankedCategories,
  sameUnit,
  titleOf,
  truncation,
  type ChartValue,
} from './data.js';
import type { ChartPlan, ChartSeries } from './types.js';

const MOST_BARS = 12;
const MOST_PANELS = 3;

/** Bars of the largest categories, one panel a metric. */
export function byCategory(
  report: ReportDocument,
  dimensions: readonly PlannedColumn[],
  metrics: readonly PlannedColumn[],
): readonly ChartPlan[] {
  const [primary] = metrics;
  if (!primary) return [];
  const groups = rankedCategories(report, dimensions, primary);
  if (groups.length < 2) return [];
  const second = partnerOf(report, primary, metrics);
  const panels = isAsked(report) ? metrics.slice(0, MOST_PANELS) : second ? [primary, second] : [primary];
  const few = groups.length > MOST_BARS ? groups.slice(0, MOST_BARS - 1) : groups;
  const rest = groups.slice(few.length);
  // A bar for all the rest together would dwarf the others; a sentence says it better.
  const others = isAdditive(report, primary)
    ? combine(
        report,
        rest.flatMap(([, rows]) => rows),
        primary,
      )
    : null;
  const words = wordsOf(report.locale);
  return [
    {
      kind: 'bars',
      title: titleOf(panels, dimensions, report),
      categories: few.map(([name]) => name),
      panels: panels.map((column) => ({
        column,
        values: few.map(([, rows]) => plotted(combine(report, rows, column))),
      })),
      note: joinNotes(
        rest.length === 0 ? null : filled(words.first_of, firstOf(report, few.length, groups.length)),
        others ? filled(words.others_together, { value: formatCompact(others, primary, report) }) : null,
        truncation(report),
      ),
    },
  ];
}

/** Shares of a whole. Bars instead where a part is negative, which a share can't be. */
export function shares(
  report: ReportDocument,
  shape: 'donut' | 'pie',
  dimensions: readonly PlannedColumn[],
  metrics: readonly PlannedColumn[],
): readonly ChartPlan[] {
  const [primary] = metrics;
  if (!primary) return [];
  const values = rankedCategories(report, dimensions, primary).map(([name, rows]) => ({
    name,
    value: combine(report, rows, primary),
  }));
  if (values.some(({ value }) => value?.isNegative())) return byCategory(report, dimensions, metrics);
  const few = values.length > MOST_SERIES ? values.slice(0, MOST_SERIES - 1) : values;
  const rest = values.slice(few.length);
  const restValue = rest.reduce((sum, { value }) => sum.plus(value ?? 0), new Decimal(0));
  return [
    {
      kind: 'shares',
      shape,
      title: titleOf([primary], dimensions, report),
      column: primary,
      slices: [
        ...few.map(({ name, value }) => ({ name, value: value?.toNumber() ?? 0, other: false })),
        ...(rest.length > 0 ? [{ name: otherOf(report, rest.length), value: restValue.toNumber(), other: true }] : []),
      ],
      note: truncation(report),
    },
  ];
}

/** Categories made of parts: the values of a second dimension, or metrics of one unit. */
export function stacks(
  report: ReportDocument,
  dimensions: readonly PlannedColumn[],
  metrics: readonly PlannedColumn[],
): readonly ChartPlan[] {
  const [primary] = metrics;
  const [axis, ...others] = dimensions;
  if (!primary || !axis) return [];
  const groups = rankedCategories(report, [axis], primary).slice(0, MOST_BARS);
  const shown = groups.flatMap(([, rows]) => rows);
  const valueOf = (rows: readonly ReportRow[], metric: PlannedColumn): ChartValue =>
    plotted(combine(report, rows, metric));
  const parts =
    others.length > 0
      ? partsOf(report, others, primary, groups)
      : sameUnit(primary, metrics)
          .filter((metric) => isAdditive(report, metric))
          .map((metric) => ({
            name: metric.label,
            other: false,
            values: groups.map(([, rows]) => valueOf(rows, metric)),
          }));
  const all = new Set(report.rows.map((row) => categoryOf(row, [axis], report))).size;
  return [
    {
      kind: 'stacks',
      title: titleOf(
        others.length > 0 ? [primary] : sameUnit(primary, metrics),
        others.length > 0 ? dimensions : [axis],
        report,
      ),
      column: primary,
      categories: groups.map(([name]) => name),
      series: parts,
      note: joinNotes(
        groups.length < all ? filled(wordsOf(report.locale).first_of, firstOf(report, groups.length, all)) : null,
        shown.length < report.rows.length && groups.length === all ? null : truncation(report),
      ),
    },
  ];
}

/** One series a value of the further dimensions, the largest first and the rest together. */
function partsOf(
  report: ReportDocument,
  dimensions: readonly PlannedColumn[],
  metric: PlannedColumn,
  groups: readonly (readonly [string, readonly ReportRow[]])[],
): readonly ChartSeries[] {
  const ranked = rankedCategories(report, dimensions, metric);
  const few = ranked.length > MOST_SERIES ? ranked.slice(0, MOST_SERIES - 1) : ranked;
  const restNames = new Set(ranked.slice(few.length).map(([name]) => name));
  const valuesOf = (isOf: (name: string) => boolean): readonly ChartValue[] =>
    groups.map(([, rows]) =>
      plotted(
        combine(
          report,
          rows.filter((row) => isOf(categoryOf(row, dimensions, report))),
          metric,
        ),
      ),
    );
  const series = few.map(([name]) => ({ name, other: false, values: valuesOf((each) => each === name) }));
  return restNames.size === 0
    ? series
    : [
        ...series,
        { name: otherOf(report, restNames.size), other: true, values: valuesOf((each) => restNames.has(each)) },
      ];
}

/**
 * Steps from many to few: metrics in their order, over all rows; or the values of a dimension, largest first.
 * Nothing where a step has no value: a funnel with a hole tells nothing.
 */
export function funnel(
  report: ReportDocument,
  dimensions: readonly PlannedColumn[],
  metrics: readonly PlannedColumn[],
): readonly ChartPlan[] {
  const [primary] = metrics;
  if (!primary) return [];
  const byMetric = metrics.length > 1;
  const steps = byMetric
    ? metrics.map((column) => ({ name: column.label, column, value: plotted(wholeValue(report, column)) }))
    : rankedCategories(report, dimensions, primary)
        .slice(0, MOST_BARS)
        .map(([name, rows]) => ({ name, column: primary, value: plotted(combine(report, rows, primary)) }));
  const known = steps.filter((step): step is typeof step & { value: number } => step.value !== null && step.value >= 0);
  if (known.length < 2 || known.length < steps.length) return [];
  return [
    {
      kind: 'funnel',
      title: byMetric
        ? filled(wordsOf(report.locale).funnel_title, { first: steps[0]?.name ?? '', last: steps.at(-1)?.name ?? '' })
        : titleOf([primary], dimensions, report),
      steps: known,
      note: byMetric && report.totals ? null : truncation(report),
    },
  ];
}

/** One point a row, two metrics as its place and a third one as its area. */
export function scatter(
  report: ReportDocument,
  dimensions: readonly PlannedColumn[],
  [x, y, size]: readonly PlannedColumn[],
): readonly ChartPlan[] {
  if (!x || !y) return [];
  const keys = dimensions.length > 0 ? dimensions : report.columns.filter((column) => column.role === 'time');
  const number = (row: ReportRow, column: PlannedColumn): ChartValue => plotted(decimalOf(row[column.name]));
  const points = report.rows.flatMap((row) => {
    const at = { x: number(row, x), y: number(row, y), size: size ? number(row, size) : null };
    return at.x === null || at.y === null
      ? []
      : [{ name: categoryOf(row, keys, report), x: at.x, y: at.y, size: at.size }];
  });
  if (points.length === 0) return [];
  const words = wordsOf(report.locale);
  const missing = report.rows.length - points.length;
  return [
    {
      kind: 'scatter',
      title: filled(size ? words.scatter_sized : words.scatter_title, {
        x: x.label,
        y: y.label,
        size: size?.label ?? '',
      }),
      x,
      y,
      size: size ?? null,
      points,
      note: joinNotes(
        missing > 0 ? filled(words.not_placed, { count: numberText(report, missing), x: x.label, y: y.label }) : null,
        truncation(report),
      ),
    },
  ];
}

/** Over all rows: what the engine computed; else the only row; else a sum, of what may be added up. */
const wholeValue = (report: ReportDocument, column: PlannedColumn): Decimal | null =>
  decimalOf(report.totals?.[column.name]) ?? (report.truncated ? null : combine(report, report.rows, column));
