/**
 * An absorbing Markov chain over channels. P(conversion) and each channel's removal effect are solved exactly:
 * (I − Q)·x = R, where Q are the probabilities of stepping between states and R those of converting next.
 */
import { lusolve, sparse } from 'mathjs';

/** \u001f between the channels of a state. */
const SEPARATOR = '\u001f';
const START = 's';
const CONVERSION = 'v';

export interface Step {
  readonly source: string;
  readonly target: string;
  readonly count: number;
}

export interface ChannelEffect {
  readonly channel: string;
  /** 1 − P(conversion without the channel) / P(conversion). */
  readonly removal_effect: number;
  /** Its part of the sum of all removal effects. */
  readonly share: number;
}

export interface Chain {
  readonly conversion_probability: number;
  readonly effects: readonly ChannelEffect[];
}

/** The channel that a state stands at: the last of those that it remembers, without its mark. */
const channelOf = (state: string): string => state.slice(state.lastIndexOf(SEPARATOR) + 2);

export function chainOf(steps: readonly Step[]): Chain {
  const states = [...new Set(steps.map(({ source }) => source))].sort();
  const channels = [...new Set(states.filter((state) => state !== START).map(channelOf))].sort();
  const whole = conversionProbability(steps, states, null);
  const effects = channels.map((channel) => ({
    channel,
    effect: whole === 0 ? 0 : Math.max(0, 1 - conversionProbability(steps, states, channel) / whole),
  }));
  const sum = effects.reduce((total, { effect }) => total + effect, 0);
  return {
    conversion_probability: whole,
    effects: effects.map(({ channel, effect }) => ({
      channel,
      removal_effect: effect,
      share: sum === 0 ? 0 : effect / sum,
    })),
  };
}

/** Whoever steps to the removed channel never converts. */
function conversionProbability(steps: readonly Step[], states: readonly string[], removed: string | null): number {
  const kept = states.filter((state) => state === START || channelOf(state) !== removed);
  const place = new Map(kept.map((state, index) => [state, index]));
  const start = place.get(START);
  if (start === undefined) return 0;
  const totals = new Map<string, number>();
  for (const { source, count } of steps) totals.set(source, (totals.get(source) ?? 0) + count);
  const system = kept.map((_, row) => kept.map((_state, column): number => (row === column ? 1 : 0)));
  const right = kept.map(() => [0]);
  for (const { source, target, count } of steps) {
    const from = place.get(source);
    if (from === undefined || count === 0) continue;
    const probability = count / (totals.get(source) ?? 1);
    const to = place.get(target);
    const row = system[from];
    if (target === CONVERSION) right[from] = [(right[from]?.[0] ?? 0) + probability];
    else if (to !== undefined && row) row[to] = (row[to] ?? 0) - probability;
  }
  const values = lusolve(sparse(system), right).toArray() as number[][];
  return values[start]?.[0] ?? 0;
}
