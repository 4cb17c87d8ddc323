import type { Model } from '../compiler/model/types.js';

const camelCase = (key: string): string => key.replace(/_+([a-z0-9])/g, (_match, next: string) => next.toUpperCase());

/**
 * GraphQL name → key, for every valid member: `campaign_name` is `campaignName`. Where two keys would meet in one name
 * (`a_1`, `a1`), the later one keeps its key as name. In the order of the members.
 */
export function fieldNames(model: Model): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const member of model.members) {
    if (member.status !== 'valid') continue;
    const name = camelCase(member.key);
    if (!names.has(name) && name !== 'and' && name !== 'or') names.set(name, member.key);
    else if (!names.has(member.key)) names.set(member.key, member.key);
  }
  return names;
}
