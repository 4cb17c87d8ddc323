import type { Model } from './types.js';

/**
 * Keys of all members behind `key`, however deep, sorted; without `key` itself. What is behind a dimension that chooses
 * or groups rows is no part of a metric's number, so it is left out.
 */
export function memberLineage(model: Model, key: string): string[] {
  const byKey = new Map(model.members.map((member) => [member.key, member]));
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const member = byKey.get(name);
    if (member?.kind === 'dimension' && name !== key) return;
    for (const dependency of member?.depends_on ?? []) {
      if (seen.has(dependency)) continue;
      seen.add(dependency);
      visit(dependency);
    }
  };
  visit(key);
  seen.delete(key);
  return [...seen].sort();
}
