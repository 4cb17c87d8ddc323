import type { EngineValue } from '../engine/engine.js';
import type { ReportDocument } from '../reports/render/document.js';
import type { PlannedColumn } from '../compiler/query/types.js';

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

/** Runs report views; everything that delivers a report stands on this port. */
export interface ReportRunner {
  /**
   * Runs a saved view of an organisation.
   * @throws Problem `not_found` when the organisation has no such view, or whatever makes the view refuse to run
   */
  run(viewId: string, organizationId: string, signal?: AbortSignal): Promise<ReportRun>;
}
