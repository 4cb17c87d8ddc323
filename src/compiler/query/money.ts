/**
 * In which currency a request gets its amounts, the rates that its statements need for that, and where rates are missing.
 * Nothing is converted, and statements stay as they are, where all rows carry the wanted currency anyway.
 */
import { isCurrency } from '../../common/currency.js';
import { unprocessable } from '../../common/problem.js';
import { RateBook, dayText, type Rate, type RateSeries, type RateUse } from '../currency/rate-book.js';
import { asRecorded, marksIn, withAmounts, type RateTable } from '../dialect/amount-sql.js';
import type { DialectName } from '../dialect/types.js';
import { NO_CURRENCY } from '../model/relations.js';
import { DEFAULT_FX, type ModelSettings } from '../model/types.js';
import { RollupMismatch } from '../rollup/types.js';
import type { Mistakes } from './mistakes.js';
import type { OpenRange } from './time-range.js';
import type { ReportRequest } from './types.js';
import { EARLIEST, LATEST } from './windows.js';

/** What is known of an organisation’s money beside its model. */
export interface MoneyFacts {
  /** ISO 4217 codes that its rows carry. */
  readonly currencies: readonly string[];
  /** All its rates. */
  readonly rates: readonly Rate[];
}

/** In place of a currency: each amount as its row has it. */
export const AS_RECORDED = 'as_recorded';
export const ON_MISSING_RATE = ['error', 'flag'] as const;
/** Refuse a request for which a rate is missing, or leave a gap and say so. */
export type OnMissingRate = (typeof ON_MISSING_RATE)[number];

/** Days on which a currency has no rate, `YYYY-MM-DD`, both included. */
export interface RateGap {
  readonly currency: string;
  readonly from: string;
  readonly to: string;
}

/** Rates in one statement; 1 MB of text. */
const MOST_RATES = 50_000;
const DAY_MS = 86_400_000;
/**
 * For the organisation’s currency, which dimensions are in; for the one that the request wants; and for that one too, but
 * of journeys, whose amounts are of all time.
 */
export type Target = 'wanted' | 'own' | 'ever';

interface Days {
  readonly first: number;
  readonly last: number;
}

export class Money {
  /** What the columns of metrics are in; null where each row has its own. */
  readonly unit: string | null;
  /** Whether a number that misses a rate is null, instead of the request being refused. */
  readonly flags: boolean;
  private readonly own: string;
  private readonly carried: ReadonlySet<string>;
  private readonly book: RateBook;
  private readonly series = new Map<string, RateSeries>();
  private readonly read = new Map<Target, Days>();

  constructor(
    settings: ModelSettings,
    request: Pick<ReportRequest, 'currency' | 'on_missing_rate'>,
    { currencies, rates }: MoneyFacts,
    private readonly dialect: DialectName,
  ) {
    this.own = settings.currency;
    // Rows without a currency have the organisation's.
    this.carried = new Set([...currencies, settings.currency]);
    this.book = new RateBook(rates, settings.fx ?? DEFAULT_FX);
    this.flags = request.on_missing_rate === 'flag';
    const wanted = request.currency ?? settings.currency;
    const isOne = this.carried.size === 1;
    this.unit = wanted !== AS_RECORDED ? wanted : isOne ? settings.currency : null;
  }

  /** Whether amounts of several currencies are shown as they are. */
  get isMixed(): boolean {
    return this.unit === null;
  }

  /** Whether rows carry several currencies. */
  get hasSeveral(): boolean {
    return this.carried.size > 1;
  }

  /** Whether amounts have to be converted: some row carries another currency than the wanted one. */
  get converts(): boolean {
    return this.unit !== null && this.others(this.unit).length > 0;
  }

  /** Whether a number may be null because it misses a rate. */
  get mayMiss(): boolean {
    return this.flags && (this.converts || this.others(this.own).length > 0);
  }

  /**
   * A statement over the rows of `range`, with its amounts as this request gets them.
   * @param ever whether these are journeys that began in the range, with amounts of all time
   */
  apply(sql: string, range: OpenRange | null, ever = false): string {
    const marks = marksIn(sql);
    const wanted = marks.wanted ? this.table(ever ? 'ever' : 'wanted', range) : null;
    const own = marks.own ? this.table('own', range) : null;
    if (wanted === null && own === null) return asRecorded(sql);
    return withAmounts(sql, { wanted, own, flagged: this.flags }, this.dialect);
  }

  /**
   * A statement over a rollup, which holds amounts as they were recorded.
   * @throws RollupMismatch where they would have to be converted
   */
  overRollup(sql: string): string {
    const marks = marksIn(sql);
    const converts = (target: Target): boolean => {
      const currency = this.currencyOf(target);
      return currency !== null && this.others(currency).length > 0;
    };
    if ((marks.wanted && converts('wanted')) || (marks.own && converts('own')))
      throw new RollupMismatch('amounts of several currencies have to be converted, row by row');
    return asRecorded(sql);
  }

  /** The rates by which amounts were converted. */
  get used(): readonly RateUse[] {
    const uses = [...this.read].flatMap(([target, days]) => {
      const to = this.currencyOf(target);
      const within = target === 'ever' ? OPEN : days;
      return to === null ? [] : this.others(to).flatMap((from) => this.seriesOf(from, to, within).use ?? []);
    });
    return [...new Map(uses.map((use) => [`${use.from}/${use.to}`, use])).values()];
  }

  /** Days that were read and on which a currency has no rate into the target. */
  gaps(target: Target): readonly RateGap[] {
    const to = this.currencyOf(target);
    const days = this.read.get(target);
    if (to === null || days === undefined) return [];
    if (target === 'ever') return [{ currency: NO_CURRENCY, from: dayText(days.first), to: dayText(days.last) }];
    return this.others(to).flatMap((currency) =>
      this.missing(currency, to, days).map((gap) => ({
        currency,
        from: dayText(gap.first),
        to: dayText(gap.last),
      })),
    );
  }

  currencyOf(target: Target): string | null {
    return target === 'own' ? this.own : this.unit;
  }

  private others(currency: string): string[] {
    return [...this.carried].filter((code) => code !== currency).sort();
  }

  private table(target: Target, range: OpenRange | null): RateTable | null {
    const currency = this.currencyOf(target);
    if (currency === null) return null;
    const others = this.others(currency);
    if (others.length === 0) return null;
    const days = daysOf(range);
    const before = this.read.get(target) ?? days;
    this.read.set(target, { first: Math.min(before.first, days.first), last: Math.max(before.last, days.last) });
    const dated = target === 'ever' ? OPEN : days;
    const within = this.within(dated);
    const rates = others.map((from) => [from, this.seriesOf(from, currency, dated).rates] as const);
    return { currency, unnamed: this.own, firstDay: within.first, rates: Object.fromEntries(rates) };
  }

  private seriesOf(from: string, to: string, days: Days): RateSeries {
    const { first, last } = this.within(days);
    const key = [from, to, first, last].join();
    if ((last - first + 1) * this.carried.size > MOST_RATES) throw tooLong(this.carried.size);
    const series = this.series.get(key) ?? this.book.series(from, to, first, last);
    this.series.set(key, series);
    return series;
  }

  /** Those of the days on which there can be a rate. */
  private within({ first, last }: Days): Days {
    const [begin, end] = this.book.span ?? [0, -1];
    const from = Math.max(first, begin);
    return { first: from, last: Math.max(from - 1, Math.min(last, end)) };
  }

  private missing(from: string, to: string, days: Days): Days[] {
    const { first, last } = this.within(days);
    if (last < first) return [days];
    const { rates } = this.seriesOf(from, to, days);
    const found: Days[] = days.first < first ? [{ first: days.first, last: first - 1 }] : [];
    rates.forEach((rate, index) => {
      if (rate !== null) return;
      const day = first + index;
      const before = found.at(-1);
      if (before?.last === day - 1) found[found.length - 1] = { first: before.first, last: day };
      else found.push({ first: day, last: day });
    });
    if (last < days.last) found.push({ first: last + 1, last: days.last });
    return found;
  }
}

const OPEN: Days = { first: Math.floor(EARLIEST / DAY_MS), last: Math.floor(LATEST / DAY_MS) };

/** The UTC days that the range touches. */
function daysOf(range: OpenRange | null): Days {
  if (range === null) return OPEN;
  const first = range.from === null ? OPEN.first : Math.floor(+range.from / DAY_MS);
  return { first, last: Math.floor((+range.to - 1) / DAY_MS) };
}

function tooLong(currencies: number): Error {
  const days = Math.floor(MOST_RATES / currencies).toLocaleString('en');
  const message = `With ${currencies} currencies at most ${days} days are converted in one request; ask for a shorter range.`;
  return unprocessable('fx_range_too_long', message, [{ code: 'fx_range_too_long', message, pointer: '/date_range' }]);
}

/** Notes a currency that is none. */
export function checkCurrency({ currency }: ReportRequest, mistakes: Mistakes): void {
  if (currency == null || currency === AS_RECORDED || isCurrency(currency)) return;
  const upper = currency.toUpperCase();
  mistakes.add(
    'unknown_currency',
    `“${currency.slice(0, 40)}” is no currency; write an ISO 4217 code such as EUR, or ${AS_RECORDED}.`,
    '/currency',
    isCurrency(upper) ? [upper] : [],
  );
}
