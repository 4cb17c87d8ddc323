import type { QueryService } from '../query/query.service.js';

/** What schedules need of the query path: to measure a condition. */
export const QUERIES = Symbol('QUERIES');
export type Queries = Pick<QueryService, 'run'>;
