/** Steps of journeys by part of the customers, brought together; what the chain is solved over. */
import { timesOf, type PartWeights, type Shares } from '../bootstrap/resample.js';
import { chainOf, type Step } from './chain.js';

export interface PartStep extends Step {
  readonly part: number;
}

/** All parts together, each as often as it counts. */
export function merged(steps: readonly PartStep[], weights: PartWeights): Step[] {
  const counts = new Map<string, { source: string; target: string; count: number }>();
  for (const { source, target, part, count } of steps) {
    const times = timesOf(part, weights);
    if (times === 0) continue;
    const key = JSON.stringify([source, target]);
    const known = counts.get(key);
    if (known) known.count += count * times;
    else counts.set(key, { source, target, count: count * times });
  }
  return [...counts.values()].sort((a, b) => compare(a.source, b.source) || compare(a.target, b.target));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Each channel's part of the sum of all removal effects. */
export const chainShares = (steps: readonly PartStep[], weights: PartWeights): Shares =>
  new Map(chainOf(merged(steps, weights)).effects.map(({ channel, share }) => [channel, share]));
