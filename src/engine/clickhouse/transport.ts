import type { EngineValue } from '../engine.js';
import type { BoundValue } from './bind.js';

export type RowBatches = AsyncIterable<readonly (readonly EngineValue[])[]>;

export interface StreamRequest {
  /** Called at the last moment before the statement starts, so that what it depends on can't have changed since. */
  readonly sql: () => string;
  readonly params: Readonly<Record<string, BoundValue>>;
  /** Stands in the statement's text; {@link ClickHouseTransport.stream} finds the statement by it to kill it. */
  readonly tag: string;
  readonly signal?: AbortSignal;
}

export interface StartedStatement {
  readonly batches: RowBatches;
  /** The same as lines of `JSONCompactEachRow`, in place of `batches`; absent where they would have to be made. */
  readonly lines?: AsyncIterable<Uint8Array>;
  /** Ends the statement; instead of iterating it. */
  abandon(): void;
}

/** How statements reach a ClickHouse: in this process, or over HTTP. All else is the same for both. */
export interface ClickHouseTransport {
  /** True when no other process can write to these tables. */
  readonly exclusive: boolean;
  /** With `stop`, the statement is killed when the signal aborts; its text must hold the tag. */
  command(sql: string, stop?: { readonly tag: string; readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Runs a small SELECT and returns all its rows. */
  select(sql: string): Promise<readonly (readonly EngineValue[])[]>;
  /** Resolves when the statement has started, which is when it has chosen the data that it reads. */
  stream(request: StreamRequest): Promise<StartedStatement>;
  /**
   * The values of a statement's only column, in UTF-8, one after the other. Absent where an error in the middle would
   * look like more of them.
   */
  text?(request: StreamRequest): AsyncIterable<Uint8Array>;
  /** Inserts lines of `JSONCompactEachRow`; bytes are UTF-8. */
  insert(table: string, columns: readonly string[], lines: string | Buffer): Promise<void>;
  /** Waits for what runs, then closes. */
  close(): Promise<void>;
}

/**
 * Settings of every statement. Values come out as text where JSON's numbers would round them; a payload's key that
 * holds a dot stays one key; join_use_nulls is what Cube's SQL expects. A text in a payload stays the text that it is:
 * ClickHouse would store "31.01.2026" as a date and "2026-13-01" as 1970-01-01.
 */
export const BASE_SETTINGS = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  output_format_decimal_trailing_zeros: 1,
  date_time_output_format: 'simple',
  json_type_escape_dots_in_keys: 1,
  type_json_skip_duplicated_paths: 1,
  join_use_nulls: 1,
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
  // The exchange rates of some years.
  max_query_size: '16777216',
} as const;
