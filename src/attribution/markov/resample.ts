/** Bootstrap: customers stand in 256 parts by a digest of their id; parts are drawn anew, with repetition. */
import { chainOf, type Step } from './chain.js';

export const PARTS = 256;

export interface PartStep extends Step {
  readonly part: number;
}

/** A small generator of numbers in [0, 1), the same everywhere for a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How often each part was drawn. */
export function drawnParts(random: () => number): number[] {
  const drawn = Array.from({ length: PARTS }, () => 0);
  for (let n = 0; n < PARTS; n++) {
    const part = Math.floor(random() * PARTS);
    drawn[part] = (drawn[part] ?? 0) + 1;
  }
  return drawn;
}

/** All parts together, each as often as it was drawn. */
export function merged(steps: readonly PartStep[], weights: readonly number[] | null): Step[] {
  const counts = new Map<string, { source: string; target: string; count: number }>();
  for (const { source, target, part, count } of steps) {
    const weight = weights === null ? 1 : (weights[part] ?? 0);
    if (weight === 0) continue;
    const key = JSON.stringify([source, target]);
    const known = counts.get(key);
    if (known) known.count += count * weight;
    else counts.set(key, { source, target, count: count * weight });
  }
  return [...counts.values()].sort((a, b) => compare(a.source, b.source) || compare(a.target, b.target));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Between which values the middle `level` of the samples lie. */
export function interval(samples: readonly number[], level: number): readonly [number, number] {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))] ?? 0;
  return [at((1 - level) / 2), at((1 + level) / 2)];
}

/** Intervals of the channels' shares. */
export function shareIntervals(
  steps: readonly PartStep[],
  { resamples, seed, level }: { readonly resamples: number; readonly seed: number; readonly level: number },
): ReadonlyMap<string, readonly [number, number]> {
  const random = randomOf(seed);
  const samples = new Map<string, number[]>();
  for (const { channel } of chainOf(merged(steps, null)).effects) samples.set(channel, []);
  for (let n = 0; n < resamples; n++) {
    const shares = new Map(
      chainOf(merged(steps, drawnParts(random))).effects.map((each) => [each.channel, each.share]),
    );
    for (const [channel, list] of samples) list.push(shares.get(channel) ?? 0);
  }
  return new Map([...samples].map(([channel, list]) => [channel, interval(list, level)]));
}
