import type { Member, SimpleMetricMember } from './types.js';

/**
 * Whether a metric is a sum of what must not be added up: what a source counted once per row, like reach, or a state.
 * (A distinct count is non-additive, too, but the engine counts it anew at every level.)
 */
export const mustNotAddUp = (member: Member): member is SimpleMetricMember =>
  member.kind === 'simple' && member.aggregation === 'sum' && member.additivity !== 'additive';
