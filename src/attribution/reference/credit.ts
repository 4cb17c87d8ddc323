/** What each model gives to each touch of a conversion; see `journeys.ts` for what this is for. */
import { amountsByCredit, creditsByWeight } from '../exact/apportion.js';
import { minorUnit } from '../exact/currency.js';
import { decayWeight } from '../exact/decay.js';
import { firstOfTwo, WHOLE_CREDIT, type Weighing } from '../models/models.js';
import type { Parameters } from '../models/parameters.js';
import { channelOf, conversionsOf, type Conversion, type Customer, type Touchpoint } from './journeys.js';

/** A row of `attribution_credit`. */
export interface CreditRow {
  readonly conversion: Conversion;
  /** Null where the conversion has no touch. */
  readonly touch: Touchpoint | null;
  readonly sequence: number;
  readonly count: number;
  /** Billionths and amounts, in the order of the models. */
  readonly credits: readonly bigint[];
  readonly revenues: readonly bigint[];
}

export function attribute(customers: readonly Customer[], parameters: Parameters): CreditRow[] {
  return customers.flatMap((customer) =>
    conversionsOf(customer, parameters).flatMap((conversion) => rowsOf(conversion, parameters)),
  );
}

function rowsOf(conversion: Conversion, parameters: Parameters): CreditRow[] {
  const { path, revenue, counts } = conversion;
  if (path.length === 0) {
    const credit = counts ? BigInt(WHOLE_CREDIT) : 0n;
    return [
      {
        conversion,
        touch: null,
        sequence: 0,
        count: 0,
        credits: parameters.models.map(() => credit),
        revenues: parameters.models.map(() => revenue),
      },
    ];
  }
  const credits = parameters.models.map(({ weighing }) => creditsOf(path, weighing, parameters));
  const revenues = credits.map((each) => amountsByCredit(revenue, each, minorUnit(conversion.currency)));
  return path.map((touch, index) => ({
    conversion,
    touch,
    sequence: index + 1,
    count: path.length,
    credits: credits.map((each) => each[index] ?? 0n),
    revenues: revenues.map((each) => each[index] ?? 0n),
  }));
}

export function creditsOf(
  path: readonly Touchpoint[],
  weighing: Weighing,
  { by }: Pick<Parameters, 'by'>,
): readonly bigint[] {
  const count = path.length;
  switch (weighing.kind) {
    case 'first':
      return creditsByWeight(path.map((_, index) => (index === 0 ? 1n : 0n)));
    case 'last':
      return creditsByWeight(path.map((_, index) => (index === count - 1 ? 1n : 0n)));
    case 'linear':
      return creditsByWeight(path.map(() => 1n));
    case 'decay': {
      const latest = path.at(-1)?.at ?? 0;
      return creditsByWeight(path.map(({ at }) => decayWeight(latest - at, weighing.half_life_ms)));
    }
    case 'position':
      return positionCredits(count, weighing);
    case 'places':
      return creditsByWeight(
        path.map((_, index) =>
          BigInt(
            weighing.start[index] ??
              (count - index <= weighing.end.length ? weighing.end[count - index - 1] : undefined) ??
              weighing.middle,
          ),
        ),
      );
    case 'channels': {
      const weights = new Map(weighing.weights);
      const channels = path.map((touch) => channelOf(touch, by));
      const times = new Map<string, bigint>();
      for (const channel of channels) times.set(channel, (times.get(channel) ?? 0n) + 1n);
      return creditsByWeight(
        channels.map((channel) => {
          const weight = BigInt(weights.get(channel) ?? weighing.other);
          return weighing.spread ? weight / (times.get(channel) ?? 1n) : weight;
        }),
      );
    }
    default:
      return weighing satisfies never;
  }
}

/** One touch takes all, two share by the outer shares, more share the middle evenly, what is left to the earliest. */
function positionCredits(count: number, weighing: Weighing & { kind: 'position' }): bigint[] {
  const { first, middle, last } = weighing;
  const whole = BigInt(WHOLE_CREDIT);
  if (count === 1) return [whole];
  if (count === 2) {
    const share = BigInt(firstOfTwo(weighing));
    return [share, whole - share];
  }
  const between = BigInt(count - 2);
  const even = BigInt(middle) / between;
  const left = BigInt(middle) % between;
  return Array.from({ length: count }, (_, index) => {
    if (index === 0) return BigInt(first);
    if (index === count - 1) return BigInt(last);
    return even + (BigInt(index) <= left ? 1n : 0n);
  });
}
