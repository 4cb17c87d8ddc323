/** Who stands for whom, after merges of customer ids. Pure. */

/** One merge that holds. Each id is merged into at most one other. */
export interface Merge {
  readonly from: string;
  readonly to: string;
}

/** The id that stands for a customer: the end of the chain of merges. */
export function canonicalOf(customer: string, merges: ReadonlyMap<string, string>): string {
  let current = customer;
  for (let steps = 0; steps <= merges.size; steps++) {
    const next = merges.get(current);
    if (next === undefined) return current;
    current = next;
  }
  throw new Error('Merges of customers go round in a circle.');
}

/** All ids that a customer stands for, itself included, sorted. */
export function membersOf(canonical: string, merges: readonly Merge[]): string[] {
  const found = new Set([canonical]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { from, to } of merges) if (found.has(to)) found.add(from);
  }
  return [...found].sort();
}
