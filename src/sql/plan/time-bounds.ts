/** Bounds on the time as the range of a request: what a metric that looks over time looks back from. */
import { looksOverTime } from '../../compiler/model/around.js';
import type { Model } from '../../compiler/model/types.js';
import { YEARS } from '../../compiler/query/time-range.js';
import type { Filter, ReportRequest } from '../../compiler/query/types.js';
import { TIME } from './sources.js';

/** The first instant within the bound, or the first after it, in milliseconds. */
interface Bound {
  readonly side: 'from' | 'to';
  readonly at: number;
}

/**
 * The request with its bounds on the time as `date_range`, where they are on both sides and a metric looks over time. As
 * filters they would keep its windows from the rows before, and say nothing of where these end; of all other metrics the
 * numbers are the same.
 */
export function withRange(request: ReportRequest, model: Model): ReportRequest {
  if (!request.metrics.some((key) => looksOverTime(key, model))) return request;
  const filters = [request.filters ?? []].flat() as readonly Filter[];
  const bounds = filters.map(boundOf);
  const on = (side: Bound['side']): number[] => bounds.flatMap((bound) => (bound?.side === side ? [bound.at] : []));
  const [from, to] = [Math.max(...on('from')), Math.min(...on('to'))];
  if (!isInYears(from) || !isInYears(to) || from >= to) return request;
  const rest = filters.filter((_, index) => bounds[index] === null);
  return {
    ...request,
    filters: rest,
    date_range: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
  };
}

/** Instants of rows have milliseconds. */
function boundOf(filter: Filter): Bound | null {
  if (!('member' in filter) || filter.member !== TIME) return null;
  const [value, more] = filter.values ?? [];
  const at = Date.parse(String(value));
  if (more !== undefined || Number.isNaN(at)) return null;
  switch (filter.operator) {
    case 'gte':
      return { side: 'from', at };
    case 'gt':
      return { side: 'from', at: at + 1 };
    case 'lt':
      return { side: 'to', at };
    case 'lte':
      return { side: 'to', at: at + 1 };
    default:
      return null;
  }
}

function isInYears(at: number): boolean {
  const year = Number.isFinite(at) ? new Date(at).getUTCFullYear() : 0;
  return year >= YEARS.min && year < YEARS.max;
}
