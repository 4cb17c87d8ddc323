/**
 * Members that are calculated around the grouped query over rows: windows, conversions, metrics over other relations, and
 * formulas that build on them.
 */
import { memberLineage } from './lineage.js';
import type { Member, Model, WindowMetricMember } from './types.js';

const known = new WeakMap<readonly Member[], ReadonlySet<string>>();

/** Their keys. Of them, only metrics over relations are in the Cube model. */
export function keysAround(members: readonly Member[]): ReadonlySet<string> {
  const found = known.get(members);
  if (found !== undefined) return found;
  const around = new Set(
    members
      .filter((member) => member.kind === 'window' || member.kind === 'conversion' || isOfRelation(member))
      .map(({ key }) => key),
  );
  const formulas = members.filter(({ kind }) => kind === 'formula');
  for (let before = -1; before < around.size;) {
    before = around.size;
    for (const { key, depends_on } of formulas) if (depends_on.some((each) => around.has(each))) around.add(key);
  }
  known.set(members, around);
  return around;
}

const isOfRelation = (member: Member): boolean => member.kind === 'simple' && member.field.kind === 'relation';

/** The windows that a metric is made of: itself, if it is one, and those behind it. */
export const windowsIn = (key: string, model: Model): WindowMetricMember[] =>
  behind(key, model).filter((member) => member.kind === 'window');

/** Whether its value depends on where the time of a request begins and ends, and not only on the rows that it is of. */
export const looksOverTime = (key: string, model: Model): boolean =>
  behind(key, model).some(
    (member) => member.kind === 'conversion' || (member.kind === 'window' && member.window.kind !== 'share'),
  );

/** For models, which never change, by key. */
const traced = new WeakMap<readonly Member[], Map<string, readonly Member[]>>();

/** The member and all behind it. */
export function behind(key: string, model: Model): readonly Member[] {
  const { members } = model;
  const found = traced.get(members) ?? new Map<string, readonly Member[]>();
  traced.set(members, found);
  const before = found.get(key);
  if (before !== undefined) return before;
  const keys = new Set([key, ...memberLineage(model, key)]);
  const all = members.filter((member) => keys.has(member.key));
  found.set(key, all);
  return all;
}
