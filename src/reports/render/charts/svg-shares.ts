import { Decimal } from 'decimal.js';
import type { EChartsCoreOption } from 'echarts';
import { formatHeadline, type FormatSettings } from '../format.js';
import { INK, SURFACE, seriesColour } from './palette.js';
import { FONT, LABEL, QUIET, textWidth } from './svg-style.js';
import type { SharesPlan } from './types.js';

/** A pie or a donut is a square; what its slices are stands in a list beside it, where nothing can overlap. */
export const SHARES_SIDE = 190;

export function sharesOption(plan: SharesPlan, settings: FormatSettings): EChartsCoreOption {
  const whole = plan.slices.reduce((sum, slice) => sum.plus(slice.value), new Decimal(0));
  const figure = formatHeadline(whole, plan.column, settings);
  const size = Math.min(17, (17 * 96) / Math.max(textWidth(figure, 17), 1));
  return {
    ...(plan.shape === 'donut'
      ? {
          title: {
            text: figure,
            subtext: shortened(plan.column.label, 96),
            left: '50%',
            top: '40%',
            textAlign: 'center',
            itemGap: 3,
            textStyle: { fontFamily: FONT, fontSize: size, fontWeight: 600, color: INK },
            subtextStyle: { ...LABEL },
          },
        }
      : {}),
    series: [
      {
        ...QUIET,
        type: 'pie',
        radius: plan.shape === 'donut' ? ['63%', '96%'] : ['0%', '96%'],
        center: ['50%', '50%'],
        label: { show: false },
        labelLine: { show: false },
        data: plan.slices.map((slice, index) => ({
          name: slice.name,
          value: slice.value,
          itemStyle: { color: seriesColour(index, slice.other), borderColor: SURFACE, borderWidth: 1.5 },
        })),
      },
    ],
  };
}

function shortened(text: string, room: number): string {
  if (textWidth(text, LABEL.fontSize) <= room) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(characters.join(''), LABEL.fontSize) > room - 8) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}
