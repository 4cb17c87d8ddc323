import type { FormatSettings } from '../format.js';
import type { Pen } from './pen.js';

export interface ChartSize {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** What every kind of chart is drawn with. */
export interface Drawing extends ChartSize {
  readonly pen: Pen;
  readonly settings: FormatSettings;
  readonly colourOf: (index: number, other?: boolean) => string;
}
