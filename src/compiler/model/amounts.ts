/** Which metrics read amounts of money from rows. */
import type { FieldRef, Member, SimpleMetricMember } from './types.js';

const nameOf = (field: FieldRef): string => JSON.stringify(field);

/** Fields that some metric declares to be money. */
export const moneyFields = (members: readonly Member[]): ReadonlySet<string> =>
  new Set(
    members.flatMap((each) => (each.kind === 'simple' && each.data_type === 'currency' ? [nameOf(each.field)] : [])),
  );

export const isMoneyField = (field: FieldRef | null, fields: ReadonlySet<string>): boolean =>
  field !== null && fields.has(nameOf(field));

/** Whether the metric is over amounts: of money itself, or weighted by money. */
export const readsAmounts = (member: SimpleMetricMember, fields: ReadonlySet<string>): boolean =>
  member.data_type === 'currency' || isMoneyField(member.weight, fields);
