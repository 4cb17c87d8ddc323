import type { PlannedColumn, TimeGrain } from '../../compiler/query/types.js';

/** A value as a result row carries it: money and exact decimals as text, other numbers as numbers. */
export type CellValue = string | number | boolean | null;
export type ReportRow = Readonly<Record<string, CellValue>>;

export const CHART_KINDS = [
  'auto',
  'line',
  'area',
  'bar',
  'stacked',
  'combo',
  'pie',
  'donut',
  'funnel',
  'scatter',
  'tiles',
  'table',
  'pivot',
  'cohort',
  'none',
] as const;
export type ChartKind = (typeof CHART_KINDS)[number];

/** What a view's or a widget's `dashboard_config` may say about its picture. Anything else in it is ignored. */
export interface ChartConfig {
  /** `auto` when absent; `table` and `none` draw no chart. */
  readonly chart?: ChartKind;
  /** Keys of the metrics to draw; chosen from the columns when absent. Steps of a funnel, axes of a scatter, in order. */
  readonly metrics?: readonly string[];
  /** Pivot and cohort: key of the column whose values head the rows; the first key column when absent. */
  readonly rows?: string;
  /** Pivot and cohort: key of the column whose values head the columns; the next key column when absent. */
  readonly columns?: string;
  /** In place of a title made of labels. */
  readonly title?: string;
  /** BCP 47; in place of the organisation's locale. */
  readonly locale?: string;
}

/** What an organisation puts on its reports, checked when it was set. */
export interface Branding {
  /** In place of the organisation's name. */
  readonly name: string | null;
  /** `#rrggbb`, at least 3:1 against white. */
  readonly accent: string | null;
  /** A line at the foot of every page. */
  readonly footer: string | null;
  readonly logo: {
    readonly type: 'image/png' | 'image/jpeg';
    readonly base64: string;
    /** Pixels. */
    readonly width: number;
    readonly height: number;
  } | null;
}

/** What is around a result, on any page. */
export interface PageFacts {
  readonly title: string;
  /** Name of the organisation. */
  readonly organization: string;
  readonly subtitle?: string | null;
  readonly period: {
    /** Instants, ISO 8601 UTC; `to` is excluded. Null for all time. */
    readonly from: string | null;
    readonly to: string | null;
    /** IANA zone in which times are shown. */
    readonly time_zone: string;
    /** In words, e.g. `Last month`. */
    readonly label: string;
  };
  /** One readable sentence a filter, e.g. `Source is meta_ads or google_ads`. */
  readonly filtersText: readonly string[];
  /** ISO 8601 instant. */
  readonly generatedAt: string;
  /** Data source → latest instant for which it has rows. */
  readonly dataAsOf: Readonly<Record<string, string>>;
  /** Hash of the model's snapshot that gave the definitions. */
  readonly snapshot: string;
  /** BCP 47, e.g. `en-US`. */
  readonly locale: string;
  readonly branding?: Branding | null;
}

/** A finished report result, as plain data, ready to be set as a page. */
export interface ReportDocument extends PageFacts {
  /** Grain of the time column, when there is one. */
  readonly timeGrain?: TimeGrain | null;
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly ReportRow[];
  /** Metric values over all matching rows, computed by the engine. Never summed here. */
  readonly totals?: ReportRow | null;
  /** Keys of the metrics whose values may be added up over rows (`additive` in the model). */
  readonly additive: readonly string[];
  readonly dashboardConfig?: ChartConfig | null;
  readonly warnings: readonly string[];
  /** What stands for a dashboard in its mail: its rows are elsewhere. */
  readonly isCover?: boolean;
  /** True when there are more rows than `rows` holds. */
  readonly truncated: boolean;
  /** ISO 4217 code of currency columns without a unit of their own. */
  readonly currency: string;
}

/** How much of a row of the page a widget takes. */
export const WIDGET_WIDTHS = ['full', 'two_thirds', 'half', 'third'] as const;
export type WidgetWidth = (typeof WIDGET_WIDTHS)[number];

/** One result on a dashboard, or the reason why there is none. */
export interface DashboardWidget {
  readonly title: string;
  readonly width: WidgetWidth;
  /** Drawn as its `dashboardConfig` says. Null when it could not be made. */
  readonly report: ReportDocument | null;
  /** In words for the reader; with `report` null. */
  readonly problem?: string | null;
  /** A text of the dashboard's author, in place of a report. */
  readonly text?: string | null;
}

/** Several results as one page. Its facts are about all of them; a widget's own period is said where it differs. */
export interface DashboardDocument extends PageFacts {
  readonly widgets: readonly DashboardWidget[];
}
