import type { Model } from './types.js';

/** Keys of all members behind `key`, however deep, sorted; without `key` itself. */
export function memberLineage(model: Model, key: string): string[] {
  const byKey = new Map(model.members.map((member) => [member.key, member]));
  const seen = new Set<string>();
  const visit = (name: string): void => {
    for (const dependency of byKey.get(name)?.depends_on ?? []) {
      if (seen.has(dependency)) continue;
      seen.add(dependency);
      visit(dependency);
    }
  };
  visit(key);
  seen.delete(key);
  return [...seen].sort();
}
