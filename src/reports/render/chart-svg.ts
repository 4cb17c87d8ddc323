import { Decimal } from 'decimal.js';
import * as echarts from 'echarts';
import type { PlannedColumn } from '../../compiler/query/types.js';
import type { ChartPlan } from './chart-plan.js';
import { formatCompact, formatHeadline, formatLabel, formatTime, type FormatSettings } from './format.js';
import { INK, LOSS_COLOUR, MUTED, OVERLAY_COLOUR, RULE, seriesColour } from './palette.js';

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

const FONT = 'Inter, sans-serif';
const LABEL = { fontFamily: FONT, fontSize: 10.5, color: MUTED } as const;
const DIRECT_LABEL = { fontFamily: FONT, fontSize: 10.5, color: INK } as const;
const BAR_HEIGHT = 22;
const LABEL_ROOM = 58;

// Without a browser nobody measures text; this is close enough to Inter to place labels.
echarts.setPlatformAPI({
  measureText: (text: string, font?: string) => {
    const size = Number(/([\d.]+)px/.exec(font ?? '')?.[1] ?? 12);
    let width = 0;
    for (const character of text) width += size * characterWidth(character);
    return { width };
  },
});

function characterWidth(character: string): number {
  if (/[ijl.,:;'|!()[\]]/.test(character)) return 0.3;
  if (/[A-Zmw%@&]/.test(character)) return 0.7;
  return (character.codePointAt(0) ?? 0) > 0x2e80 ? 1 : 0.58;
}

/** Draws a chart as a self-contained SVG element: no script, no style sheet, all text escaped. */
export function renderChartSvg(plan: ChartPlan, settings: FormatSettings, width: number): string {
  const size = { width, height: heightOf(plan) };
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: FONT, color: INK },
      ...optionOf(plan, settings, size),
    });
    return withoutInteraction(chart.renderToSVGString({ useViewBox: true }));
  } finally {
    chart.dispose();
  }
}

/**
 * Takes away what ECharts adds for hovering in a browser: a style sheet and data attributes. Texts can't be hit, since
 * they come with `<` and `"` escaped.
 */
const withoutInteraction = (svg: string): string =>
  svg.replace(/<style[^>]*>[^]*?<\/style>/g, '').replace(/ (?:ecmeta_[a-z_]+|class|pointer-events)="[^"]*"/g, '');

function heightOf(plan: ChartPlan): number {
  switch (plan.kind) {
    case 'time':
      return 232;
    case 'bars':
      return barsHead(plan) + 4 + plan.categories.length * BAR_HEIGHT;
    case 'donut':
      return 220;
    default:
      return plan satisfies never;
  }
}

/** Several panels have a line of names above them; a single one is named by the chart's title. */
const barsHead = (plan: Extract<ChartPlan, { kind: 'bars' }>): number => (plan.panels.length > 1 ? 24 : 4);

function optionOf(plan: ChartPlan, settings: FormatSettings, size: ChartSize): echarts.EChartsCoreOption {
  switch (plan.kind) {
    case 'time':
      return timeOption(plan, settings);
    case 'bars':
      return barsOption(plan, settings, size);
    case 'donut':
      return donutOption(plan, settings);
    default:
      return plan satisfies never;
  }
}

const QUIET = { silent: true, emphasis: { disabled: true }, cursor: 'default' } as const;

function timeOption(plan: Extract<ChartPlan, { kind: 'time' }>, settings: FormatSettings): echarts.EChartsCoreOption {
  const bars = plan.shape === 'bars';
  const single = plan.series.length === 1;
  const labels = plan.buckets.map((bucket) => formatTime(bucket, settings));
  const valueAxis = (column: PlannedColumn, own: boolean) => ({
    type: 'value' as const,
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
  return {
    grid: { left: 4, right: 6, top: 12, bottom: 2, containLabel: true },
    xAxis: {
      type: 'category',
      data: labels,
      boundaryGap: bars || plan.buckets.length <= 3,
      axisLine: { lineStyle: { color: '#b9c2cc' } },
      axisTick: { show: false },
      axisLabel: {
        ...LABEL,
        hideOverlap: true,
        margin: 9,
        ...(bars ? {} : { showMinLabel: true, showMaxLabel: true, alignMinLabel: 'left', alignMaxLabel: 'right' }),
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
              itemStyle: { color: OVERLAY_COLOUR, borderColor: '#fff', borderWidth: 1 },
              label: {
                show: plan.buckets.length <= 16,
                position: 'top' as const,
                ...DIRECT_LABEL,
                fontSize: 10,
                color: '#a9530b',
                textBorderColor: '#fff',
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

/** A point between two gaps is only seen if it is marked. */
const isolated = (values: readonly (number | null)[]): boolean =>
  values.some((value, index) => value !== null && values[index - 1] == null && values[index + 1] == null);

function barsOption(
  plan: Extract<ChartPlan, { kind: 'bars' }>,
  settings: FormatSettings,
  { width }: ChartSize,
): echarts.EChartsCoreOption {
  const names = Math.min(
    width * 0.3,
    12 + Math.max(...plan.categories.map((name) => [...name].reduce((sum, c) => sum + 10.5 * characterWidth(c), 0))),
  );
  const gap = 28;
  const panelWidth = (width - names - gap * (plan.panels.length - 1)) / plan.panels.length;
  const left = (panel: number): number => names + panel * (panelWidth + gap);
  const head = barsHead(plan);
  const insets = plan.panels.map(({ values }) =>
    values.some((value) => value !== null && value < 0) ? LABEL_ROOM : 0,
  );
  return {
    title: plan.panels.map((panel, index) => ({
      show: plan.panels.length > 1,
      text: panel.column.label,
      left: left(index) - 4,
      top: 0,
      textStyle: { fontFamily: FONT, fontSize: 10.5, fontWeight: 600, color: MUTED },
    })),
    // Room beside the longest bar for its label, on the left too where bars go that way.
    grid: insets.map((inset, index) => ({
      left: left(index) + inset,
      width: panelWidth - LABEL_ROOM - inset,
      top: head,
      bottom: 4,
    })),
    xAxis: plan.panels.map((_panel, index) => ({
      type: 'value',
      gridIndex: index,
      show: false,
      min: (range: { min: number }) => Math.min(0, range.min),
    })),
    yAxis: plan.panels.map((_panel, index) => ({
      type: 'category',
      gridIndex: index,
      inverse: true,
      data: [...plan.categories],
      axisTick: { show: false },
      axisLine: { show: true, onZero: true, lineStyle: { color: '#b9c2cc' } },
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
        label: { position: value !== null && value < 0 ? ('left' as const) : ('right' as const) },
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

function donutOption(plan: Extract<ChartPlan, { kind: 'donut' }>, settings: FormatSettings): echarts.EChartsCoreOption {
  const whole = plan.slices.reduce((sum, slice) => sum + slice.value, 0);
  const share = new Intl.NumberFormat(settings.locale, { style: 'percent', maximumFractionDigits: 1 });
  return {
    title: {
      text: formatHeadline(new Decimal(whole), plan.column, settings),
      subtext: plan.column.label,
      left: '50%',
      top: '41%',
      textAlign: 'center',
      itemGap: 3,
      textStyle: { fontFamily: FONT, fontSize: 17, fontWeight: 600, color: INK },
      subtextStyle: { ...LABEL },
    },
    series: [
      {
        ...QUIET,
        type: 'pie',
        radius: ['58%', '84%'],
        center: ['50%', '50%'],
        data: plan.slices.map((slice, index) => ({
          name: slice.name,
          value: slice.value,
          itemStyle: { color: seriesColour(index, slice.other), borderColor: '#fff', borderWidth: 1.5 },
        })),
        label: {
          ...DIRECT_LABEL,
          width: 190,
          overflow: 'truncate',
          formatter: ({ name, value }: { name: string; value: unknown }) =>
            `${name}  ${whole > 0 ? share.format(Number(value) / whole) : ''}`,
        },
        labelLine: { length: 10, length2: 10, lineStyle: { color: '#b9c2cc' } },
      },
    ],
  };
}
