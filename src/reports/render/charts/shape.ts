import type { ProblemItem } from '../../../common/problem.js';
import { nearestNames } from '../../../common/nearest.js';
import type { PlannedColumn } from '../../../compiler/query/types.js';
import { CHART_KINDS, type ChartConfig, type ChartKind } from '../document.js';
import { isNumeric } from '../format.js';
import { isTwin } from './data.js';
import { matrixKeys } from './matrix-plan.js';

/** What a chart can be drawn from. */
export interface ChartData {
  readonly columns: readonly PlannedColumn[];
  /** Keys of the metrics whose values may be added up over rows. */
  readonly additive: readonly string[];
}

/** What each kind of chart needs, in words; `GET /api/dashboard/widgets` and errors say the same. */
export const CHART_NEEDS: Readonly<Record<ChartKind, string>> = {
  auto: 'anything; the kind is chosen by the result',
  line: 'a time grain and at least one metric',
  area: 'a time grain and at least one metric',
  bar: 'a time grain or a dimension, and at least one metric',
  stacked:
    'a metric that adds up, and parts: a dimension beside the time grain or another dimension, or several metrics of one unit',
  combo: 'a time grain or a dimension, and at least two metrics',
  pie: 'a dimension and a metric that adds up',
  donut: 'a dimension and a metric that adds up',
  funnel: 'at least two metrics in the order of the steps, or a dimension and a metric that adds up',
  scatter: 'two metrics for the axes, at most a third for the size, and a dimension or time grain for the points',
  tiles: 'at least one metric',
  table: 'anything',
  pivot: 'two keys (dimensions or the time grain) and a metric',
  cohort: 'two keys (dimensions or the time grain) and a metric',
  none: 'anything',
};

const MOST_TITLE = 200;

/**
 * Reads what a view or a widget says about its picture and checks it against the columns of its result. Keys that are not
 * ours are left to whoever wrote them.
 * @param pointer JSON pointer of the configuration in what the user sent
 * @returns every mistake; none when it can be drawn
 */
export function checkChart(config: unknown, data: ChartData, pointer = '/dashboard_config'): readonly ProblemItem[] {
  if (config === null || config === undefined) return [];
  const errors: ProblemItem[] = [];
  const fail = (code: string, at: string, message: string, suggestions: readonly string[] = []): void =>
    void errors.push({
      code,
      message,
      pointer: `${pointer}${at}`,
      ...(suggestions.length > 0 ? { suggestions } : {}),
    });
  if (typeof config !== 'object' || Array.isArray(config)) {
    fail('wrong_type', '', 'Expected a JSON object such as { "chart": "bar" }.');
    return errors;
  }
  const given = config as Record<string, unknown>;
  const { chart = 'auto', metrics, rows, columns, title, locale } = given;
  if (!isKind(chart)) {
    const near = typeof chart === 'string' ? nearestNames(chart, CHART_KINDS) : [];
    fail('unknown_chart', '/chart', `There is no such chart; there are ${CHART_KINDS.join(', ')}.`, near);
  }
  if (title !== undefined && title !== null && (typeof title !== 'string' || title.length > MOST_TITLE)) {
    fail('wrong_value', '/title', `Expected a text of at most ${MOST_TITLE} characters.`);
  }
  if (locale !== undefined && locale !== null && !isLocale(locale)) {
    fail('unknown_locale', '/locale', 'Expected a locale such as en-US, de-DE, ar-EG or ja-JP.');
  }
  const asked = namesIn(metrics, data, fail);
  for (const [key, value] of [
    ['rows', rows],
    ['columns', columns],
  ] as const) {
    if (value === undefined || value === null) continue;
    const keys = data.columns.filter(({ role }) => role !== 'metric').map(({ name }) => name);
    if (typeof value === 'string' && keys.includes(value)) continue;
    const near = typeof value === 'string' ? nearestNames(value, keys) : [];
    fail('unknown_key', `/${key}`, `Expected a key of the report: ${keys.join(', ') || 'it has none'}.`, near);
  }
  if (errors.length > 0 || !isKind(chart)) return errors;
  if (!fits(chart, data, asked, given as ChartConfig)) {
    fail('chart_needs', '/chart', `A ${chart} chart needs ${CHART_NEEDS[chart]}; this report has ${inventory(data)}.`);
  }
  return errors;
}

/** Whether a text is a locale that numbers and dates can be written in. */
export function isLocale(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 35) return false;
  try {
    return Intl.NumberFormat.supportedLocalesOf(value).length === 1;
  } catch {
    return false;
  }
}

const isKind = (chart: unknown): chart is ChartKind => (CHART_KINDS as readonly unknown[]).includes(chart);

function namesIn(
  metrics: unknown,
  { columns }: ChartData,
  fail: (code: string, at: string, message: string, suggestions?: readonly string[]) => void,
): readonly PlannedColumn[] {
  if (metrics === undefined || metrics === null) return [];
  if (!Array.isArray(metrics)) {
    fail('wrong_type', '/metrics', 'Expected a list of keys of the report’s metrics.');
    return [];
  }
  const known = columns.filter((column) => column.role === 'metric');
  return (metrics as unknown[]).flatMap((name, index) => {
    const column = known.find((each) => each.name === name);
    if (column && isNumeric(column)) return [column];
    const names = known.filter(isNumeric).map((each) => each.name);
    const near = typeof name === 'string' ? nearestNames(name, names) : [];
    const what = column ? `“${column.name}” is no number` : 'The report has no such metric';
    fail('unknown_metric', `/metrics/${index}`, `${what}; it has ${names.join(', ')}.`, near);
    return [];
  });
}

function fits(
  chart: ChartKind,
  { columns, additive }: ChartData,
  asked: readonly PlannedColumn[],
  config: ChartConfig,
): boolean {
  const all = columns.filter((column) => column.role === 'metric' && isNumeric(column) && !isTwin(column, columns));
  const metrics = asked.length > 0 ? asked : all;
  const hasTime = columns.some((column) => column.role === 'time');
  const dimensions = columns.filter((column) => column.role === 'dimension').length;
  const [first] = metrics;
  const addsUp = first !== undefined && additive.includes(first.name);
  switch (chart) {
    case 'auto':
    case 'table':
    case 'none':
      return true;
    case 'tiles':
      return first !== undefined;
    case 'line':
    case 'area':
      return hasTime && first !== undefined;
    case 'bar':
      return (hasTime || dimensions > 0) && first !== undefined;
    case 'combo':
      return (hasTime || dimensions > 0) && metrics.length > 1;
    case 'stacked': {
      const alike = metrics.filter((each) => each.type === first?.type && each.unit === first.unit);
      const parts = hasTime ? dimensions > 0 : dimensions > 1;
      return addsUp && (hasTime || dimensions > 0) && (parts || alike.length > 1);
    }
    case 'pie':
    case 'donut':
      return dimensions > 0 && addsUp;
    case 'funnel':
      return metrics.length > 1 || (dimensions > 0 && addsUp);
    case 'scatter':
      return (hasTime || dimensions > 0) && metrics.length >= 2 && (asked.length === 0 || metrics.length <= 3);
    case 'pivot':
    case 'cohort':
      return first !== undefined && matrixKeys(columns, config) !== null;
    default:
      return chart satisfies never;
  }
}

function inventory({ columns, additive }: ChartData): string {
  const of = (role: PlannedColumn['role']) => columns.filter((column) => column.role === role);
  const metrics = of('metric').filter((column) => !isTwin(column, columns));
  const parts = [
    of('time').length > 0 ? 'a time grain' : 'no time grain',
    `${of('dimension').length || 'no'} ${of('dimension').length === 1 ? 'dimension' : 'dimensions'}`,
    `${metrics.length || 'no'} ${metrics.length === 1 ? 'metric' : 'metrics'} (${metrics.filter(({ name }) => additive.includes(name)).length || 'none'} that add up)`,
  ];
  return parts.join(', ');
}
