/** The attribution models and their parameters, as plain data. ADR 10 says how credit is counted. */

/** Each looks at one journey at a time. */
export const RULE_MODELS = ['first_touch', 'last_touch', 'linear', 'time_decay', 'position_based'] as const;
/**
 * Each weighs channels by what all journeys show. `shapley` is the path-set form: the value of a set of channels is the
 * number of conversions whose journeys have no channel outside of it; its Shapley value gives each distinct channel of
 * a conversion an equal share, so it needs nothing but that conversion. `markov` is fitted over all journeys of a run.
 */
export const CHANNEL_MODELS = ['markov', 'shapley'] as const;

export type RuleModel = (typeof RULE_MODELS)[number];
export type ChannelModel = (typeof CHANNEL_MODELS)[number];

export const STANDARD_MODELS: readonly (RuleModel | ChannelModel)[] = [...RULE_MODELS, ...CHANNEL_MODELS];

/** What a conversion's credit is counted in: billionths of it. */
export const WHOLE_CREDIT = 1_000_000_000;
/** Largest weight of a touch: a billion times it still fits 64 bits. */
export const MAX_WEIGHT = 9_000_000_000;

/** How a model gives credit to the touches of one conversion; all numbers are non-negative integers. */
export type Weighing =
  | { readonly kind: 'first' | 'last' | 'linear' }
  | { readonly kind: 'decay'; readonly half_life_ms: number }
  /** Shares in billionths, together {@link WHOLE_CREDIT}; the middle's is spread evenly. */
  | { readonly kind: 'position'; readonly first: number; readonly middle: number; readonly last: number }
  /** Weights of the first touches and of the last (nearest to the conversion first), and of each between them. */
  | {
      readonly kind: 'places';
      readonly start: readonly number[];
      readonly middle: number;
      readonly end: readonly number[];
    }
  /** Weights by channel; `spread` shares a channel's weight among its touches instead of giving it to each. */
  | {
      readonly kind: 'channels';
      readonly weights: readonly (readonly [channel: string, weight: number])[];
      readonly other: number;
      readonly spread: boolean;
    };

export interface Model {
  /** A standard model, or the key of one that the organisation has defined. */
  readonly key: string;
  readonly weighing: Weighing;
}

/** What the first of two touches gets: the outer shares between themselves; evenly where both are nothing. */
export function firstOfTwo({ first, last }: Weighing & { kind: 'position' }): number {
  if (first + last === 0) return WHOLE_CREDIT / 2;
  return Number((BigInt(WHOLE_CREDIT) * BigInt(first)) / BigInt(first + last));
}

/** Every distinct channel of a conversion weighs the same, however often it was touched. */
export const SHAPLEY: Weighing = { kind: 'channels', weights: [], other: WHOLE_CREDIT, spread: true };
