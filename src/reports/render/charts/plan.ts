import type { PlannedColumn } from '../../../compiler/query/types.js';
import { CHART_KINDS, type ChartKind, type ReportDocument } from '../document.js';
import { isEnglish, wordsOf } from '../words/words.js';
import { byCategory, funnel, scatter, shares, stacks } from './category-plans.js';
import { isAdditive, metricsToDraw, telling } from './data.js';
import { matrix } from './matrix-plan.js';
import { checkChart } from './shape.js';
import { overTime } from './time-plan.js';
import type { ChartPlan } from './types.js';

/**
 * Chooses up to two charts that suit a result: what the view asks for, where the rows have that shape, else what suits
 * them; none for a single row, a table-only view, or nothing to compare.
 */
export function planCharts(report: ReportDocument): readonly ChartPlan[] {
  const title = report.dashboardConfig?.title;
  const plans = chosen(report, chartKind(report));
  return title === undefined || title === ''
    ? plans
    : plans.map((plan, index) => (index === 0 ? { ...plan, title } : plan));
}

function chosen(report: ReportDocument, kind: ChartKind): readonly ChartPlan[] {
  const metrics = metricsToDraw(report);
  const [primary] = metrics;
  if (kind === 'table' || kind === 'none' || !primary || report.rows.length === 0) return [];
  const dimensions = telling(report);
  switch (kind) {
    case 'tiles':
      return [{ kind: 'tiles', title: wordsOf(report.locale).key_figures, note: null }];
    case 'pivot':
    case 'cohort': {
      const plans = matrix(report, kind === 'cohort', primary);
      return plans.length > 0 ? plans : suitable(report, 'auto', dimensions, metrics);
    }
    case 'funnel': {
      // Without one of its steps it would tell of others than were asked for.
      if (lacksAsked(report)) return suitable(report, 'auto', dimensions, metrics);
      const plans = metrics.length > 1 || dimensions.length > 0 ? funnel(report, dimensions, metrics) : [];
      return plans.length > 0 ? plans : suitable(report, 'auto', dimensions, metrics);
    }
    case 'scatter': {
      if (lacksAsked(report)) return suitable(report, 'auto', dimensions, metrics);
      const plans = scatter(report, dimensions, metrics);
      return plans.length > 0 ? plans : suitable(report, 'auto', dimensions, metrics);
    }
    default:
      return suitable(report, kind, dimensions, metrics);
  }
}

/** Whether the result has not all of the metrics that the view asks to be drawn. */
const lacksAsked = ({ dashboardConfig, columns }: ReportDocument): boolean =>
  (dashboardConfig?.metrics ?? []).some((asked) => columns.every(({ name }) => name !== asked));

function suitable(
  report: ReportDocument,
  kind: ChartKind,
  dimensions: readonly PlannedColumn[],
  metrics: readonly PlannedColumn[],
): readonly ChartPlan[] {
  const [primary] = metrics;
  if (!primary || report.rows.length < 2) return [];
  const time = report.columns.find((column) => column.role === 'time');
  const shape = kind === 'donut' || kind === 'pie' ? kind : null;
  const additive = isAdditive(report, primary);
  if (time && !(shape && dimensions.length > 0 && additive)) {
    const plans = overTime(report, kind, time, dimensions, metrics);
    // A single period is nothing to draw over time.
    return plans.length > 0 || dimensions.length === 0 ? plans : byCategory(report, dimensions, metrics);
  }
  if (dimensions.length === 0) return [];
  if (shape && additive) return shares(report, shape, dimensions, metrics);
  if (kind === 'stacked' && additive && (dimensions.length > 1 || metrics.length > 1)) {
    return stacks(report, dimensions, metrics);
  }
  return byCategory(report, dimensions, metrics);
}

function chartKind(report: ReportDocument): ChartKind {
  const asked = report.dashboardConfig?.chart;
  return asked !== undefined && (CHART_KINDS as readonly string[]).includes(asked) ? asked : 'auto';
}

/** Says so when a result no longer has the shape that its chart needs; null when it is drawn as asked. */
export function chartFallback(report: ReportDocument): string | null {
  if (report.rows.length === 0) return null;
  const [mistake] = checkChart(report.dashboardConfig, report);
  if (mistake === undefined) return null;
  // What the chart would need is said in English only.
  return [wordsOf(report.locale).not_drawn, ...(isEnglish(report.locale) ? [mistake.message] : [])].join(' ');
}
