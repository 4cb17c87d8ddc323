import { Decimal } from 'decimal.js';
import type { PlannedColumn } from '../../../compiler/query/types.js';
import type { ReportDocument, ReportRow } from '../document.js';
import { decimalOf, formatCell, isNumeric, NO_VALUE } from '../format.js';
import { numberFormat } from '../locale.js';
import { filled, isEnglish, wordsOf } from '../words/words.js';

/** How rows become what a chart draws: which metrics, which categories, and what may be added up. */

/** Null draws a gap. */
export type ChartValue = number | null;

export const MOST_SERIES = 8;

/** Groups, largest first by the additive metric; by the first appearance where sizes mean nothing. */
export function rank(
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

/** The rows of each category, the largest category first. */
export const rankedCategories = (
  report: ReportDocument,
  dimensions: readonly PlannedColumn[],
  primary: PlannedColumn,
): ReturnType<typeof rank> =>
  rank(
    report,
    groupBy(report.rows, (row) => categoryOf(row, dimensions, report)),
    primary,
  );

/** The sum of additive values; for anything else the value of the only row, and nothing where there are several. */
export function combine(report: ReportDocument, rows: readonly ReportRow[], metric: PlannedColumn): Decimal | null {
  const values = rows.map((row) => decimalOf(row[metric.name])).filter((value) => value !== null);
  if (values.length > 1 && !isAdditive(report, metric)) return null;
  return values.length === 0 ? null : Decimal.sum(...values);
}

export function valuesOverTime(
  report: ReportDocument,
  rows: readonly ReportRow[],
  time: PlannedColumn,
  metric: PlannedColumn,
  buckets: readonly string[],
): readonly ChartValue[] {
  const byBucket = groupBy(rows, (row) => String(row[time.name] ?? ''));
  return buckets.map((bucket) => plotted(combine(report, byBucket.get(bucket) ?? [], metric)));
}

export function groupBy(
  rows: readonly ReportRow[],
  key: (row: ReportRow) => string,
): Map<string, readonly ReportRow[]> {
  const groups = new Map<string, ReportRow[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

/** The dimensions that are needed to tell the rows apart: a campaign's name alone, when no two sources share one. */
export function telling(report: ReportDocument): readonly PlannedColumn[] {
  const dimensions = report.columns.filter((column) => column.role === 'dimension');
  const distinct = (chosen: readonly PlannedColumn[]): number =>
    new Set(report.rows.map((row) => JSON.stringify(chosen.map((column) => row[column.name] ?? null)))).size;
  const all = distinct(dimensions);
  const enough = dimensions.find((dimension) => distinct([dimension]) === all);
  return enough ? [enough] : dimensions;
}

export const categoryOf = (row: ReportRow, dimensions: readonly PlannedColumn[], report: ReportDocument): string =>
  dimensions
    .map((dimension) => {
      const text = formatCell(row[dimension.name], dimension, report);
      return text === NO_VALUE ? wordsOf(report.locale).not_set : text;
    })
    .join(' · ');

/** The view names the metrics to draw. */
export const isAsked = (report: ReportDocument): boolean => (report.dashboardConfig?.metrics ?? []).length > 0;

/** Beside each metric of a comparison stand its twins, the value before and the change; `tiles` show them. */
export const isTwin = (column: PlannedColumn, columns: readonly PlannedColumn[]): boolean =>
  columns.some(({ name }) => column.name === `${name}__previous` || column.name === `${name}__change`);

/** The metrics that the view names, in its order; else all, money that adds up first. */
export function metricsToDraw(report: ReportDocument): readonly PlannedColumn[] {
  const metrics = report.columns.filter((column) => column.role === 'metric' && isNumeric(column));
  const asked = report.dashboardConfig?.metrics ?? [];
  const chosen = asked.map((name) => metrics.find((metric) => metric.name === name)).filter((metric) => !!metric);
  if (chosen.length > 0) return chosen;
  const own = metrics.filter((metric) => !isTwin(metric, report.columns));
  const lead = own.find((metric) => metric.type === 'currency' && isAdditive(report, metric));
  return lead ? [lead, ...own.filter((metric) => metric !== lead)] : own;
}

export const isAdditive = (report: ReportDocument, column: PlannedColumn): boolean =>
  report.additive.includes(column.name);

/** A quotient such as ROAS or a rate: a number beside money that can't be added up. */
export const isRatio = (report: ReportDocument, column: PlannedColumn): boolean =>
  column.type === 'float' && !isAdditive(report, column);

/** The ratio to show beside money: one made from it if there is one, and rather a return than a rate. */
export function partnerOf(
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

export const sameUnit = (primary: PlannedColumn, metrics: readonly PlannedColumn[]): readonly PlannedColumn[] =>
  metrics.filter((metric) => metric.type === primary.type && metric.unit === primary.unit).slice(0, MOST_SERIES);

/** `Spend and ROAS by source`; in languages other than English the labels alone, in their own manner of listing. */
export function titleOf(
  metrics: readonly PlannedColumn[],
  dimensions: readonly PlannedColumn[],
  { locale }: ReportDocument,
): string {
  const labels = metrics.map(({ label }) => label);
  const keys = dimensions.map(({ label }) => label);
  if (isEnglish(locale)) {
    const by = keys.length === 0 ? '' : ` by ${inWords(keys.map((label) => label.toLowerCase()))}`;
    return inWords(labels) + by;
  }
  const list = new Intl.ListFormat(locale, { style: 'narrow', type: 'unit' });
  return [labels, keys]
    .filter((part) => part.length > 0)
    .map((part) => list.format(part))
    .join(' · ');
}

/** `a`, `a and b`, `a, b and c` */
export const inWords = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
export const plotted = (value: Decimal | null): ChartValue => value?.toNumber() ?? null;
export const truncation = (report: ReportDocument): string | null =>
  report.truncated
    ? filled(wordsOf(report.locale).drawn_first, { count: numberText(report, report.rows.length) })
    : null;

/** A number of things in the locale's digits. */
export const numberText = ({ locale }: Pick<ReportDocument, 'locale'>, count: number): string =>
  numberFormat(locale).format(count);

/** How many of how many are shown, for the words that say so. */
export const firstOf = (report: ReportDocument, shown: number, all: number): { shown: string; all: string } => ({
  shown: numberText(report, shown),
  all: numberText(report, all),
});

/** What is left of many, as one: `Other (12)`. */
export const otherOf = (report: ReportDocument, count: number): string =>
  `${wordsOf(report.locale).other} (${numberText(report, count)})`;

export const joinNotes = (...notes: readonly (string | null)[]): string | null =>
  notes.filter((note) => note !== null).join(' ') || null;
