import { unprocessable, type Problem, type ProblemItem } from '../common/problem.js';
import type { Diagnostic, Member, Model } from '../compiler/model/types.js';

/** @throws Error when there is none: the caller knows that there must be */
export function memberOf(model: Model, key: string): Member {
  const member = model.members.find((candidate) => candidate.key === key);
  if (!member) throw new Error(`The model lost the member ${key}`);
  return member;
}

/** What is wrong with the definition itself, not with those that it builds on. */
export const ownFaults = (member: Member): Diagnostic[] =>
  member.diagnostics.filter(({ severity, code }) => severity === 'error' && code !== 'depends_on_quarantined');

export const problemItem = (diagnostic: Diagnostic): ProblemItem => ({
  code: diagnostic.code,
  message: diagnostic.message,
  pointer: diagnostic.pointer,
  ...(diagnostic.range ? { range: diagnostic.range } : {}),
  ...(diagnostic.suggestions?.length ? { suggestions: diagnostic.suggestions } : {}),
});

export const invalidDefinition = (items: readonly ProblemItem[]): Problem =>
  unprocessable('invalid_definition', items[0]?.message ?? '', items);
