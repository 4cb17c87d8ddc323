import type { EChartsCoreOption } from 'echarts';
import type { PlannedColumn } from '../../../compiler/query/types.js';
import { formatCompact, formatLabel, formatTime, type FormatSettings } from '../format.js';
import { directionOf } from '../html-text.js';
import { AXIS, OVERLAY_COLOUR, OVERLAY_INK, RULE, SURFACE, seriesColour } from './palette.js';
import { DIRECT_LABEL, LABEL, NARROW, QUIET, textWidth, type ChartSize } from './svg-style.js';
import type { TimePlan } from './types.js';

export function timeOption(plan: TimePlan, settings: FormatSettings, { width }: ChartSize): EChartsCoreOption {
  const bars = plan.shape === 'bars';
  const isMirrored = directionOf(settings.locale) === 'rtl';
  const single = plan.series.length === 1;
  const labels = plan.buckets.map((bucket) => formatTime(bucket, settings));
  const valueAxis = (column: PlannedColumn, own: boolean) => ({
    type: 'value' as const,
    position: own === isMirrored ? ('right' as const) : ('left' as const),
    splitNumber: 4,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: own, lineStyle: { color: RULE, width: 1 } },
    axisLabel: { ...LABEL, formatter: (value: number) => formatCompact(value, column, settings) },
  });
  const lines = plan.series.map((series, index) => {
    const colour = seriesColour(index, series.other);
    return bars
      ? {
          ...QUIET,
          type: 'bar' as const,
          name: series.name,
          ...(plan.stacked ? { stack: 'all' } : { barGap: '12%' }),
          data: [...series.values],
          barCategoryGap: plan.buckets.length > 40 ? '15%' : '36%',
          barMaxWidth: 44,
          itemStyle: { color: colour },
        }
      : {
          ...QUIET,
          type: 'line' as const,
          name: series.name,
          data: [...series.values],
          showSymbol: plan.buckets.length <= 3 || isolated(series.values),
          symbol: 'circle',
          symbolSize: 5,
          lineStyle: { color: colour, width: plan.shape === 'areas' && !single ? 1 : 2.2 },
          itemStyle: { color: colour },
          ...(plan.shape === 'areas'
            ? { ...(plan.stacked ? { stack: 'all' } : {}), areaStyle: { color: colour, opacity: single ? 0.1 : 0.82 } }
            : {}),
        };
  });
  const overlay = plan.overlay;
  const labelsOverlay = overlay !== null && plan.buckets.length <= 16 && width > NARROW;
  const { step, overhang } = labelled(labels, width - AXES_ROOM, bars);
  return {
    grid: {
      left: isMirrored ? 6 + overhang : 4,
      right: isMirrored ? 4 : 6 + overhang,
      top: labelsOverlay ? LABELLED_TOP : 12,
      bottom: 2,
      containLabel: true,
    },
    xAxis: {
      type: 'category',
      data: labels,
      inverse: isMirrored,
      boundaryGap: bars || plan.buckets.length <= 3,
      axisLine: { lineStyle: { color: AXIS } },
      axisTick: { show: false },
      axisLabel: {
        ...LABEL,
        margin: 9,
        interval: (index: number) => index % step === 0,
      },
    },
    yAxis: [valueAxis(plan.column, true), ...(overlay ? [{ ...valueAxis(overlay.column, false), min: 0 }] : [])],
    series: [
      ...lines,
      ...(overlay
        ? [
            {
              ...QUIET,
              type: 'line' as const,
              name: overlay.column.label,
              yAxisIndex: 1,
              data: [...overlay.values],
              symbol: 'circle',
              symbolSize: 5.5,
              showSymbol: plan.buckets.length <= 31,
              lineStyle: { color: OVERLAY_COLOUR, width: 2.2 },
              itemStyle: { color: OVERLAY_COLOUR, borderColor: SURFACE, borderWidth: 1 },
              label: {
                show: labelsOverlay,
                position: 'top' as const,
                ...DIRECT_LABEL,
                fontSize: 10,
                color: OVERLAY_INK,
                textBorderColor: SURFACE,
                textBorderWidth: 3,
                formatter: ({ value }: { value: unknown }) =>
                  typeof value === 'number' ? formatLabel(value, overlay.column, settings) : '',
              },
            },
          ]
        : []),
    ],
  };
}

/** CSS pixels above the plot where the highest point of a line may have its label. */
const LABELLED_TOP = 22;
/** CSS pixels beside the plot, for the labels of values. */
const AXES_ROOM = 90;

/** Every how many buckets there is a label, and how far the last one stands out on the right. */
function labelled(labels: readonly string[], room: number, bars: boolean): { step: number; overhang: number } {
  const widest = Math.max(...labels.map((label) => textWidth(label, LABEL.fontSize)));
  const step = Math.max(1, Math.ceil((labels.length * (widest + 14)) / Math.max(room, 1)));
  const last = labels.length - 1;
  return { step, overhang: !bars && last % step === 0 ? widest / 2 - 4 : 0 };
}

/** A point between two gaps is only seen if it is marked. */
const isolated = (values: readonly (number | null)[]): boolean =>
  values.some((value, index) => value !== null && values[index - 1] == null && values[index + 1] == null);
