import type { EChartsCoreOption } from 'echarts';
import type { PlannedColumn } from '../../../compiler/query/types.js';
import { formatCompact, type FormatSettings } from '../format.js';
import { AXIS, RULE, SURFACE, seriesColour } from './palette.js';
import { DIRECT_LABEL, LABEL, NARROW, QUIET, type ChartSize } from './svg-style.js';
import type { ScatterPlan } from './types.js';

/** Points beyond these are drawn without a name. */
const MOST_NAMED = 12;
const [SMALLEST, LARGEST] = [7, 34];

export function scatterOption(plan: ScatterPlan, settings: FormatSettings, { width }: ChartSize): EChartsCoreOption {
  const most = Math.max(...plan.points.map(({ size }) => size ?? 0), 0);
  // Area, not width, is what the eye compares.
  const diameter = (size: number | null): number =>
    plan.size === null || most === 0 ? 9 : Math.max(SMALLEST, LARGEST * Math.sqrt(Math.max(size ?? 0, 0) / most));
  const axis = (column: PlannedColumn, place: 'x' | 'y') => ({
    type: 'value' as const,
    name: column.label,
    nameLocation: place === 'x' ? ('middle' as const) : ('end' as const),
    nameGap: place === 'x' ? 26 : 10,
    nameTextStyle: { ...LABEL, align: place === 'x' ? ('center' as const) : ('left' as const) },
    splitNumber: width > NARROW ? 5 : 3,
    axisLine: { show: place === 'x', onZero: false, lineStyle: { color: AXIS } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: RULE, width: 1 } },
    axisLabel: {
      ...LABEL,
      hideOverlap: true,
      formatter: (value: number) => formatCompact(value, column, settings),
    },
  });
  const named = new Set(
    [...plan.points].sort((a, b) => (b.size ?? b.x) - (a.size ?? a.x)).slice(0, width > NARROW ? MOST_NAMED : 6),
  );
  return {
    grid: { left: 6, right: 26, top: 28, bottom: 24, containLabel: true },
    xAxis: axis(plan.x, 'x'),
    yAxis: axis(plan.y, 'y'),
    series: [
      {
        ...QUIET,
        type: 'scatter',
        clip: false,
        // Large points first, so that small ones lie on them and are seen.
        data: [...plan.points]
          .sort((a, b) => (b.size ?? 0) - (a.size ?? 0))
          .map((point) => ({
            name: point.name,
            value: [point.x, point.y],
            symbolSize: diameter(point.size),
            label: { show: named.has(point) },
          })),
        itemStyle: { color: seriesColour(0), opacity: 0.6, borderColor: SURFACE, borderWidth: 1 },
        label: {
          ...DIRECT_LABEL,
          // Else it would be as pale as its point.
          opacity: 1,
          position: 'top',
          distance: 3,
          width: width * 0.3,
          overflow: 'truncate',
          ellipsis: '…',
          textBorderColor: SURFACE,
          textBorderWidth: 2,
          formatter: ({ name }: { name: string }) => name,
        },
        labelLayout: { hideOverlap: true },
      },
    ],
  };
}
