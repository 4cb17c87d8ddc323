import type { FieldRef, Member, Model } from './types.js';

/**
 * Keys of all members behind `key`, however deep, sorted; without `key` itself. What is behind a dimension that chooses
 * or groups rows is no part of a metric's number, so it is left out.
 */
export function memberLineage(model: Pick<Model, 'members'>, key: string): string[] {
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

/** How a member comes to its value, in the words of its definition. */
export interface Origin extends Pick<Member, 'key' | 'label' | 'kind' | 'depends_on'> {
  /** Where it is read, as in a definition's `expression`; null where it is calculated. */
  readonly reads: string | null;
  readonly weight: string | null;
  readonly aggregation: string | null;
  readonly formula: string | null;
  readonly filter: unknown;
  readonly window: unknown;
  readonly conversion: unknown;
}

/** The members named and all behind them, also the dimensions that choose their rows; by key. */
export function originsOf(model: Model, keys: readonly string[]): Origin[] {
  const byKey = new Map(model.members.map((member) => [member.key, member]));
  const found = new Map<string, Member>();
  const queue = [...keys];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const member = byKey.get(key);
    if (member === undefined || found.has(key)) continue;
    found.set(key, member);
    queue.push(...member.depends_on);
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1)).map(originOf);
}

const originOf = (member: Member): Origin => ({
  key: member.key,
  label: member.label,
  kind: member.kind,
  reads: 'field' in member && !('formula' in member) ? expressionOf(member.field) : null,
  weight: member.kind === 'simple' && member.weight !== null ? expressionOf(member.weight) : null,
  aggregation: member.kind === 'simple' ? member.aggregation : null,
  formula: 'formula' in member ? (member.formula ?? null) : null,
  filter: 'filter' in member ? (member.filter ?? null) : null,
  window: member.kind === 'window' ? member.window : null,
  conversion: member.kind === 'conversion' ? member.conversion : null,
  depends_on: member.depends_on,
});

function expressionOf(field: FieldRef): string {
  switch (field.kind) {
    case 'rows':
      return '*';
    case 'column':
      return field.column;
    case 'payload':
      return [field.root, ...field.path].join('.');
    case 'relation':
      return [field.relation, field.model, field.column].filter((step) => step !== null).join('.');
    default:
      return field satisfies never;
  }
}
