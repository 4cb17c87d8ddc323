import type { Identity } from '../access/identity.js';
import type { ReportRequest } from '../compiler/query/types.js';

/** Injection token of the {@link ReportSubjects}. */
export const REPORT_SUBJECTS = Symbol('REPORT_SUBJECTS');

/** What is sent: a report view or a dashboard. Exactly one of the two is set. */
export interface SubjectRef {
  readonly view_id: string | null;
  readonly dashboard_id: string | null;
}

/** What is sent, found with someone's rights. */
export interface ReportSubject extends SubjectRef {
  readonly name: string;
  /** What it asks: one request of a view, one for each widget of a dashboard that can be read. */
  readonly requests: readonly ReportRequest[];
}

/** Finds what can be sent; everything that is scheduled and delivered stands on this port. */
export interface ReportSubjects {
  /** @throws Problem `not_found` also when the asker may not see it */
  find(asker: Identity, ref: SubjectRef): Promise<ReportSubject>;
  /** Ids of all that the asker may see; null for an administrator, who also sees what was sent of deleted ones. */
  readableIds(
    asker: Identity,
  ): Promise<{ readonly views: readonly string[]; readonly dashboards: readonly string[] } | null>;
}

export const viewRef = (view_id: string): SubjectRef => ({ view_id, dashboard_id: null });
export const dashboardRef = (dashboard_id: string): SubjectRef => ({ view_id: null, dashboard_id });
