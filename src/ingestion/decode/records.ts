/** What a reader of records makes of text: a record with its place in the file, or the reason why there is none. */

export interface TextRecord {
  readonly kind: 'record';
  /** Line on which it starts, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** As it stands in the file, without the line end. */
  readonly raw: string;
}

export interface BrokenRecord {
  readonly kind: 'broken';
  readonly line: number;
  readonly code: 'line_too_long' | 'malformed_quotes';
  readonly reason: string;
  /** The line, or its beginning. */
  readonly raw: string;
}

export type ReadRecord = TextRecord | BrokenRecord;

/** Splits text that comes in pieces into records; the pieces may be cut anywhere, even inside CR LF. */
export interface RecordSplitter {
  push(text: string): ReadRecord[];
  end(): ReadRecord[];
}
