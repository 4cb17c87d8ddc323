/**
 * The port behind which analytic rows live: ClickHouse (embedded as chdb, or a server) and Postgres. Everything above
 * speaks to this interface; conformance tests run over every implementation and expect equal answers.
 */
import type { DialectName } from '../compiler/dialect/types.js';
import type { TypedField } from './typed-field.js';
import type { RowLock } from '../compiler/query/row-lock.js';
import type { Statement } from '../compiler/query/types.js';
import type { CustomerJourneys } from './journeys.js';
import type { DataProtection } from './protection.js';
import type { RollupTables } from './rollup-tables.js';

export const SOURCE_CATEGORIES = [
  'platform_native',
  'external_marketing',
  'external_revenue',
  'external_operational',
] as const;
export type SourceCategory = (typeof SOURCE_CATEGORIES)[number];

/** One checked row of `unified_marketing_data`, ready to be stored. */
export interface UnifiedRow {
  /** UUIDv5 of organisation + source + identity; the same id replaces. */
  readonly id: string;
  /** UTC instant as `YYYY-MM-DDTHH:MM:SS.sssZ`. */
  readonly recorded_at: string;
  readonly data_source: string;
  readonly source_category: SourceCategory;
  readonly campaign_id: string | null;
  readonly customer_id: string | null;
  readonly asset_id: string | null;
  /** ISO 4217, or null where the row carries no money. */
  readonly currency: string | null;
  /**
   * Canonical JSON text of the payload: keys sorted; integers within ±2^53 as JSON numbers; every other number as a
   * string in plain decimal notation, at most nine decimals; so no value ever passes through a float.
   */
  readonly data_payload: string;
  /** Canonical JSON text, or null. */
  readonly attribution_data: string | null;
  /** 16 hex digits over all of the above: equal hash = unchanged row. */
  readonly content_hash: string;
  /** Position in the import, counted from 1; among equal ids the highest wins. */
  readonly line: number;
}

/** What an import would change, counted row by row in order of `line`. */
export interface StagePlan {
  /** Rows whose id was not there. */
  readonly loaded: number;
  /** Rows that take the place of a row with other content (already stored, or earlier in the same import). */
  readonly replaced: number;
  /** Rows equal to what is there. */
  readonly unchanged: number;
  /** Of `replaced`: rows whose predecessor stands in the same import. */
  readonly replaced_within: number;
  /** Latest `recorded_at` (ISO, UTC) and number of rows per data source in the stage. */
  readonly sources: readonly { readonly data_source: string; readonly latest: string; readonly rows: number }[];
}

/**
 * Rows of one import, set aside until they are made visible at once. Life: `append`* → `plan` → `commit` → `drop`.
 * Between `plan` and `commit` the caller holds the organisation's import lock and has recorded that it commits.
 * `commit` is idempotent: after a crash it is simply called again on `Engine.openStage` of the same import.
 */
export interface Stage {
  /** One call after the other: the next one only when this one is done. */
  append(rows: readonly UnifiedRow[]): Promise<void>;
  plan(): Promise<StagePlan>;
  /** After `plan`: months (`YYYY-MM`, UTC) in which `commit` may add, change or take away rows. */
  months(): Promise<readonly string[]>;
  commit(): Promise<void>;
  drop(): Promise<void>;
}

/** A value as the engine hands it out: decimals, 64-bit integers and times as text, so that nothing is rounded. */
export type EngineValue = string | number | boolean | null;

export interface EngineQuery extends Statement {
  /** Forced below the SQL as a second lock: rows of other organisations don't exist for this statement. */
  readonly organization_id: string;
  /**
   * Runs whose rows are the organisation's attribution at present (`OrganizationState.attribution_runs`); without any,
   * the attribution relations are empty.
   */
  readonly attribution_runs?: readonly string[];
  /** Forced in the same way where the asker sees part of the rows: no others exist, in any table. */
  readonly row_lock?: RowLock | null;
  /** The statement is stopped in the engine after this many seconds. */
  readonly max_seconds: number;
  /** True of a step of a job, which goes over all rows: the bound of memory for one query is not for it. */
  readonly is_step_of_job?: boolean;
  readonly signal?: AbortSignal;
}

/** Work that writes what is computed from an organisation's rows: one INSERT … SELECT, or a DELETE. */
export interface EngineWork extends Pick<EngineQuery, 'organization_id' | 'max_seconds' | 'signal'> {
  /** Built from checked names and constants; it names the organisation itself, in every table. */
  readonly sql: string;
}

export interface EngineResult {
  /**
   * Batches of rows, each row an array in the order of the SELECT list. To be iterated, and to its end or until
   * `return()`: the statement and its connection live that long. Throws the same problems as {@link Engine.query}.
   */
  readonly batches: AsyncIterable<readonly (readonly EngineValue[])[]>;
  /**
   * The same rows in place of `batches`, to be iterated likewise: each a JSON array on a line of its own, in UTF-8, many
   * whole lines at once. Absent where the engine does not give them so.
   */
  readonly lines?: AsyncIterable<Uint8Array>;
  /** Whether the statement has chosen the data that it reads; else it will have with its first batch. */
  readonly hasChosen: boolean;
}

export interface Engine {
  readonly dialect: DialectName;
  readonly journeys: CustomerJourneys;
  readonly rollups: RollupTables;
  readonly protection: DataProtection;
  /** Creates or upgrades the engine's tables; safe to call by several processes at once. */
  migrate(): Promise<void>;
  /** Runs a planned SELECT, streaming. Throws `Problem` (`engine_timeout`, `query_cancelled`, …) where the user can act. */
  query(query: EngineQuery): Promise<EngineResult>;
  /**
   * Runs a SELECT of one text column and hands out its values in UTF-8, one after the other with nothing in between;
   * throws as {@link query} does, at the start or while it is read. Absent where values don't come out as they are.
   */
  text?(query: EngineQuery): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Runs {@link EngineWork} to its end. When `signal` aborts, the engine stops; what was written by then may be there.
   * Throws the same problems as {@link query}.
   */
  work(work: EngineWork): Promise<void>;
  /** Which payload fields have a typed column. */
  readonly typedFields: readonly TypedField[];
  /** The stage of an import; created when absent, found again after a restart. */
  openStage(organizationId: string, importId: string): Promise<Stage>;
  /** Import ids that still have a stage; used at start-up to finish or discard them. */
  listStages(): Promise<readonly { organization_id: string; import_id: string }[]>;
  /** Merges replaced rows away, which makes reading faster again; for quiet hours, safe at any time. */
  tidy(): Promise<void>;
  /** Answers `select 1`. */
  ping(): Promise<void>;
  /** Lets running work end, then closes. */
  close(): Promise<void>;
}
