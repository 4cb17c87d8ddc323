import type { ProblemItem } from '../../common/problem.js';
import { memberLineage } from '../model/lineage.js';
import type { Member, Model } from '../model/types.js';
import type { Resolved } from './resolve.js';
import type { ReportRequest } from './types.js';

/**
 * Metrics whose number adds up rows that must not be added: a sum of what was counted once per row, like reach, or a
 * formula over one. A distinct count is non-additive too, but the engine counts it anew at every level.
 */
export function nonAdditiveMetrics(metrics: readonly Resolved[], model: Model): Resolved[] {
  const summed = (member: Member): boolean =>
    member.kind === 'simple' && member.aggregation === 'sum' && member.additivity === 'non_additive';
  const bad = new Set(model.members.filter(summed).map(({ key }) => key));
  return metrics.filter(({ key }) => bad.has(key) || memberLineage(model, key).some((below) => bad.has(below)));
}

export function nonAdditiveWarning({ key, label }: Resolved, { metrics, totals }: ReportRequest): ProblemItem {
  const index = metrics.indexOf(key);
  return {
    code: 'non_additive',
    message:
      `“${label}” can’t be added up over days, campaigns or sources: whoever was counted in several rows is counted again. ` +
      `Read it as an upper bound, or ask for the finest rows only.${totals === true ? ' Its total is left out.' : ''}`,
    pointer: index >= 0 ? `/metrics/${index}` : '/metrics',
  };
}
