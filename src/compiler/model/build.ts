/** From definitions to a checked model: what an organisation's names mean, and which of them can be used. */
import { deepFreeze } from '../../common/deep-freeze.js';
import { checkMember } from './check-member.js';
import { checkGraph } from './graph.js';
import { nameTable } from './names.js';
import { formulaScope, rowScope } from './scopes.js';
import type { Member, MemberDefinition, Model, ModelSettings } from './types.js';

export interface ModelSource {
  readonly standard: readonly MemberDefinition[];
  /** Of several definitions with the same key the first is kept, and quarantined. */
  readonly organization: readonly MemberDefinition[];
  readonly settings: ModelSettings;
}

/**
 * Builds the model, frozen, with members ordered by key. An organisation's definition takes the place of the standard
 * one with the same key. A member with an error is quarantined together with all that depends on it; nothing else is.
 * Never throws for a wrong definition: what is wrong stands in the member's `diagnostics`.
 */
export function buildModel({ standard, organization, settings }: ModelSource): Model {
  const names = nameTable(standard, organization);
  const definitions = [...names.definitions.values()];
  const [formulas, fields] = [formulaScope(names), rowScope(names)];
  const check = (isDimension: boolean, rows: Model): Member[] =>
    definitions
      .filter(({ definition }) => (definition.metric_type === 'dimension') === isDimension)
      .map((named) => checkMember(named, { names, formulas, fields, rows }));
  const rows: Model = { members: check(true, { members: [], settings }), settings };
  const members = [...rows.members, ...check(false, rows)].sort((a, b) => (a.key < b.key ? -1 : 1));
  return deepFreeze({ members: checkGraph(members), settings: { ...settings } });
}

/** The member that a key or alias leads to, with the alias if it was one. */
export function resolveMember(
  model: Model,
  name: string,
): { readonly member: Member; readonly alias?: string } | undefined {
  const member = model.members.find(({ key }) => key === name);
  if (member) return { member };
  const meant = model.members.find(({ aliases }) => aliases.includes(name));
  return meant && { member: meant, alias: name };
}

/** Keys of all members that build on `key`, however far, sorted. */
export function dependants(model: Model, key: string): string[] {
  const found = new Set<string>();
  const queue = [key];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const member of model.members) {
      if (!found.has(member.key) && member.depends_on.includes(next)) {
        found.add(member.key);
        queue.push(member.key);
      }
    }
  }
  found.delete(key);
  return [...found].sort();
}
