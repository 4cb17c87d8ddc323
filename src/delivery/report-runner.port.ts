import type { Identity } from '../access/identity.js';
import type { PlannedColumn } from '../compiler/query/types.js';
import type { EngineValue } from '../engine/engine.js';
import type { ReportDocument } from '../reports/render/document.js';

/** Injection token of the {@link ReportRunner}. */
export const REPORT_RUNNER = Symbol('REPORT_RUNNER');

/** One run of a saved report view, in the two shapes that a delivery needs. */
export interface ReportRun {
  /** What the page shows: plain data, at most as many rows as a printed page can bear. */
  readonly document: ReportDocument;
  /** The columns of `rows`, in order. */
  readonly columns: readonly PlannedColumn[];
  /** Every row of the same run for the file, each an array in the order of `columns`. Can be read once. */
  readonly rows: AsyncIterable<readonly EngineValue[]>;
}

export interface ReportRunOptions {
  readonly signal?: AbortSignal;
  /** The instant at which relative ranges are read; now when absent. */
  readonly asOf?: Date | null;
  /** Relative ranges mean whole periods that had ended, whatever the view says. */
  readonly completePeriods?: boolean;
}

/** Runs report views; everything that delivers a report stands on this port. */
export interface ReportRunner {
  /**
   * Runs a saved view with what its asker may see.
   * @throws Problem `not_found` when there is no such view for the asker, or whatever makes the view refuse to run
   */
  run(viewId: string, asker: Identity, options?: ReportRunOptions): Promise<ReportRun>;
}
