/**
 * Rollups: tables that hold the additive parts of metrics, grouped by time and some dimensions, one for an organisation
 * and definition. Plain data here; how a table is kept up to date is the business of `src/rollups`.
 */

export const ROLLUP_GRAINS = ['fifteen_minutes', 'hourly', 'daily'] as const;
/** Into what stretches of time rows are grouped. Clock grains are on the UTC clock, days are those of a time zone. */
export type RollupGrain = (typeof ROLLUP_GRAINS)[number];

/** What a person may say about a rollup. */
export interface RollupDefinition {
  readonly name: string;
  /** Keys of dimensions that rows are grouped by beside time. */
  readonly dimensions: readonly string[];
  readonly grain: RollupGrain;
  /** IANA zone of the days; for a clock grain it says nothing. */
  readonly time_zone: string;
}

/** One column of a rollup's table: its name says exactly what SQL over rows it holds. */
export interface RollupColumn {
  readonly column: string;
  readonly sql: string;
}

/** A rollup's table: what each column is, over rows of the data table named `marketing`. */
export interface RollupLayout {
  readonly definition: RollupDefinition;
  /** The stretch of time of a row. */
  readonly bucket: string;
  readonly dimensions: readonly RollupColumn[];
  /** Key of a dimension → its column. */
  readonly keys: Readonly<Record<string, string>>;
  readonly parts: readonly RollupColumn[];
  /** Equal for equal tables. */
  readonly digest: string;
}

/** What a model needs to know of a table, to be compiled over it. */
export interface RollupColumns {
  /** Key → column. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly parts: readonly string[];
}

/** The rows of one month (UTC) of the data, rolled up. */
export interface RollupMonth {
  /** `YYYY-MM`. */
  readonly month: string;
  /** Which rows of the table hold the month; null while they are not those of the data. */
  readonly segment: string | null;
  /** Instants of the first and last row of the data, in milliseconds; null where there is none, or it is not known. */
  readonly first: number | null;
  readonly last: number | null;
}

/** The rollup would not give the answer that rows give, or can't. */
export class RollupMismatch extends Error {}
