import fc from 'fast-check';
import { RateBook, dayNumber, dayText, type Rate } from './rate-book.js';

const rate = (base: string, quote: string, day: string, value: string, source = 'ecb'): Rate => ({
  ...{ base, quote, day, rate: value, source },
  as_of: `${day}T15:00:00.000Z`,
});
const DEFAULT = { carry_days: 7, via: null };
const on = (book: RateBook, from: string, to: string, day: string): string | null =>
  book.series(from, to, dayNumber(day), dayNumber(day)).rates[0] ?? null;

describe('the rate between two currencies', () => {
  it('is the published one, then the reciprocal, then through a third', () => {
    const eurUsd = rate('EUR', 'USD', '2026-01-02', '1.25');
    const usdEur = rate('USD', 'EUR', '2026-01-02', '0.79', 'bank');
    expect(on(new RateBook([eurUsd, usdEur], DEFAULT), 'USD', 'EUR', '2026-01-02')).toBe('0.79');
    expect(on(new RateBook([eurUsd], DEFAULT), 'USD', 'EUR', '2026-01-02')).toBe('0.8');
    const both = new RateBook([eurUsd, rate('EUR', 'GBP', '2026-01-02', '0.8')], DEFAULT);
    expect(on(both, 'GBP', 'USD', '2026-01-02')).toBe('1.5625');
    expect(both.series('GBP', 'USD', dayNumber('2026-01-02'), dayNumber('2026-01-03')).use).toEqual({
      from: 'GBP',
      to: 'USD',
      by: ['1/(EUR/GBP) × EUR/USD'],
      sources: ['ecb'],
      as_of: '2026-01-02T15:00:00.000Z',
      days: ['2026-01-02', '2026-01-03'],
      carried_days: 1,
    });
    expect(on(both, 'GBP', 'CHF', '2026-01-02')).toBeNull();
  });

  it('goes through the currency that is set, and no other', () => {
    const rates = ['CHF', 'EUR'].flatMap((base, index) => [
      rate(base, 'USD', '2026-01-02', String(index + 1)),
      rate(base, 'GBP', '2026-01-02', '1'),
    ]);
    expect(on(new RateBook(rates, DEFAULT), 'GBP', 'USD', '2026-01-02')).toBe('1');
    expect(on(new RateBook(rates, { carry_days: 7, via: 'EUR' }), 'GBP', 'USD', '2026-01-02')).toBe('2');
    expect(on(new RateBook(rates, { carry_days: 7, via: 'JPY' }), 'GBP', 'USD', '2026-01-02')).toBeNull();
  });

  it('stands in for as many days as are set, and never backwards', () => {
    const book = new RateBook([rate('EUR', 'USD', '2026-01-02', '1.1')], { carry_days: 2, via: null });
    const days = ['2026-01-01', '2026-01-02', '2026-01-04', '2026-01-05'];
    expect(days.map((day) => on(book, 'EUR', 'USD', day))).toEqual([null, '1.1', '1.1', null]);
    expect(book.span).toEqual([dayNumber('2026-01-02'), dayNumber('2026-01-04')]);
  });

  it('is rounded once, half away from zero, to 18 decimals', () => {
    const third = new RateBook([rate('USD', 'EUR', '2026-01-02', '3')], DEFAULT);
    expect(on(third, 'EUR', 'USD', '2026-01-02')).toBe('0.333333333333333333');
    const sixth = new RateBook([rate('USD', 'EUR', '2026-01-02', '6')], DEFAULT);
    expect(on(sixth, 'EUR', 'USD', '2026-01-02')).toBe('0.166666666666666667');
  });

  it('there and back is one, as far as 18 decimals go', () => {
    const decimal = fc.tuple(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 0, max: 999_999 }));
    fc.assert(
      fc.property(decimal, fc.integer({ min: 0, max: 20_000 }), ([whole, decimals], number) => {
        const day = dayText(number);
        const book = new RateBook([rate('EUR', 'USD', day, `${whole}.${String(decimals).padStart(6, '0')}`)], DEFAULT);
        const [there, back] = [Number(on(book, 'EUR', 'USD', day)), Number(on(book, 'USD', 'EUR', day))];
        expect(there * back).toBeCloseTo(1, 9);
        expect(dayNumber(day)).toBe(number);
      }),
    );
  });
});
