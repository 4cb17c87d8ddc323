/**
 * The words of the semantic model, as plain frozen data. An organisation's active metric configs, together with the
 * standard library, are checked into one {@link Model}; a published model is an immutable snapshot.
 */
import type { ConditionOperator } from '../dialect/condition-sql.js';
import type { FormulaNode } from '../formula/types.js';
import type { AttributionModel, RelationName } from './relations.js';

export type MetricType = 'metric' | 'dimension';
export type DataType = 'integer' | 'float' | 'string' | 'boolean' | 'date' | 'currency';
/**
 * - `median`: exact; of an even number of values the mean of the two in the middle.
 * - `approx_distinct`: within about 1 % on ClickHouse, in little memory; Postgres counts exactly.
 * - `last`: the value at the latest `recorded_at` of the group that has one, summed over the rows of that instant.
 */
export type Aggregation =
  'sum' | 'avg' | 'count' | 'distinct' | 'approx_distinct' | 'weighted_avg' | 'min' | 'max' | 'median' | 'last';
export type Category = 'platform' | 'external' | 'calculated' | 'attribution';
export type Additivity = 'additive' | 'semi_additive' | 'non_additive';

export const METRIC_TYPES = ['metric', 'dimension'] as const satisfies readonly MetricType[];
export const DATA_TYPES = [
  'integer',
  'float',
  'string',
  'boolean',
  'date',
  'currency',
] as const satisfies readonly DataType[];
export const AGGREGATIONS = [
  'sum',
  'avg',
  'count',
  'distinct',
  'approx_distinct',
  'weighted_avg',
  'min',
  'max',
  'median',
  'last',
] as const satisfies readonly Aggregation[];
export const CATEGORIES = ['platform', 'external', 'calculated', 'attribution'] as const satisfies readonly Category[];
export const ADDITIVITIES = ['additive', 'semi_additive', 'non_additive'] as const satisfies readonly Additivity[];

/** Units of a window over the time axis. */
export const WINDOW_UNITS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type WindowUnit = (typeof WINDOW_UNITS)[number];

/**
 * A metric that looks at another metric over time or beside its peers. It is calculated around the grouped query, over a
 * dense time axis; the other metric is recomputed for each window from rows wherever it can't be summed.
 */
export type WindowDefinition =
  /** All time up to the end of the row's time bucket. */
  | { readonly kind: 'cumulative'; readonly metric: string }
  /** The last `count` units, the bucket's own included, e.g. 7 days. */
  | { readonly kind: 'rolling'; readonly metric: string; readonly count: number; readonly unit: WindowUnit }
  /** From the start of the unit (month, quarter, year, week) to the end of the bucket. */
  | { readonly kind: 'to_date'; readonly metric: string; readonly unit: Exclude<WindowUnit, 'day'> }
  /** The metric `count` units earlier (`period`: as many buckets of the query's grain), as it was or as a change. */
  | {
      readonly kind: 'previous';
      readonly metric: string;
      readonly count: number;
      readonly unit: WindowUnit | 'period';
      readonly output: 'value' | 'difference' | 'change';
    }
  /** Share of the total over all rows of the result, or of each group of the dimensions in `within`. */
  | { readonly kind: 'share'; readonly metric: string; readonly within: readonly string[] };

/**
 * Customers who did `to` within `days` after they first did `from` in the range asked for. A day is 24 hours, and both
 * ends of the window count; a row is never its own conversion. `to` may come after the range asked for ends.
 */
export interface ConversionDefinition {
  /** Row conditions on dimensions, in the notation of a query's filters. */
  readonly from: unknown;
  readonly to: unknown;
  /** 1 to 365. */
  readonly days: number;
  /** Converted customers ÷ customers with `from`, or the number of converted customers. */
  readonly output: 'rate' | 'count';
}

/** What a person writes: a row of `marketing_metrics_config`, or an entry of the standard library. */
export interface MemberDefinition {
  /** The name that everyone asks by: `[a-z][a-z0-9_]{0,62}`; also the payload's field unless `expression` is given. */
  readonly metric_key: string;
  /** Key of the standard library that this one stands for, if any. */
  readonly standard_key: string | null;
  readonly display_label: string;
  readonly description: string | null;
  readonly category: Category;
  readonly metric_type: MetricType;
  readonly data_type: DataType;
  /** For a plain metric; null for a dimension and for a formula. */
  readonly aggregation: Aggregation | null;
  /**
   * For a calculated metric: an expression over other metrics' keys or aliases, e.g. `revenue / spend`. For a computed
   * dimension: one over the fields of a row, by the keys of dimensions, plain metrics and base columns.
   */
  readonly formula: string | null;
  /**
   * Where the value is, when it is not the payload field named like the key: a dotted path into the payload
   * (`device.os`), `attribution_data.<path>`, a base column (`data_source`, `customer_id`, …), `*` (rows; only with `count`),
   * or for a metric a column of a relation: `revenue_attribution.revenue_amount`, or of one attribution model
   * `revenue_attribution.first_touch.revenue_amount`, `customer_journey_tracking.lifetime_value`.
   */
  readonly expression: string | null;
  /** For `weighted_avg`: the field (same notation as `expression`) that weighs each row. */
  readonly weight: string | null;
  /** For a plain metric: only rows that meet this count. Conditions on dimensions, in the notation of a query's filters. */
  readonly filter?: unknown;
  /** For a metric over time or beside its peers; then neither aggregation nor formula. */
  readonly window?: WindowDefinition | null;
  /** For a conversion rate between two events of the same customer; then neither aggregation nor formula. */
  readonly conversion?: ConversionDefinition | null;
  readonly additivity: Additivity;
  /** Reading it is noted in the audit trail; absent where it is not. */
  readonly is_sensitive?: boolean;
  /** Free text shown with the number, e.g. `%`, `USD`, `days`. */
  readonly unit: string | null;
  readonly alias_keys: readonly string[];
  readonly source_tables: readonly string[];
}

/** Where a plain member's value is read from. */
export type FieldRef =
  /** A base column of `unified_marketing_data`. */
  | { readonly kind: 'column'; readonly column: BaseColumn }
  /** A path into `data_payload` or `attribution_data`; each step matches `[A-Za-z_][A-Za-z0-9_ -]{0,62}`. */
  | { readonly kind: 'payload'; readonly root: 'data_payload' | 'attribution_data'; readonly path: readonly string[] }
  /** The row itself, for counting rows. */
  | { readonly kind: 'rows' }
  /** A column of a relation beside the rows; `model` where the metric always means that attribution model. */
  | {
      readonly kind: 'relation';
      readonly relation: RelationName;
      readonly column: string;
      readonly model: AttributionModel | null;
    };

/** Columns of a row beside its payload, in the order in which rows are stored; a definition can read them by name. */
export const BASE_COLUMNS = [
  'id',
  'recorded_at',
  'data_source',
  'source_category',
  'campaign_id',
  'customer_id',
  'asset_id',
  'currency',
] as const;
export type BaseColumn = (typeof BASE_COLUMNS)[number];

/** Severity `error` quarantines the member, `warning` does not. */
export interface Diagnostic {
  /** e.g. `formula_syntax`, `unknown_member`, `cycle`, `type_mismatch`, `duplicate_key`, `depends_on_quarantined`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** What is wrong and what to do. */
  readonly message: string;
  /** JSON pointer into the definition, e.g. `/formula`. */
  readonly pointer: string;
  /** Character range `[from, to)` in that string, where it applies. */
  readonly range?: readonly [number, number];
  readonly suggestions?: readonly string[];
  /** The name that nothing goes by, in this definition or in one that it builds on. */
  readonly missing?: string;
}

/** One checked member of a model. Discriminated by `kind`. */
export type Member =
  DimensionMember | SimpleMetricMember | FormulaMetricMember | WindowMetricMember | ConversionMetricMember;

interface MemberBase {
  readonly key: string;
  readonly standard_key: string | null;
  readonly label: string;
  readonly description: string | null;
  readonly category: Category;
  readonly data_type: DataType;
  readonly unit: string | null;
  readonly additivity: Additivity;
  readonly aliases: readonly string[];
  /** Reading it is noted in the audit trail; absent where it is not. */
  readonly is_sensitive?: true;
  /** `standard`: from the library; `organization`: the org's own row (which may override a standard key). */
  readonly origin: 'standard' | 'organization';
  readonly status: 'valid' | 'quarantined';
  readonly diagnostics: readonly Diagnostic[];
  /** Keys (never aliases) of the members that this one's formula, window or filter names, sorted. */
  readonly depends_on: readonly string[];
}
export interface DimensionMember extends MemberBase {
  readonly kind: 'dimension';
  /** The row itself where the value is computed. */
  readonly field: FieldRef;
  /** How the value is computed from other fields of the row; absent where it is read as it stands. */
  readonly formula?: string;
  /** Present with `formula`; null only when the member is quarantined because the formula could not be read. */
  readonly tree?: FormulaNode | null;
}
export interface SimpleMetricMember extends MemberBase {
  readonly kind: 'simple';
  readonly aggregation: Aggregation;
  readonly field: FieldRef;
  /** Present exactly when the aggregation is `weighted_avg`. */
  readonly weight: FieldRef | null;
  /** Only rows that meet this count; absent for all rows. */
  readonly filter?: RowFilter;
}
export interface FormulaMetricMember extends MemberBase {
  readonly kind: 'formula';
  readonly formula: string;
  /** Null only when the member is quarantined because the formula could not be read. */
  readonly tree: FormulaNode | null;
}

/**
 * Planned around the grouped query, so it is no member of the Cube model. Its `data_type` and `unit` are those of the
 * metric that it looks at, except that a share or a change is a `float` fraction with the unit `%`.
 */
export interface WindowMetricMember extends MemberBase {
  readonly kind: 'window';
  /**
   * With every name in it resolved to a key. `metric` is a plain metric or a formula over plain ones; for `previous` and
   * `share` also a window, a conversion or a formula over these.
   */
  readonly window: WindowDefinition;
}

/**
 * Counts customers, not rows, so it is no member of the Cube model: a query of its own, whose groups are those of each
 * customer's first `from` event, and whose filters choose among these first events.
 */
export interface ConversionMetricMember extends MemberBase {
  readonly kind: 'conversion';
  readonly conversion: {
    readonly from: RowFilter;
    readonly to: RowFilter;
    readonly days: number;
    readonly output: ConversionDefinition['output'];
  };
}

/**
 * A checked condition on the dimensions of a row: names are keys, and values are texts that fit the dimension, as in
 * `Condition` of the dialect.
 */
export type RowFilter =
  | { readonly member: string; readonly operator: ConditionOperator; readonly values: readonly string[] }
  | { readonly and: readonly RowFilter[] }
  | { readonly or: readonly RowFilter[] };

/** Settings of an organisation that change what its numbers mean. */
export interface ModelSettings {
  /** ISO 4217 code in which money is shown, and which rows without a currency have. */
  readonly currency: string;
  /** IANA zone used when a request names none. */
  readonly time_zone: string;
  /** ISO weekday on which a week starts: 1 = Monday … 7 = Sunday. */
  readonly week_start: number;
  /** Month in which the fiscal year starts, 1–12; quarters and years are counted from it. Default 1. */
  readonly fiscal_year_start?: number;
  /** How exchange rates are used; absent for {@link DEFAULT_FX}. */
  readonly fx?: FxSettings;
}

export interface FxSettings {
  /** Most days for which the last known rate stands in where a day has none. */
  readonly carry_days: number;
  /** ISO 4217 code through which currencies without a rate between them are converted; null for any that serves. */
  readonly via: string | null;
}

/** A long weekend and its holidays. */
export const DEFAULT_FX: FxSettings = { carry_days: 7, via: null };

/** All active members of one organisation, checked. Members are in a stable order (by key). */
export interface Model {
  readonly members: readonly Member[];
  readonly settings: ModelSettings;
}

/** A published model: immutable, named by the hash of its content. */
export interface Snapshot {
  /** SHA-256 over the canonical JSON of `model`, in hex. */
  readonly hash: string;
  readonly model: Model;
}
