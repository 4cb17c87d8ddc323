import type { PlannedColumn } from '../../../compiler/query/types.js';
import type { ChartKind, ReportDocument } from '../document.js';
import { filled, wordsOf } from '../words/words.js';
import {
  firstOf,
  otherOf,
  MOST_SERIES,
  categoryOf,
  groupBy,
  isAdditive,
  isAsked,
  joinNotes,
  partnerOf,
  rank,
  sameUnit,
  titleOf,
  truncation,
  valuesOverTime,
} from './data.js';
import { denseBuckets } from './time-buckets.js';
import type { ChartPlan, ChartSeries } from './types.js';

const MOST_BAR_PERIODS = 26;
/** Bars side by side; more than these are no longer told apart and are stacked. */
const MOST_SIDE_BY_SIDE = 48;

/** Series over time; a ratio that belongs to money as a line over it. */
export function overTime(
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
  if (buckets.length < 2) return [];
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
    const title = titleOf([...drawn, ...(overlay ? [overlay.column] : [])], [], report);
    return [
      {
        kind: 'time',
        shape,
        stacked: kind === 'stacked' && drawn.length > 1 && drawn.every((metric) => isAdditive(report, metric)),
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
      stacked: additive && !(kind === 'bar' && series.length * buckets.length <= MOST_SIDE_BY_SIDE),
      title: titleOf([metric], dimensions, report),
      column: metric,
      buckets,
      series,
      overlay: null,
      note: joinNotes(note, truncation(report)),
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
      note: filled(wordsOf(report.locale).not_added, {
        ...firstOf(report, few.length, ranked.length),
        metric: metric.label,
      }),
    };
  }
  const rows = rest.flatMap(([, members]) => members);
  const other = {
    name: otherOf(report, rest.length),
    values: valuesOverTime(report, rows, time, metric, buckets),
    other: true,
  };
  return { series: [...series, other], note: null };
}

function shapeFor(kind: ChartKind, automatic: 'bars' | 'lines' | 'areas'): 'bars' | 'lines' | 'areas' {
  if (kind === 'line') return 'lines';
  if (kind === 'area') return 'areas';
  return kind === 'bar' || kind === 'stacked' || kind === 'combo' ? 'bars' : automatic;
}
