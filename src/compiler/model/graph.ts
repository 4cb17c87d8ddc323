/** What follows from members naming each other: cycles, formulas that grow too large, quarantine of dependants. */
import { buildsOnFault, fault } from '../diagnostics/diagnostic.js';
import { nesting } from '../formula/nesting.js';
import { FORMULA_LIMITS } from '../formula/tokens.js';
import type { FormulaNode } from '../formula/types.js';
import { mustNotAddUp, whyNotAddedUp } from './additivity.js';
import { keysAround } from './around.js';
import { memberLineage } from './lineage.js';
import type { Diagnostic, Member } from './types.js';

/** Parts that a formula may have once the formulas that it names are written out: beyond that, no engine could plan it. */
const MOST_PARTS = 2_000;

interface Expansion {
  readonly nodes: number;
  readonly depth: number;
}

/** Adds what is wrong between members; a member with a fault is quarantined, and so is all that depends on it. */
export function checkGraph(members: readonly Member[]): Member[] {
  const byKey = new Map(members.map((member) => [member.key, member]));
  const cycles = findCycles(byKey);
  const order = dependenciesFirst(byKey);
  const expansions = new Map<string, Expansion>();
  const checked = new Map<string, Member>();
  const around = keysAround(members);
  for (const key of order) {
    const member = byKey.get(key);
    if (!member) continue;
    const found: Diagnostic[] = [];
    const cycle = cycles.get(key);
    if (cycle) {
      const message = `The ${partOf(member)} leads back to itself: ${cycle.join(' → ')}. Remove one of these references.`;
      found.push(fault('cycle', pointerOf(member), message));
    } else {
      const expansion = expand(member, expansions);
      expansions.set(key, expansion);
      found.push(...sizeFaults(expansion));
      found.push(...windowFaults(member, around, checked), ...addedUpFaults(member, members));
      found.push(...dependencyFaults(member, checked));
    }
    checked.set(key, withFaults(member, found));
  }
  return members.map((member) => checked.get(member.key) ?? member);
}

function withFaults(member: Member, found: readonly Diagnostic[]): Member {
  if (found.length === 0) return member;
  return { ...member, diagnostics: [...member.diagnostics, ...found], status: 'quarantined' };
}

function dependencyFaults(member: Member, checked: ReadonlyMap<string, Member>): Diagnostic[] {
  return member.depends_on.flatMap((key) => {
    const dependency = checked.get(key);
    if (dependency?.status !== 'quarantined') return [];
    const cause = dependency.diagnostics.find(({ severity }) => severity === 'error');
    return [buildsOnFault(pointerOf(member), key, cause)];
  });
}

/** Windows over stretches of time put rows together, so that what they look at must be read, and not itself be about time or peers. */
function windowFaults(member: Member, around: ReadonlySet<string>, checked: ReadonlyMap<string, Member>): Diagnostic[] {
  if (member.kind !== 'window' || !around.has(member.window.metric)) return [];
  // What reads rows, attribution or journeys, and formulas over that, is read once for each window.
  const isRead = (key: string): boolean => {
    const found = checked.get(key);
    return found?.kind === 'simple' || (found?.kind === 'formula' && found.depends_on.every(isRead));
  };
  if (isRead(member.window.metric)) return [];
  const { kind, metric } = member.window;
  if (kind === 'previous' || kind === 'share') return [];
  const message = `${metric} looks over time, beside its peers or at customers itself, so it can’t be put together over longer stretches. Make the window over the metric behind it, and build on that.`;
  return [fault('window_of_window', '/window/metric', message)];
}

/** A window or a share adds up what it looks at, at any data. */
function addedUpFaults(member: Member, members: readonly Member[]): Diagnostic[] {
  if (member.kind !== 'window' || member.window.kind === 'previous') return [];
  const { metric } = member.window;
  const behind = [metric, ...memberLineage({ members }, metric)];
  const summed = members.filter(mustNotAddUp).find(({ key }) => behind.includes(key));
  if (summed === undefined) return [];
  const message = `${whyNotAddedUp(summed.key, summed)} A window or share of it would be wrong; look at a distinct count or a metric with the aggregation “last”, or ask for ${summed.key} itself by the grain at which it is reported.`;
  return [fault('non_additive', '/window/metric', message)];
}

/** The part of a definition that names other members. */
function partOf({ kind }: Member): 'formula' | 'window' | 'filter' | 'conversion' {
  switch (kind) {
    case 'window':
    case 'conversion':
      return kind;
    case 'simple':
      return 'filter';
    case 'formula':
    case 'dimension':
      return 'formula';
    default:
      return kind satisfies never;
  }
}
const pointerOf = (member: Member): string => `/${partOf(member)}`;

function sizeFaults({ nodes, depth }: Expansion): Diagnostic[] {
  if (depth > FORMULA_LIMITS.nesting) {
    const message = `With the formulas that it names written out, this formula nests over ${FORMULA_LIMITS.nesting} deep. Build on fewer levels.`;
    return [fault('formula_too_deep', '/formula', message)];
  }
  if (nodes <= MOST_PARTS) return [];
  const message = `With the formulas that it names written out, this formula has over ${MOST_PARTS} parts. Make it simpler.`;
  return [fault('formula_too_large', '/formula', message)];
}

/** Size of the member's formula with those that it names written out. */
function expand(member: Member, known: ReadonlyMap<string, Expansion>): Expansion {
  const tree = member.kind === 'formula' || member.kind === 'dimension' ? member.tree : null;
  if (tree == null) return { nodes: 1, depth: 0 };
  const nodes = countNodes(tree, (key) => known.get(key)?.nodes ?? 1);
  return {
    nodes: Math.min(nodes, MOST_PARTS + 1),
    // A formula within a formula is wrapped once more.
    depth: nesting(tree, (key) => (known.get(key)?.depth ?? 0) + 1),
  };
}

function countNodes(node: FormulaNode, sizeOf: (key: string) => number): number {
  switch (node.node) {
    case 'member':
      return sizeOf(node.key);
    case 'unary':
      return 1 + countNodes(node.operand, sizeOf);
    case 'binary':
      return 1 + countNodes(node.left, sizeOf) + countNodes(node.right, sizeOf);
    case 'call':
      return node.args.reduce((sum, arg) => sum + countNodes(arg, sizeOf), 1);
    case 'number':
    case 'string':
    case 'boolean':
      return 1;
    default:
      return node satisfies never;
  }
}

/** Keys in an order in which each comes after those that it depends on (as far as there are no cycles). */
function dependenciesFirst(byKey: ReadonlyMap<string, Member>): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  for (const root of byKey.keys()) {
    const stack = [{ key: root, done: false }];
    for (let top = stack.pop(); top; top = stack.pop()) {
      if (top.done) order.push(top.key);
      else if (!seen.has(top.key)) {
        seen.add(top.key);
        stack.push({ key: top.key, done: true });
        for (const key of byKey.get(top.key)?.depends_on ?? []) stack.push({ key, done: false });
      }
    }
  }
  return order;
}

/** For each member that leads back to itself, the shortest way round, beginning and ending with its key. */
function findCycles(byKey: ReadonlyMap<string, Member>): ReadonlyMap<string, readonly string[]> {
  const cycles = new Map<string, readonly string[]>();
  for (const key of byKey.keys()) {
    const way = wayBack(key, byKey);
    if (way) cycles.set(key, way);
  }
  return cycles;
}

function wayBack(start: string, byKey: ReadonlyMap<string, Member>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
    for (const next of byKey.get(key)?.depends_on ?? []) {
      if (next === start) {
        const way = [key, start];
        for (let step = key; step !== start;) {
          step = cameFrom.get(step) ?? start;
          way.unshift(step);
        }
        return way;
      }
      if (!cameFrom.has(next)) {
        cameFrom.set(next, key);
        queue.push(next);
      }
    }
  }
  return undefined;
}
