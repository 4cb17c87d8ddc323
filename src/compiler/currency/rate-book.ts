/**
 * Exchange rates as they were published, and from them the rate between two currencies on each day: the one published,
 * the reciprocal of its opposite, or the product of two through a third currency. Exact: rounded once, half away from
 * zero, to 18 decimals.
 */
import type { FxSettings } from '../model/types.js';

/** One unit of `base` is worth `rate` units of `quote`. */
export interface Rate {
  readonly base: string;
  readonly quote: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** Plain decimal notation, above zero, at most 18 decimals. */
  readonly rate: string;
  /** Who published it. */
  readonly source: string;
  /** When it was known: ISO 8601, UTC. */
  readonly as_of: string;
}

/** What the days of one currency were converted by. */
export interface RateUse {
  readonly from: string;
  readonly to: string;
  /** `EUR/USD`, `1/(USD/EUR)`, or two of these joined by ` × `; each way that some day went. */
  readonly by: readonly string[];
  readonly sources: readonly string[];
  /** When the latest of the rates was known. */
  readonly as_of: string;
  /** First and last day with a rate. */
  readonly days: readonly [string, string];
  /** Days on which an earlier day’s rate stands in. */
  readonly carried_days: number;
}

/** Rates of one currency, one for each day of a stretch; null where there is none. */
export interface RateSeries {
  readonly rates: readonly (string | null)[];
  /** Null where no day has a rate. */
  readonly use: RateUse | null;
}

const SCALE = 18;
const ONE = 10n ** BigInt(SCALE);
const DAY_MS = 86_400_000;

export const dayNumber = (day: string): number => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

interface Published {
  readonly day: number;
  readonly rate: bigint;
  readonly source: string;
  readonly as_of: string;
}
/** A fraction, and what it was made of. */
interface Leg {
  readonly over: bigint;
  readonly under: bigint;
  readonly by: string;
  readonly from: readonly Published[];
}

export class RateBook {
  private readonly pairs = new Map<string, Published[]>();
  private readonly bases: readonly string[];
  /** First day with a rate, and the last one on which any can stand in; null without rates. */
  readonly span: readonly [number, number] | null;

  constructor(
    rates: readonly Rate[],
    private readonly settings: FxSettings,
  ) {
    for (const { base, quote, day, rate, source, as_of } of rates) {
      const pair = `${base}/${quote}`;
      const published = { day: dayNumber(day), rate: scaled(rate), source, as_of };
      const known = this.pairs.get(pair);
      if (known) known.push(published);
      else this.pairs.set(pair, [published]);
    }
    for (const published of this.pairs.values()) published.sort((a, b) => a.day - b.day);
    this.bases = settings.via === null ? [...new Set(rates.map(({ base }) => base))].sort() : [settings.via];
    const days = [...this.pairs.values()].flatMap((published) => [published[0]?.day ?? 0, published.at(-1)?.day ?? 0]);
    this.span =
      days.length === 0
        ? null
        : [days.reduce((a, b) => Math.min(a, b)), days.reduce((a, b) => Math.max(a, b)) + settings.carry_days];
  }

  /** What one unit of `from` was worth in `to` on each day from `first` to `last`. */
  series(from: string, to: string, first: number, last: number): RateSeries {
    const rates: (string | null)[] = [];
    const by = new Set<string>();
    const sources = new Set<string>();
    let asOf = '';
    let carried = 0;
    let days: [number, number] | null = null;
    for (let day = first; day <= last; day++) {
      const leg = this.leg(from, to, day) ?? this.through(from, to, day);
      const rate = leg === null ? 0n : rounded(leg);
      rates.push(rate === 0n ? null : plain(rate));
      if (leg === null || rate === 0n) continue;
      by.add(leg.by);
      for (const { source, as_of } of leg.from) {
        sources.add(source);
        if (as_of > asOf) asOf = as_of;
      }
      if (leg.from.some((published) => published.day < day)) carried++;
      days = [days?.[0] ?? day, day];
    }
    if (days === null) return { rates, use: null };
    const [begin, end] = days;
    return {
      rates,
      use: {
        ...{ from, to, by: [...by].sort(), sources: [...sources].sort(), as_of: asOf },
        ...{ days: [dayText(begin), dayText(end)], carried_days: carried },
      },
    };
  }

  /** Through a third currency. */
  private through(from: string, to: string, day: number): Leg | null {
    for (const via of this.bases) {
      if (via === from || via === to) continue;
      const [first, second] = [this.leg(from, via, day), this.leg(via, to, day)];
      if (first === null || second === null) continue;
      return {
        over: first.over * second.over,
        under: first.under * second.under,
        by: `${first.by} × ${second.by}`,
        from: [...first.from, ...second.from],
      };
    }
    return null;
  }

  /** As it was published, or the reciprocal of the opposite. */
  private leg(from: string, to: string, day: number): Leg | null {
    const direct = this.known(from, to, day);
    if (direct !== null) return { over: direct.rate, under: ONE, by: `${from}/${to}`, from: [direct] };
    const opposite = this.known(to, from, day);
    if (opposite === null) return null;
    return { over: ONE, under: opposite.rate, by: `1/(${to}/${from})`, from: [opposite] };
  }

  /** The rate of the day, or the last one before it that may still stand in. */
  private known(base: string, quote: string, day: number): Published | null {
    const published = this.pairs.get(`${base}/${quote}`) ?? [];
    let [low, high] = [0, published.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((published[middle]?.day ?? 0) <= day) low = middle + 1;
      else high = middle;
    }
    const found = published[low - 1];
    return found !== undefined && day - found.day <= this.settings.carry_days ? found : null;
  }
}

function scaled(rate: string): bigint {
  const [whole = '0', decimals = ''] = rate.split('.');
  return BigInt(whole + decimals.slice(0, SCALE).padEnd(SCALE, '0'));
}

/** Half away from zero; both parts are above zero. */
const rounded = ({ over, under }: Leg): bigint => (2n * over * ONE + under) / (2n * under);

function plain(rate: bigint): string {
  const digits = rate.toString().padStart(SCALE + 1, '0');
  const decimals = digits.slice(-SCALE).replace(/0+$/, '');
  const whole = digits.slice(0, -SCALE);
  return decimals === '' ? whole : `${whole}.${decimals}`;
}
