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
  'donut',
  'pie',
  'table',
  'none',
] as const;
export type ChartKind = (typeof CHART_KINDS)[number];

/** What a view's `dashboard_config` may say about its picture. Anything unknown in it is ignored. */
export interface ChartConfig {
  /** `auto` when absent; `table` and `none` draw no chart. */
  readonly chart?: ChartKind;
  /** Keys of the metrics to draw, at most two units; chosen from the columns when absent. */
  readonly metrics?: readonly string[];
}

/** A finished report result, as plain data, ready to be set as a page. */
export interface ReportDocument {
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
  /** Grain of the time column, when there is one. */
  readonly timeGrain?: TimeGrain | null;
  /** One readable sentence a filter, e.g. `Source is meta_ads or google_ads`. */
  readonly filtersText: readonly string[];
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly ReportRow[];
  /** Metric values over all matching rows, computed by the engine. Never summed here. */
  readonly totals?: ReportRow | null;
  /** Keys of the metrics whose values may be added up over rows (`additive` in the model). */
  readonly additive: readonly string[];
  readonly dashboardConfig?: ChartConfig | null;
  /** ISO 8601 instant. */
  readonly generatedAt: string;
  /** Data source → latest instant for which it has rows. */
  readonly dataAsOf: Readonly<Record<string, string>>;
  /** Hash of the model's snapshot that gave the definitions. */
  readonly snapshot: string;
  readonly warnings: readonly string[];
  /** True when there are more rows than `rows` holds. */
  readonly truncated: boolean;
  /** BCP 47, e.g. `en-US`. */
  readonly locale: string;
  /** ISO 4217 code of currency columns without a unit of their own. */
  readonly currency: string;
}
