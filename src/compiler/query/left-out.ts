/** Metrics that a saved request names and that are not there any more: left out, and the answer says so. */
import type { ProblemItem } from '../../common/problem.js';
import type { Mistakes } from './mistakes.js';
import type { Resolved } from './resolve.js';
import type { ReportRequest } from './types.js';

/** Code of the warning that an answer is without a metric. */
export const LEFT_OUT = 'metric_left_out';
/** What its message says, after why. */
export const WITHOUT_IT = ' The report is without it.';
const NOT_THERE: ReadonlySet<string> = new Set(['unknown_metric', 'member_quarantined']);
const isMissing = ({ code, pointer }: ProblemItem): boolean =>
  NOT_THERE.has(code) && pointer !== undefined && /^\/metrics\/\d+$/.test(pointer);

/**
 * Where the request is to be answered without what is missing: turns that mistake into a warning, as long as other metrics
 * remain.
 * @param metrics those that were found
 */
export function leftOut(
  { order, top, on_missing_metric }: ReportRequest,
  metrics: readonly Resolved[],
  mistakes: Mistakes,
): readonly ProblemItem[] {
  const [first] = metrics;
  if (on_missing_metric !== 'leave_out' || first === undefined) return [];
  // Without an order of its own, the first metric sorts.
  const sorts = (order ?? []).length === 0 && top == null;
  return mistakes.take(isMissing).map(({ message, pointer = '' }): ProblemItem => {
    const instead = sorts && pointer === '/metrics/0' ? ` Rows are in the order of “${first.label}” in its place.` : '';
    return { code: LEFT_OUT, message: `${message}${WITHOUT_IT}${instead}`, pointer };
  });
}
