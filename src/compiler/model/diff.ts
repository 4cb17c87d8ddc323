/** What differs between two models, in the words of `GET /api/marketing/model`. */
import { canonicalJson } from './snapshot.js';
import type { FieldRef, Member, Model } from './types.js';

export interface FieldChange {
  /** e.g. `formula`, `label`, `expression`, `status`. */
  readonly field: string;
  /** Null where there was none. */
  readonly before: unknown;
  readonly after: unknown;
}
export interface MemberSummary {
  readonly key: string;
  readonly label: string;
  readonly metric_type: 'metric' | 'dimension';
}
export interface MemberChange extends MemberSummary {
  readonly fields: readonly FieldChange[];
}
export interface ModelDiff {
  /** Each list is ordered by key. */
  readonly added: readonly MemberSummary[];
  readonly removed: readonly MemberSummary[];
  readonly changed: readonly MemberChange[];
  /** Settings of the organisation that change what its numbers mean. */
  readonly settings: readonly FieldChange[];
}
export interface ChangeCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** @param before null for the time before the first publication: everything was added then */
export function diffModels(before: Model | null, after: Model): ModelDiff {
  const old = new Map((before?.members ?? []).map((member) => [member.key, member]));
  const now = new Map(after.members.map((member) => [member.key, member]));
  return {
    added: after.members.filter(({ key }) => !old.has(key)).map(summary),
    removed: [...old.values()].filter(({ key }) => !now.has(key)).map(summary),
    changed: after.members.flatMap((member): MemberChange[] => {
      const earlier = old.get(member.key);
      if (!earlier || earlier === member) return [];
      const fields = fieldChanges(presented(earlier), presented(member));
      return fields.length === 0 ? [] : [{ ...summary(member), fields }];
    }),
    settings: before === null ? [] : fieldChanges({ ...before.settings }, { ...after.settings }),
  };
}

export const countChanges = ({ added, removed, changed }: ModelDiff): ChangeCounts => ({
  added: added.length,
  removed: removed.length,
  changed: changed.length,
});

/** Properties that differ, by name. A property that is absent counts as null. */
export function fieldChanges(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): FieldChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((field): FieldChange[] => {
    const change = { field, before: before[field] ?? null, after: after[field] ?? null };
    return canonicalJson(change.before) === canonicalJson(change.after) ? [] : [change];
  });
}

const summary = (member: Member): MemberSummary => ({
  key: member.key,
  label: member.label,
  metric_type: metricType(member),
});
const metricType = (member: Member): 'metric' | 'dimension' => (member.kind === 'dimension' ? 'dimension' : 'metric');

/** A member as people write it: places as text, and without what follows from the rest. */
function presented(member: Member): Record<string, unknown> {
  const {
    tree: _tree,
    field,
    weight,
    kind: _kind,
    diagnostics,
    ...plain
  } = {
    tree: null,
    field: null,
    weight: null,
    ...member,
  };
  return {
    ...plain,
    metric_type: metricType(member),
    expression: field && fieldText(field),
    weight: weight && fieldText(weight),
    diagnostics: diagnostics.map(({ severity, message }) => `${severity}: ${message}`),
  };
}

/** The notation of `expression`, as `parseFieldRef` reads it. */
export function fieldText(field: FieldRef): string {
  switch (field.kind) {
    case 'rows':
      return '*';
    case 'column':
      return field.column;
    case 'payload':
      return (field.root === 'data_payload' ? field.path : [field.root, ...field.path]).join('.');
    case 'relation':
      return [field.relation, ...(field.model === null ? [] : [field.model]), field.column].join('.');
    default:
      return field satisfies never;
  }
}

/**
 * Text that is equal exactly when two members mean the same number: its own calculation and, however deep, that of the
 * metrics behind it. Labels, descriptions and aliases are no part of it.
 */
export function memberMeaning(model: Model, key: string): string {
  const byKey = new Map(model.members.map((member) => [member.key, member]));
  const seen = new Set<string>();
  const collect = (name: string): unknown[] => {
    const member = byKey.get(name);
    if (!member || seen.has(name)) return [];
    seen.add(name);
    return [calculation(member), ...member.depends_on.flatMap(collect)];
  };
  return canonicalJson(collect(key));
}

function calculation(member: Member): Record<string, unknown> {
  const {
    label: _label,
    description: _description,
    category: _category,
    aliases: _aliases,
    origin: _origin,
    standard_key: _standard,
    diagnostics: _diagnostics,
    tree: _tree,
    ...meaning
  } = { tree: null, ...member };
  return meaning;
}
