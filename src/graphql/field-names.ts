import type { Model } from '../compiler/model/types.js';

const camelCase = (key: string): string => key.replace(/_+([a-z0-9])/g, (_match, next: string) => next.toUpperCase());

/** What a comparison and top values add to a row: fields called like a member's, with these endings. */
export const PREVIOUS = 'Previous';
export const CHANGE = 'Change';
export const OTHER = 'Other';

/**
 * GraphQL name → key, for every valid member: `campaign_name` is `campaignName`. Where two keys would meet in one name
 * (`a_1`, `a1`), the later one keeps its key as name; so does one that would be called like what a comparison or top
 * values add to another (`spend_previous`). In the order of the members.
 */
export function fieldNames(model: Model): ReadonlyMap<string, string> {
  const valid = model.members.filter(({ status }) => status === 'valid');
  const added = new Set(
    valid.flatMap(({ key, kind }) =>
      (kind === 'dimension' ? [OTHER] : [PREVIOUS, CHANGE]).map((ending) => `${camelCase(key)}${ending}`),
    ),
  );
  const names = new Map<string, string>();
  for (const { key } of valid) {
    const name = camelCase(key);
    if (!names.has(name) && !added.has(name) && name !== 'and' && name !== 'or') names.set(name, key);
    else if (!names.has(key)) names.set(key, key);
  }
  return names;
}
