/**
 * Bootstrap of channels' shares: customers stand in 256 parts by a digest of their id, the same on every engine; parts
 * are drawn anew, with repetition, and the shares worked out again from what was drawn.
 */
export const PARTS = 256;

/** Below so many conversions, or so many a channel, shares are called ones of too little data. */
const LEAST_CONVERSIONS = 100;
const LEAST_PER_CHANNEL = 10;

export interface Confidence {
  readonly resamples: number;
  readonly seed: number;
  /** Part of the samples that lies within the interval, such as 0.95. */
  readonly level: number;
}

/** How often each part counts; null for each once. */
export type PartWeights = readonly number[] | null;
export type Shares = ReadonlyMap<string, number>;
export type Intervals = ReadonlyMap<string, readonly [number, number]>;

/** What a part of the customers gives to a channel, in whatever is summed. */
export interface PartCredit {
  readonly part: number;
  readonly channel: string;
  readonly credit: number;
}

export const isTooLittleData = (conversions: number, channels: number): boolean =>
  conversions < Math.max(LEAST_CONVERSIONS, LEAST_PER_CHANNEL * channels);

/** Intervals of the shares that `sharesOf` finds; a channel that a sample lacks has no share in it. */
export function shareIntervals(
  sharesOf: (weights: PartWeights) => Shares,
  { resamples, seed, level }: Confidence,
): Intervals {
  const random = randomOf(seed);
  const samples = new Map<string, number[]>([...sharesOf(null).keys()].map((channel) => [channel, []]));
  for (let n = 0; n < resamples; n++) {
    const shares = sharesOf(drawnParts(random));
    for (const [channel, list] of samples) list.push(shares.get(channel) ?? 0);
  }
  return new Map([...samples].map(([channel, list]) => [channel, interval(list, level)]));
}

/** Each channel's part of all credit, where that is a plain sum over customers. */
export function creditShares(credits: readonly PartCredit[], weights: PartWeights): Shares {
  const sums = new Map<string, number>();
  let whole = 0;
  for (const { part, channel, credit } of credits) {
    const counted = credit * timesOf(part, weights);
    sums.set(channel, (sums.get(channel) ?? 0) + counted);
    whole += counted;
  }
  return new Map([...sums].map(([channel, sum]) => [channel, whole === 0 ? 0 : sum / whole]));
}

export const timesOf = (part: number, weights: PartWeights): number => (weights === null ? 1 : (weights[part] ?? 0));

/** A small generator of numbers in [0, 1), the same everywhere for a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How often each part was drawn. */
function drawnParts(random: () => number): number[] {
  const drawn = Array.from({ length: PARTS }, () => 0);
  for (let n = 0; n < PARTS; n++) {
    const part = Math.floor(random() * PARTS);
    drawn[part] = (drawn[part] ?? 0) + 1;
  }
  return drawn;
}

/** Between which values the middle `level` of the samples lie. */
function interval(samples: readonly number[], level: number): readonly [number, number] {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))] ?? 0;
  return [at((1 - level) / 2), at((1 + level) / 2)];
}
