import type { Fault, RowDraft } from './canonical.js';
import type { Mapping } from './mapping.js';
import type { FieldType } from './standard-fields.js';

/** Lines that are no rows: neither read nor rejected, but said in the answer's warnings. */
export const IGNORED = {
  total_rows: 'Lines with totals were left out; totals are computed from the rows.',
} as const;
export type IgnoredCode = keyof typeof IGNORED;

/** Takes what a source reads. */
export interface RowSink {
  row(draft: RowDraft, raw: string): void;
  reject(line: number, fault: Fault, raw: string): void;
  ignore(code: IgnoredCode): void;
  /** Said once in the answer, counted. */
  warn(code: string, message: string): void;
}

/** Turns decoded text, which comes in pieces cut anywhere, into rows. */
export interface RowSource {
  push(text: string): void;
  end(): void;
}

export interface SourceOptions {
  readonly mapping: Mapping;
  readonly fields: readonly FieldType[];
  readonly sink: RowSink;
}
