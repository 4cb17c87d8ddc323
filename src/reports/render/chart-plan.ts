import { Decimal } from 'decimal.js';
import type { PlannedColumn } from '../../compiler/query/types.js';
import { CHART_KINDS, type ChartKind, type ReportDocument, type ReportRow } from './document.js';
import { decimalOf, formatCell, formatCompact, isNumeric, NO_VALUE } from './format.js';
import { denseBuckets } from './time-buckets.js';

/** Null draws a gap. */
export type ChartValue = number | null;

export interface ChartSeries {
  readonly name: string;
  readonly values: readonly ChartValue[];
  /** The rest of an additive metric, drawn in grey. */
  readonly other: boolean;
}

/** What to draw, decided; how it looks is for `chart-svg.ts`. */
export type ChartPlan =
  | {
      readonly kind: 'time';
      readonly shape: 'bars' | 'lines' | 'areas';
      /** Series are parts of a whole and stand on each other; else bars stand side by side. */
      readonly stacked: boolean;
      readonly title: string;
      readonly column: PlannedColumn;
      /** Bucket values in order, dense. */
      readonly buckets: readonly string[];
      readonly series: readonly ChartSeries[];
      /** A second metric as a line over its own axis. */
      readonly overlay: { readonly column: PlannedColumn; readonly values: readonly ChartValue[] } | null;
      readonly note: string | null;
    }
  | {
      readonly kind: 'bars';
      readonly title: string;
      readonly categories: readonly string[];
      /** One panel of bars a metric, side by side over the same categories. */
      readonly panels: readonly { readonly column: PlannedColumn; readonly values: readonly ChartValue[] }[];
      readonly note: string | null;
    }
  | {
      readonly kind: 'donut';
      readonly title: string;
      readonly column: PlannedColumn;
      readonly slices: readonly { readonly name: string; readonly value: number; readonly other: boolean }[];
      readonly note: string | null;
    };

const MOST_SERIES = 8;
const MOST_BARS = 12;
const MOST_PANELS = 3;
const MOST_BAR_PERIODS = 26;

/** Chooses up to two charts that suit a result: none for a single row, a table-only view, or nothing to compare. */
export function planCharts(report: ReportDocument): readonly ChartPlan[] {
  const kind = chartKind(report);
  const time = report.columns.find((column) => column.role === 'time');
  const dimensions = telling(report);
  const metrics = metricsToDraw(report);
  const [primary] = metrics;
  if (kind === 'table' || kind === 'none' || !primary || report.rows.length < 2) return [];

  const shares = kind === 'donut' || kind === 'pie';
  if (time && !(shares && dimensions.length > 0 && isAdditive(report, primary))) {
    return overTime(report, kind, time, dimensions, metrics);
  }
  if (dimensions.length === 0) return [];
  return shares && isAdditive(report, primary)
    ? donut(report, dimensions, metrics)
    : byCategory(report, dimensions, metrics);
}

function overTime(
  report: ReportDocument,
  kind: ChartKind,
  time: PlannedColumn,
  dimensions: readonly PlannedColumn[],
  metrics: readonly PlannedColumn[],
): readonly ChartPlan[] {
  const [primary] = metrics;
  if (!primary) return [];
  const buckets = denseBuckets(
    report.rows.map((row) => String(row[time.name] ?? '')).filter((value) => value !== ''),
    report.timeGrain,
  );
  if (buckets.length < 2) return dimensions.length > 0 ? byCategory(report, dimensions, metrics) : [];
  const partner = partnerOf(report, primary, metrics);

  if (dimensions.length === 0) {
    const overlay =
      partner && kind !== 'line' && kind !== 'area'
        ? { column: partner, values: valuesOverTime(report, report.rows, time, partner, buckets) }
        : null;
    const drawn = overlay && !isAsked(report) ? [primary] : sameUnit(primary, metrics);
    const series = drawn.map((metric) => ({
      name: metric.label,
      values: valuesOverTime(report, report.rows, time, metric, buckets),
      other: false,
    }));
    const wanted = overlay ? 'bars' : shapeFor(kind, drawn.length === 1 ? 'areas' : 'lines');
    const shape = wanted === 'areas' && drawn.length > 1 ? 'lines' : wanted;
    const title = inWords([...drawn, ...(overlay ? [overlay.column] : [])].map((metric) => metric.label));
    return [
      {
        kind: 'time',
        shape,
        stacked: false,
        title,
        column: primary,
        buckets,
        series,
        overlay,
        note: truncation(report),
      },
    ];
  }

  const charts = [primary, ...(partner ? [partner] : [])].map((metric): ChartPlan => {
    const additive = isAdditive(report, metric);
    const { series, note } = seriesOverTime(report, time, dimensions, metric, buckets);
    const automatic = additive && series.length > 1 ? (buckets.length <= MOST_BAR_PERIODS ? 'bars' : 'areas') : 'lines';
    const asked = shapeFor(kind, automatic);
    const negative = series.some(({ values }) => values.some((value) => value !== null && value < 0));
    return {
      kind: 'time',
      // Stacking says "these add up", which is true of additive metrics only; an area can't go below zero.
      shape: !additive || (asked === 'areas' && negative) ? 'lines' : asked,
      stacked: additive,
      title: `${metric.label} by ${inWords(dimensions.map((d) => d.label.toLowerCase()))}`,
      column: metric,
      buckets,
      series,
      overlay: null,
      note: join(note, truncation(report)),
    };
  });
  return charts;
}

/** One series a dimension value, largest first; the rest as "Other" where values may be added, else left out and said so. */
function seriesOverTime(
  report: ReportDocument,
  time: PlannedColumn,
  dimensions: readonly PlannedColumn[],
  metric: PlannedColumn,
  buckets: readonly string[],
): { series: readonly ChartSeries[]; note: string | null } {
  const groups = groupBy(report.rows, (row) => categoryOf(row, dimensions, report));
  const ranked = rank(report, groups, metric);
  const additive = isAdditive(report, metric);
  const few = ranked.length > MOST_SERIES ? ranked.slice(0, MOST_SERIES - 1) : ranked;
  const rest = ranked.slice(few.length);
  const series: ChartSeries[] = few.map(([name, rows]) => ({
    name,
    values: valuesOverTime(report, rows, time, metric, buckets),
    other: false,
  }));
  if (rest.length === 0) return { series, note: null };
  if (!additive) {
    return {
      series,
      note: `${few.length} of ${ranked.length} shown; ${metric.label} of the others can't be added up.`,
    };
  }
  const rows = rest.flatMap(([, members]) => members);
  const other = {
    name: `Other (${rest.length})`,
    values: valuesOverTime(report, rows, time, metric, buckets),
    other: true,
  };
  return { series: [...series, other], note: null };
}

/** The rows of each category, the largest category first. */
const rankedCategories = (
  report: ReportDocument,
  dimensions: readonly PlannedColumn[],
  primary: PlannedColumn,
): ReturnType<typeof rank> =>
  rank(
    report,
    groupBy(report.rows, (row) => categoryOf(row, dimensions, report)),
    primary,
  );

function byCategory(
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
  return [
    {
      kind: 'bars',
      title: `${inWords(panels.map((panel) => panel.label))} by ${inWords(dimensions.map((d) => d.label.toLowerCase()))}`,
      categories: few.map(([name]) => name),
      panels: panels.map((column) => ({
        column,
        values: few.map(([, rows]) => plotted(combine(report, rows, column))),
      })),
      note: join(
        rest.length === 0
          ? null
          : `The first ${few.length} of ${groups.length}${others ? `; the others together: ${formatCompact(others, primary, report)}` : ''}.`,
        truncation(report),
      ),
    },
  ];
}

function donut(
  report: ReportDocument,
  dimensions: readonly PlannedColumn[],
  metrics: readonly PlannedColumn[],
): readonly ChartPlan[] {
  const [primary] = metrics;
  if (!primary) return [];
  const groups = rankedCategories(report, dimensions, primary);
  const values = groups.map(([name, rows]) => ({ name, value: combine(report, rows, primary) }));
  // A share of a whole with negative parts has no meaning.
  if (values.some(({ value }) => value?.isNegative())) return byCategory(report, dimensions, metrics);
  const few = values.length > MOST_SERIES ? values.slice(0, MOST_SERIES - 1) : values;
  const rest = values.slice(few.length);
  const restValue = rest.reduce((sum, { value }) => sum.plus(value ?? 0), new Decimal(0));
  return [
    {
      kind: 'donut',
      title: `${primary.label} by ${inWords(dimensions.map((d) => d.label.toLowerCase()))}`,
      column: primary,
      slices: [
        ...few.map(({ name, value }) => ({ name, value: value?.toNumber() ?? 0, other: false })),
        ...(rest.length > 0 ? [{ name: `Other (${rest.length})`, value: restValue.toNumber(), other: true }] : []),
      ],
      note: truncation(report),
    },
  ];
}

/** Groups, largest first by the additive metric; by the first appearance where sizes mean nothing. */
function rank(
  report: ReportDocument,
  groups: ReadonlyMap<string, readonly ReportRow[]>,
  metric: PlannedColumn,
): readonly (readonly [string, readonly ReportRow[]])[] {
  const size = isAdditive(report, metric)
    ? metric
    : report.columns.find((column) => column.role === 'metric' && isNumeric(column) && isAdditive(report, column));
  const entries = [...groups];
  const by = size ?? (entries.every(([, rows]) => rows.length === 1) ? metric : null);
  if (!by) return entries;
  const sizes = new Map(entries.map(([name, rows]) => [name, combine(report, rows, by) ?? new Decimal(-Infinity)]));
  return entries.sort(([a], [b]) => (sizes.get(b) ?? new Decimal(0)).cmp(sizes.get(a) ?? new Decimal(0)));
}

/** The sum of additive values; for anything else the value of the only row, and nothing where there are several. */
function combine(report: ReportDocument, rows: readonly ReportRow[], metric: PlannedColumn): Decimal | null {
  const values = rows.map((row) => decimalOf(row[metric.name])).filter((value) => value !== null);
  if (values.length > 1 && !isAdditive(report, metric)) return null;
  return values.length === 0 ? null : Decimal.sum(...values);
}

function valuesOverTime(
  report: ReportDocument,
  rows: readonly ReportRow[],
  time: PlannedColumn,
  metric: PlannedColumn,
  buckets: readonly string[],
): readonly ChartValue[] {
  const byBucket = groupBy(rows, (row) => String(row[time.name] ?? ''));
  return buckets.map((bucket) => plotted(combine(report, byBucket.get(bucket) ?? [], metric)));
}

function groupBy(rows: readonly ReportRow[], key: (row: ReportRow) => string): Map<string, readonly ReportRow[]> {
  const groups = new Map<string, ReportRow[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

/** The dimensions that are needed to tell the rows apart: a campaign's name alone, when no two sources share one. */
function telling(report: ReportDocument): readonly PlannedColumn[] {
  const dimensions = report.columns.filter((column) => column.role === 'dimension');
  const distinct = (chosen: readonly PlannedColumn[]): number =>
    new Set(report.rows.map((row) => JSON.stringify(chosen.map((column) => row[column.name] ?? null)))).size;
  const all = distinct(dimensions);
  const enough = dimensions.find((dimension) => distinct([dimension]) === all);
  return enough ? [enough] : dimensions;
}

const categoryOf = (row: ReportRow, dimensions: readonly PlannedColumn[], report: ReportDocument): string =>
  dimensions
    .map((dimension) => {
      const text = formatCell(row[dimension.name], dimension, report);
      return text === NO_VALUE ? 'Not set' : text;
    })
    .join(' · ');

/** The view names the metrics to draw. */
const isAsked = (report: ReportDocument): boolean => (report.dashboardConfig?.metrics ?? []).length > 0;

function metricsToDraw(report: ReportDocument): readonly PlannedColumn[] {
  const metrics = report.columns.filter((column) => column.role === 'metric' && isNumeric(column));
  const asked = report.dashboardConfig?.metrics ?? [];
  const chosen = asked.map((name) => metrics.find((metric) => metric.name === name)).filter((metric) => !!metric);
  if (chosen.length > 0) return chosen;
  const lead = metrics.find((metric) => metric.type === 'currency' && isAdditive(report, metric));
  return lead ? [lead, ...metrics.filter((metric) => metric !== lead)] : metrics;
}

const isAdditive = (report: ReportDocument, column: PlannedColumn): boolean => report.additive.includes(column.name);

/** A quotient such as ROAS or a rate: a number beside money that can't be added up. */
const isRatio = (report: ReportDocument, column: PlannedColumn): boolean =>
  column.type === 'float' && !isAdditive(report, column);

/** The ratio to show beside money: one made from it if there is one, and rather a return than a rate. */
function partnerOf(
  report: ReportDocument,
  primary: PlannedColumn,
  metrics: readonly PlannedColumn[],
): PlannedColumn | null {
  if (primary.type !== 'currency') return null;
  const ratios = metrics.filter((metric) => metric !== primary && isRatio(report, metric));
  return (
    ratios.find((metric) => metric.lineage.includes(primary.name)) ??
    ratios.find((metric) => metric.unit !== '%') ??
    ratios[0] ??
    null
  );
}

const sameUnit = (primary: PlannedColumn, metrics: readonly PlannedColumn[]): readonly PlannedColumn[] =>
  metrics.filter((metric) => metric.type === primary.type && metric.unit === primary.unit).slice(0, MOST_SERIES);

function chartKind(report: ReportDocument): ChartKind {
  const asked = report.dashboardConfig?.chart;
  return asked !== undefined && (CHART_KINDS as readonly string[]).includes(asked) ? asked : 'auto';
}

function shapeFor(kind: ChartKind, automatic: 'bars' | 'lines' | 'areas'): 'bars' | 'lines' | 'areas' {
  if (kind === 'line') return 'lines';
  if (kind === 'area') return 'areas';
  return kind === 'bar' || kind === 'stacked' || kind === 'combo' ? 'bars' : automatic;
}

/** `a`, `a and b`, `a, b and c` */
const inWords = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
const plotted = (value: Decimal | null): ChartValue => value?.toNumber() ?? null;
const truncation = (report: ReportDocument): string | null =>
  report.truncated ? `Drawn from the first ${report.rows.length} rows only.` : null;
const join = (...notes: readonly (string | null)[]): string | null =>
  notes.filter((note) => note !== null).join(' ') || null;
