import type { QueryService } from '../query/query.service.js';
import type { ReportViewService } from '../reports/report-view.service.js';

/** What schedules need of report views: to find one with someone's rights. */
export const VIEWS = Symbol('VIEWS');
export type Views = Pick<ReportViewService, 'find'>;

/** What schedules need of the query path: to measure a condition. */
export const QUERIES = Symbol('QUERIES');
export type Queries = Pick<QueryService, 'run'>;
