/** Which members exist for an asker, and which are masked: by what a policy names, and by what follows from that. */
import type { FieldRef, Member, Model } from './types.js';

export interface MemberRules {
  /** Keys of members that don't exist for the asker. */
  readonly hidden: readonly string[];
  /** Keys of members that the asker may name, and whose values read as null. */
  readonly masked: readonly string[];
  /** Keys of members that stay as they are although they come from a hidden or masked one. */
  readonly granted: readonly string[];
}

export interface Visibility {
  readonly hidden: ReadonlySet<string>;
  /** Without what is hidden. */
  readonly masked: ReadonlySet<string>;
}

export const SEES_ALL: MemberRules = Object.freeze({ hidden: [], masked: [], granted: [] });
export const ALL_VISIBLE: Visibility = Object.freeze({ hidden: new Set<string>(), masked: new Set<string>() });

/**
 * What a rule names takes with it whatever would tell the same: members that read the same field, and all that is
 * calculated from it, filters by it, or looks at it over time; unless that is granted by name.
 */
export function visibilityOf(model: Model, { hidden, masked, granted }: MemberRules): Visibility {
  if (hidden.length + masked.length === 0) return ALL_VISIBLE;
  const gone = closure(model, keysOf(model, hidden), new Set(keysOf(model, granted)));
  const veiled = closure(model, keysOf(model, masked), new Set(keysOf(model, granted)));
  return { hidden: gone, masked: new Set([...veiled].filter((key) => !gone.has(key))) };
}

/** The model as it is for the asker: nothing hidden is in it, nor named by what is. */
export function visibleModel(model: Model, rules: MemberRules): Model {
  if (rules.hidden.length === 0) return model;
  const { hidden } = visibilityOf(model, rules);
  const members = model.members
    .filter(({ key }) => !hidden.has(key))
    .map((member) => (member.depends_on.some((key) => hidden.has(key)) ? withoutMaking(member, hidden) : member));
  return { ...model, members };
}

/** A member that was granted although hidden ones are behind it: how it is made stays untold. */
function withoutMaking(member: Member, hidden: ReadonlySet<string>): Member {
  const depends_on = member.depends_on.filter((key) => !hidden.has(key));
  const untold = { depends_on, diagnostics: [], formula: '(not shown)', tree: null };
  if (member.kind === 'dimension') return { ...member, ...untold };
  const { key, standard_key, label, description, category, data_type, unit, additivity, aliases, origin, status } =
    member;
  const shown = {
    key,
    standard_key,
    label,
    description,
    category,
    data_type,
    unit,
    additivity,
    aliases,
    origin,
    status,
  };
  return { ...shown, ...untold, kind: 'formula' };
}

/** A rule may name a member by an alias. What is not there hides nothing, and is hidden should it come. */
function keysOf(model: Model, names: readonly string[]): string[] {
  const byAlias = new Map(model.members.flatMap(({ key, aliases }) => aliases.map((alias) => [alias, key] as const)));
  const keys = new Set(model.members.map(({ key }) => key));
  return names.flatMap((name) => (keys.has(name) ? [name] : [name, ...[byAlias.get(name) ?? []].flat()]));
}

function closure(model: Model, named: readonly string[], granted: ReadonlySet<string>): Set<string> {
  const found = new Set(named);
  const fields = new Set<string>();
  const byKey = new Map(model.members.map((member) => [member.key, member]));
  for (const key of named) {
    const member = byKey.get(key);
    // A base dimension stands for the column of its name.
    if (member === undefined) fields.add(JSON.stringify({ kind: 'column', column: key }));
    else for (const field of fieldsOf(member)) fields.add(field);
  }
  for (const member of model.members)
    if (!granted.has(member.key) && fieldsOf(member).some((field) => fields.has(field))) found.add(member.key);
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { key, depends_on } of model.members)
      if (!granted.has(key) && depends_on.some((each) => found.has(each))) found.add(key);
  }
  return found;
}

/** What a member reads values from; a count of rows or of values tells none of them. */
function fieldsOf(member: Member): string[] {
  if (member.kind === 'dimension') return member.formula === undefined ? fieldText(member.field) : [];
  if (member.kind !== 'simple' || COUNTS.includes(member.aggregation)) return [];
  return fieldText(member.field);
}
const COUNTS: readonly string[] = ['count', 'distinct', 'approx_distinct'];
const fieldText = (field: FieldRef): string[] =>
  field.kind === 'rows'
    ? []
    : [
        JSON.stringify(
          field.kind === 'payload'
            ? { kind: field.kind, root: field.root, path: field.path }
            : field.kind === 'relation'
              ? { kind: 'payload', root: 'data_payload', path: [behindRelation(field.column)] }
              : { kind: field.kind, column: field.column },
        ),
      ];

/** The payload field that a column of a relation was calculated from, and would tell. */
const behindRelation = (column: string): string =>
  column === 'acquisition_cost'
    ? 'spend'
    : ['revenue_amount', 'credited_revenue', 'lifetime_value'].includes(column)
      ? 'revenue'
      : column;
