import type { EChartsCoreOption } from 'echarts';
import { formatCompact, formatLabel, type FormatSettings } from '../format.js';
import { directionOf } from '../html-text.js';
import { AXIS, LOSS_COLOUR, MUTED, RULE, seriesColour } from './palette.js';
import { DIRECT_LABEL, FONT, LABEL, QUIET, textWidth, type ChartSize } from './svg-style.js';
import type { BarsPlan, StacksPlan } from './types.js';

const BAR_HEIGHT = 22;
/** Least room beside a bar for its label, in CSS pixels. */
const LABEL_ROOM = 58;
/** Between a bar and its label. */
const LABEL_GAP = 8;
/** What stays for the bars themselves, however long their labels are. */
const LEAST_BARS = 40;
const AXIS_ROOM = 24;

/** Several panels have a line of names above them; a single one is named by the chart's title. */
const barsHead = (plan: BarsPlan): number => (isHeaded(plan) ? 24 : 4);
const isHeaded = (plan: BarsPlan): boolean => plan.panels.length > 1 || plan.isNamed === true;

export const barsHeight = (plan: BarsPlan): number => barsHead(plan) + 4 + plan.categories.length * BAR_HEIGHT;
export const stacksHeight = (plan: StacksPlan): number => 8 + AXIS_ROOM + plan.categories.length * BAR_HEIGHT;

/** Room for the names of the categories on the left; longer ones end in “…”. */
const namesWidth = (categories: readonly string[], width: number): number =>
  Math.min(width * 0.32, 14 + Math.max(...categories.map((name) => textWidth(name, LABEL.fontSize))));

/** A label in words, as Arabic has them for thousands, takes more than a suffix does. */
const labelRoom = ({ values, column }: BarsPlan['panels'][number], settings: FormatSettings): number =>
  Math.max(
    LABEL_ROOM,
    ...values.map((value) =>
      value === null ? 0 : LABEL_GAP + textWidth(formatLabel(value, column, settings), DIRECT_LABEL.fontSize),
    ),
  );

export function barsOption(plan: BarsPlan, settings: FormatSettings, { width }: ChartSize): EChartsCoreOption {
  const names = namesWidth(plan.categories, width);
  const gap = 28;
  const panelWidth = (width - names - gap * (plan.panels.length - 1)) / plan.panels.length;
  const isMirrored = directionOf(settings.locale) === 'rtl';
  /** From the side where lines begin. */
  const start = (panel: number): number => names + panel * (panelWidth + gap);
  const head = barsHead(plan);
  const rooms = plan.panels.map((panel) => labelRoom(panel, settings));
  const insets = plan.panels.map(({ values }, index) =>
    values.some((value) => value !== null && value < 0) ? rooms[index]! : 0,
  );
  return {
    title: plan.panels.map((panel, index) => ({
      show: isHeaded(plan),
      text: panel.column.label,
      ...(isMirrored ? { right: start(index) - 4 } : { left: start(index) - 4 }),
      top: 0,
      textStyle: { fontFamily: FONT, fontSize: 10.5, fontWeight: 600, color: MUTED },
    })),
    // Room beside the longest bar for its label, on the left too where bars go that way.
    grid: insets.map((inset, index) => ({
      ...(isMirrored ? { right: start(index) + inset } : { left: start(index) + inset }),
      width: Math.max(panelWidth - rooms[index]! - inset, LEAST_BARS),
      top: head,
      bottom: 4,
    })),
    xAxis: plan.panels.map((_panel, index) => ({
      type: 'value',
      gridIndex: index,
      show: false,
      inverse: isMirrored,
      min: (range: { min: number }) => Math.min(0, range.min),
    })),
    yAxis: plan.panels.map((_panel, index) => ({
      type: 'category',
      gridIndex: index,
      inverse: true,
      position: isMirrored ? 'right' : 'left',
      data: [...plan.categories],
      axisTick: { show: false },
      axisLine: { show: true, onZero: true, lineStyle: { color: AXIS } },
      axisLabel: {
        show: index === 0,
        ...DIRECT_LABEL,
        width: names - 10,
        overflow: 'truncate',
        ellipsis: '…',
        interval: 0,
        margin: 10 + (insets[index] ?? 0),
      },
    })),
    series: plan.panels.map((panel, index) => ({
      ...QUIET,
      type: 'bar',
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: 13,
      data: panel.values.map((value) => ({
        value,
        itemStyle: { color: value !== null && value < 0 ? LOSS_COLOUR : seriesColour(index) },
        label: { position: (value !== null && value < 0) === isMirrored ? ('right' as const) : ('left' as const) },
      })),
      label: {
        show: true,
        ...DIRECT_LABEL,
        formatter: ({ value }: { value: unknown }) =>
          typeof value === 'number' ? formatLabel(value, panel.column, settings) : '',
      },
    })),
  };
}

/** Horizontal bars whose parts add up, over one axis of values. */
export function stacksOption(plan: StacksPlan, settings: FormatSettings, { width }: ChartSize): EChartsCoreOption {
  const names = namesWidth(plan.categories, width);
  const isMirrored = directionOf(settings.locale) === 'rtl';
  return {
    grid: { ...(isMirrored ? { left: 22, right: names } : { left: names, right: 22 }), top: 4, bottom: AXIS_ROOM },
    xAxis: {
      type: 'value',
      inverse: isMirrored,
      splitNumber: 4,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: RULE, width: 1 } },
      axisLabel: {
        ...LABEL,
        hideOverlap: true,
        formatter: (value: number) => formatCompact(value, plan.column, settings),
      },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      position: isMirrored ? 'right' : 'left',
      data: [...plan.categories],
      axisTick: { show: false },
      axisLine: { show: true, onZero: true, lineStyle: { color: AXIS } },
      axisLabel: { ...DIRECT_LABEL, width: names - 10, overflow: 'truncate', ellipsis: '…', interval: 0, margin: 10 },
    },
    series: plan.series.map((series, index) => ({
      ...QUIET,
      type: 'bar',
      stack: 'all',
      name: series.name,
      barWidth: 14,
      data: [...series.values],
      itemStyle: { color: seriesColour(index, series.other) },
    })),
  };
}
