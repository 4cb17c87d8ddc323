import type { Member, SimpleMetricMember } from './types.js';

/**
 * Whether a metric is a sum of what must not be added up: what a source counted once per row, like reach, or a state.
 * (A distinct count is non-additive, too, but the engine counts it anew at every level.)
 */
export const mustNotAddUp = (member: Member): member is SimpleMetricMember =>
  member.kind === 'simple' && member.aggregation === 'sum' && member.additivity !== 'additive';

/** Why not, as a sentence. @param name what the reader knows the metric by */
export const whyNotAddedUp = (name: string, { additivity }: SimpleMetricMember): string =>
  additivity === 'semi_additive'
    ? `${name} can’t be added up over time: it is a state, not a flow.`
    : `${name} can’t be added up over days, campaigns or sources: whoever was counted in several rows would be counted again.`;
