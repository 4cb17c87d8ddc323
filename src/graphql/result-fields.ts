/** The fields of a row: one for each member, and those that a comparison and top values add. */
import { GraphQLBoolean, GraphQLFloat, type GraphQLOutputType } from 'graphql';
import type { Member, Model } from '../compiler/model/types.js';
import { isAttributed } from '../compiler/query/attribution.js';
import { changeName, otherName, previousName } from '../compiler/query/columns.js';
import { CHANGE, fieldNames, OTHER, PREVIOUS } from './field-names.js';
import { describe, outputTypeOf } from './inputs.js';

export interface ResultField {
  /** In GraphQL. */
  readonly name: string;
  /** Of the result. */
  readonly column: string;
  readonly member: Member;
  readonly type: GraphQLOutputType;
  readonly description: string;
  /** The argument without which there is no such column. */
  readonly needs: 'compare' | 'top' | null;
  /** Whether it may name an attribution model. */
  readonly isAttributed: boolean;
}

/** In the order of the members. Names are stable: they depend on the keys alone. */
export function resultFields(model: Model): ResultField[] {
  const names = fieldNames(model);
  const members = new Map(model.members.map((member) => [member.key, member]));
  return [...names].flatMap(([name, key]): ResultField[] => {
    const member = members.get(key);
    if (member === undefined) return [];
    const type = outputTypeOf(member);
    const own = {
      ...{ name, column: key, member, type, description: describe(member), needs: null },
      isAttributed: isAttributed(member, model),
    };
    if (member.kind === 'dimension') {
      const column = otherName(key);
      const description = `With \`top\`: true in the row for all other values of ${member.label} together.`;
      return [own, { ...own, name: `${name}${OTHER}`, column, type: GraphQLBoolean, description, needs: 'top' }];
    }
    const [before, change] = [previousName(key), changeName(key)];
    const needs = 'compare';
    return [
      own,
      {
        ...own,
        ...{ name: `${name}${PREVIOUS}`, column: before, member, type, needs },
        description: `With \`compare\`: ${member.label} in the range compared with.`,
      },
      {
        ...own,
        ...{ name: `${name}${CHANGE}`, column: change, member, type: GraphQLFloat, needs },
        description: `With \`compare\`: change of ${member.label} since the range compared with, as a fraction.`,
      },
    ];
  });
}
