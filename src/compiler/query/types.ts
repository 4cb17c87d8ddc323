/**
 * From a report request to SQL. Everything here is plain data: the request as a user wrote it (checked for shape at the
 * door), and the plan that the engine runs.
 */
import type { AttributionModel } from '../model/relations.js';
import type { DataType } from '../model/types.js';
import type { MemberRules } from '../model/visibility.js';
import { VALUE_OPERATORS } from '../dialect/condition-sql.js';
import type { RelationsRead } from './attribution.js';
import type { ProblemItem } from '../../common/problem.js';
import type { RateUse } from '../currency/rate-book.js';
import type { RateGaps } from './money-checks.js';
import type { OnMissingRate } from './money.js';

export const TIME_GRAINS = ['fifteen_minutes', 'hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly'] as const;
export type TimeGrain = (typeof TIME_GRAINS)[number];

export const FILTER_OPERATORS = [
  ...VALUE_OPERATORS,
  'inDateRange',
  'notInDateRange',
  'beforeDate',
  'afterDate',
] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

export interface FilterCondition {
  /** Key or alias of a metric or dimension. */
  readonly member: string;
  readonly operator: FilterOperator;
  readonly values?: readonly (string | number | boolean)[];
}
export type Filter = FilterCondition | { readonly and: readonly Filter[] } | { readonly or: readonly Filter[] };

export const RELATIVE_UNITS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
export type RelativeUnit = (typeof RELATIVE_UNITS)[number];
export const NAMED_RANGES = [
  'today',
  'yesterday',
  'this_week',
  'last_week',
  'week_to_date',
  'this_month',
  'last_month',
  'month_to_date',
  'this_quarter',
  'last_quarter',
  'quarter_to_date',
  'this_year',
  'last_year',
  'year_to_date',
  'all_time',
] as const;
export type NamedRange = (typeof NAMED_RANGES)[number];

/**
 * Days (`2026-01-31`, both ends included) or instants (with time; `from` included, `to` excluded); a number of units
 * back from now (`complete`: whole past units only, default true); or a name.
 */
export type DateRange =
  | { readonly from: string; readonly to: string }
  | { readonly last: number; readonly unit: RelativeUnit; readonly complete?: boolean }
  | NamedRange;

export interface OrderBy {
  /** A key or alias that the request selects, or `recorded_at` when it has a grain. */
  readonly member: string;
  readonly direction: 'asc' | 'desc';
}

export const COMPARISONS = ['previous_period', 'previous_year', 'previous_year_weekday'] as const;
/**
 * The range before of the same length; the same dates a year earlier; or 364 days earlier, so that weekdays meet.
 */
export type Comparison = (typeof COMPARISONS)[number];

export const FILLS = ['none', 'zero', 'null'] as const;
/** What stands in time buckets that have no rows: no row at all, 0 for what adds up (else null), or null. */
export type Fill = (typeof FILLS)[number];

/** Only the first values of a dimension, by a metric over the whole range. */
export interface Top {
  readonly limit: number;
  /** Key or alias of the metric that ranks, largest first. */
  readonly by: string;
  /** Key or alias of a selected dimension; may be left out when there is only one. */
  readonly dimension?: string;
  /** Also one row for all other values together, computed from their rows; default true. */
  readonly other?: boolean;
}

/**
 * Groups that are one: those of a dimension, a text, whose value is among `values` have `value` instead. Of `recorded_at`,
 * the values are days on which buckets start.
 */
export interface MergedGroups {
  readonly member: string;
  readonly merges: readonly { readonly value: string | null; readonly values: readonly string[] }[];
}

/** What a person asks for, whichever door it came through. */
export interface ReportRequest {
  readonly metrics: readonly string[];
  readonly dimensions: readonly string[];
  readonly filters?: Filter | readonly Filter[] | null;
  readonly date_range?: DateRange | null;
  readonly time_grain?: TimeGrain | null;
  /** IANA zone, or an offset such as `UTC+05:30`; the organisation's when absent. */
  readonly time_zone?: string | null;
  readonly order?: readonly OrderBy[];
  /** Most rows to return; when there are more, the result says `truncated`. */
  readonly limit?: number | null;
  readonly offset?: number | null;
  /** Also compute the metrics over all matching rows, by the engine. */
  readonly totals?: boolean;
  /**
   * Adds `<metric>__previous` and `<metric>__change` to each metric; needs a date range. Of a range that still runs, the
   * complete days are compared, unless it says `complete: false`.
   */
  readonly compare?: Comparison | null;
  /** Needs a date range and a time grain unless `none`, the default. */
  readonly fill?: Fill | null;
  readonly top?: Top | null;
  /**
   * Selected dimensions, or `recorded_at`: for each, the metrics grouped by the dimensions up to and including it. A list
   * names its columns itself.
   */
  readonly subtotals?: readonly (string | readonly string[])[] | null;
  /** For attributed metrics that name no model of their own; linear when absent. */
  readonly attribution_model?: AttributionModel | null;
  /**
   * ISO 4217 code of the currency of metrics over money, the organisation’s when absent; or `as_recorded`, for amounts as
   * rows have them, which is refused where several currencies would be put together.
   */
  readonly currency?: string | null;
  /** Where a row has no exchange rate: refuse the request (`error`, the default), or leave the number empty (`flag`). */
  readonly on_missing_rate?: OnMissingRate | null;
  /**
   * What to do about a metric that is not there (any more): refuse the request (`refuse`, the default), or answer the others
   * with a warning for each that is left out (`leave_out`), as what was saved before the metric went away is answered.
   * Anything else that names it, and a request of which no metric remains, is refused in any case.
   */
  readonly on_missing_metric?: 'refuse' | 'leave_out';
  /** `next_cursor` of the page before, with the request otherwise unchanged. */
  readonly cursor?: string | null;
  /** For the SQL API's groups by expressions; no other door asks for it. */
  readonly merged?: readonly MergedGroups[];
}

export interface PlannedColumn {
  /** The member's key, or `recorded_at` for the time bucket. */
  readonly name: string;
  readonly label: string;
  readonly role: 'time' | 'dimension' | 'metric';
  /** `datetime` only for a time bucket finer than a day, and for the plain `recorded_at` dimension. */
  readonly type: DataType | 'datetime';
  readonly unit: string | null;
  readonly description: string | null;
  /** Keys of the members behind a calculated metric. */
  readonly lineage: readonly string[];
}

/** A statement for the engine: SQL text with placeholders (`?` for ClickHouse, `$n` for Postgres) and their values. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly (string | number | boolean | null)[];
  /** Positions among the columns whose values are masked: the engine is not asked for them, and they are null. */
  readonly nulls?: readonly number[];
}

/** What an asker may see, as far as planning goes. */
export interface PlanPolicy extends MemberRules {
  /** Conditions on dimensions that every row has to meet; all of them. */
  readonly rows: readonly Filter[];
}

/** A subtotal with more rows is refused: it fetches one more. */
export const MOST_SUBTOTAL_ROWS = 10_000;

/** The metrics again, by fewer columns. */
export interface PlannedSubtotal {
  /** Names of the columns that it groups by. */
  readonly by: readonly string[];
  /** Columns in the order in which `statement` selects them. */
  readonly columns: readonly PlannedColumn[];
  readonly statement: Statement;
}

/** To be run before the statement: refuses it where its answer would be wrong or too large. */
export interface PlannedCheck {
  /** Selects one number. */
  readonly statement: Statement;
  /** The request is refused with `problem` when the number is larger. */
  readonly most: number;
  readonly problem: ProblemItem;
}

export interface PlannedMoney {
  /** ISO 4217 code; null for amounts as recorded. */
  readonly currency: string | null;
  /** Empty where nothing had to be converted. */
  readonly rates: readonly RateUse[];
  /** What to ask the engine before the statement. */
  readonly gaps: readonly RateGaps[];
}

export interface QueryPlan {
  /** Columns in the order in which `statement` selects them: time, dimensions, metrics. */
  readonly columns: readonly PlannedColumn[];
  /** Fetches up to `limit + 1` rows, so that truncation is known. */
  readonly statement: Statement;
  /** The same metrics without dimensions; null unless asked for. Selects the metric columns only, in order. */
  readonly totals: Statement | null;
  readonly limit: number | null;
  /**
   * The cursor of the page after a row, which is as the engine handed it out; null where there is one row at most. A
   * function, so that the instant of planning, which it holds, is no part of what the answer depends on.
   */
  readonly cursorAfter: ((row: readonly (string | number | boolean | null)[]) => string) | null;
  /** The instants `[from, to)` that the range meant, as ISO 8601 UTC; null for all time. */
  readonly range: { readonly from: string; readonly to: string } | null;
  /** What the twins are from; null without a comparison. */
  readonly compare: {
    readonly mode: Comparison;
    readonly range: { readonly from: string; readonly to: string };
    /** What of the range that was asked for is not compared, since it is not over; null where it is compared whole. */
    readonly left_out: { readonly from: string; readonly to: string } | null;
  } | null;
  readonly subtotals: readonly PlannedSubtotal[];
  readonly checks: readonly PlannedCheck[];
  /** What amounts are in, and by which rates they were converted; null where none are shown or compared. */
  readonly money: PlannedMoney | null;
  readonly time_zone: string;
  readonly time_grain: TimeGrain | null;
  /** alias → key, for each alias that the request used. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly warnings: readonly ProblemItem[];
  /** What it reads beside rows. */
  readonly relations: RelationsRead;
}
