import type { PlannedColumn } from '../../../compiler/query/types.js';
import type { ChartValue } from './data.js';

export interface ChartSeries {
  readonly name: string;
  readonly values: readonly ChartValue[];
  /** The rest of an additive metric, drawn in grey. */
  readonly other: boolean;
}

interface Titled {
  readonly title: string;
  /** What the reader must know of what is not drawn. */
  readonly note: string | null;
}

export interface TimePlan extends Titled {
  readonly kind: 'time';
  readonly shape: 'bars' | 'lines' | 'areas';
  /** Series are parts of a whole and stand on each other; else bars stand side by side. */
  readonly stacked: boolean;
  readonly column: PlannedColumn;
  /** Bucket values in order, dense. */
  readonly buckets: readonly string[];
  readonly series: readonly ChartSeries[];
  /** A second metric as a line over its own axis. */
  readonly overlay: { readonly column: PlannedColumn; readonly values: readonly ChartValue[] } | null;
}

export interface BarsPlan extends Titled {
  readonly kind: 'bars';
  readonly categories: readonly string[];
  /** One panel of bars a metric, side by side over the same categories. */
  readonly panels: readonly { readonly column: PlannedColumn; readonly values: readonly ChartValue[] }[];
  /** The only panel needs its name too: its sisters stand below it. */
  readonly isNamed?: boolean;
}

/** Bars of categories, each made of parts. */
export interface StacksPlan extends Titled {
  readonly kind: 'stacks';
  readonly column: PlannedColumn;
  readonly categories: readonly string[];
  readonly series: readonly ChartSeries[];
}

export interface SharesPlan extends Titled {
  readonly kind: 'shares';
  readonly shape: 'donut' | 'pie';
  readonly column: PlannedColumn;
  readonly slices: readonly { readonly name: string; readonly value: number; readonly other: boolean }[];
}

export interface FunnelPlan extends Titled {
  readonly kind: 'funnel';
  readonly steps: readonly { readonly name: string; readonly value: number; readonly column: PlannedColumn }[];
}

export interface ScatterPlan extends Titled {
  readonly kind: 'scatter';
  readonly x: PlannedColumn;
  readonly y: PlannedColumn;
  /** What the area of a point says; null for points of one size. */
  readonly size: PlannedColumn | null;
  readonly points: readonly {
    readonly name: string;
    readonly x: number;
    readonly y: number;
    readonly size: number | null;
  }[];
}

/** A table of two keys: values stand where a row's key meets a column's. */
export interface MatrixPlan extends Titled {
  readonly kind: 'matrix';
  /** Cells are shaded by their value, as in a cohort's heat map. */
  readonly shaded: boolean;
  readonly column: PlannedColumn;
  readonly rowKey: PlannedColumn;
  readonly columnKey: PlannedColumn;
  readonly heads: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    readonly values: readonly ChartValue[];
    /** Only of what may be added up. */
    readonly total: ChartValue;
  }[];
}

export interface TilesPlan extends Titled {
  readonly kind: 'tiles';
}

/** What to draw, decided; how it looks is for `svg.ts` and the page. */
export type ChartPlan =
  TimePlan | BarsPlan | StacksPlan | SharesPlan | FunnelPlan | ScatterPlan | MatrixPlan | TilesPlan;
/** Plans that become a picture; the others are markup. */
export type DrawnPlan = Exclude<ChartPlan, FunnelPlan | MatrixPlan | TilesPlan>;
