import type { Identity } from '../access/identity.js';
import type { PlannedColumn } from '../compiler/query/types.js';
import type { EngineValue } from '../engine/engine.js';
import type { DashboardDocument, ReportDocument } from '../reports/render/document.js';
import type { SubjectRef } from './report-subject.port.js';

/** Injection token of the {@link ReportRunner}. */
export const REPORT_RUNNER = Symbol('REPORT_RUNNER');

/** All rows of a result, for a file. */
export interface ReportTable {
  readonly columns: readonly PlannedColumn[];
  /** Each an array in the order of `columns`. Can be read once. */
  readonly rows: AsyncIterable<readonly EngineValue[]>;
}

/** One run of a saved report view, in the two shapes that a delivery needs. */
export interface ViewRun extends ReportTable {
  /** What the page shows: plain data, at most as many rows as a printed page can bear. */
  readonly document: ReportDocument;
}

/** One run of a dashboard. */
export interface DashboardRun {
  /** What it says of itself, with its key figures as totals and no rows: for the mail around it. */
  readonly document: ReportDocument;
  readonly dashboard: DashboardDocument;
  /** One for each widget that has numbers, by its title. */
  readonly tables: readonly (ReportTable & { readonly name: string })[];
}

export type ReportRun = ViewRun | DashboardRun;

export interface ReportRunOptions {
  readonly signal?: AbortSignal;
  /** The instant at which relative ranges are read; now when absent. */
  readonly asOf?: Date | null;
  /** Relative ranges mean whole periods that had ended, whatever the view says. */
  readonly completePeriods?: boolean;
  /** BCP 47; in place of the view's and the organisation's. */
  readonly locale?: string | null;
}

/** Runs report views and dashboards; everything that delivers a report stands on this port. */
export interface ReportRunner {
  /**
   * Runs it with what its asker may see. A widget of a dashboard that refuses is no refusal of the dashboard.
   * @throws Problem `not_found` when there is no such thing for the asker, or whatever makes a view refuse to run
   */
  run(what: SubjectRef, asker: Identity, options?: ReportRunOptions): Promise<ReportRun>;
}
