import { Mistakes } from './mistakes.js';
import { readMoment, resolveRange, type RangeContext } from './time-range.js';
import type { DateRange } from './types.js';

const context = (now: string, timeZone = 'UTC', weekStart = 1, fiscalYearStart = 1): RangeContext => ({
  now: new Date(now),
  timeZone,
  weekStart,
  fiscalYearStart,
});

function instants(range: DateRange, at: RangeContext): readonly (string | null)[] | null {
  const mistakes = new Mistakes();
  const resolved = resolveRange(range, at, mistakes, '/date_range');
  if (mistakes.any) throw mistakes.problem();
  return resolved && [resolved.from, resolved.to].map((moment) => moment.toUTC().toISO());
}

describe('resolveRange', () => {
  const newYork = context('2026-03-08T16:00:00Z', 'America/New_York');

  it('gives a day on which clocks change its 23 or 25 hours', () => {
    expect(instants('today', newYork)).toEqual(['2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z']);
    expect(instants({ from: '2026-11-01', to: '2026-11-01' }, newYork)).toEqual([
      '2026-11-01T04:00:00.000Z',
      '2026-11-02T05:00:00.000Z',
    ]);
    expect(instants({ last: 2, unit: 'hour' }, context('2026-03-08T07:30:00Z', 'America/New_York'))).toEqual([
      '2026-03-08T05:00:00.000Z',
      '2026-03-08T07:00:00.000Z',
    ]);
  });

  it('begins a day later where midnight does not exist', () => {
    // In Beirut the clock went from 00:00 to 01:00 on 2024-03-31.
    const beirut = context('2024-04-15T12:00:00Z', 'Asia/Beirut');
    expect(instants({ from: '2024-03-31', to: '2024-03-31' }, beirut)).toEqual([
      '2024-03-30T22:00:00.000Z',
      '2024-03-31T21:00:00.000Z',
    ]);
  });

  it('reads an instant without an offset on the clock of the zone', () => {
    const backwards = { from: '2026-01-01T10:00', to: '2026-01-01T10:00:00+01:00' };
    expect(() => instants(backwards, context('2026-01-01T00:00:00Z'))).toThrow('before it begins');
    expect(instants({ from: '2026-01-01T09:00', to: '2026-01-01T15:00:00Z' }, newYork)).toEqual([
      '2026-01-01T14:00:00.000Z',
      '2026-01-01T15:00:00.000Z',
    ]);
  });

  it('counts weeks from the organisation’s first day', () => {
    const sunday = context('2026-01-05T12:00:00Z', 'UTC', 7);
    expect(instants({ last: 1, unit: 'week' }, sunday)).toEqual([
      '2025-12-28T00:00:00.000Z',
      '2026-01-04T00:00:00.000Z',
    ]);
    expect(instants('week_to_date', sunday)).toEqual(['2026-01-04T00:00:00.000Z', '2026-01-05T12:00:00.000Z']);
  });

  it('ends months of different lengths where they end', () => {
    const march = context('2026-03-31T12:00:00Z');
    expect(instants('last_month', march)).toEqual(['2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z']);
    expect(instants({ last: 13, unit: 'month' }, march)).toEqual([
      '2025-02-01T00:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
    ]);
    expect(instants('last_quarter', march)).toEqual(['2025-10-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z']);
  });

  it('counts quarters and years from the start of the fiscal year', () => {
    const march = context('2026-03-31T12:00:00Z', 'UTC', 1, 2);
    const days = (name: DateRange): string[] =>
      (instants(name, march) ?? []).map((instant) => String(instant).slice(0, 10));
    expect(days('this_quarter')).toEqual(['2026-02-01', '2026-05-01']);
    expect(days('last_quarter')).toEqual(['2025-11-01', '2026-02-01']);
    expect(days('this_year')).toEqual(['2026-02-01', '2027-02-01']);
    expect(days('year_to_date')).toEqual(['2026-02-01', '2026-03-31']);
    expect(days({ last: 2, unit: 'year' })).toEqual(['2024-02-01', '2026-02-01']);
    // In January the year is still the one before.
    const january = context('2026-01-10T00:00:00Z', 'UTC', 1, 2);
    expect(instants('this_year', january)?.[0]).toBe('2025-02-01T00:00:00.000Z');
  });

  it('has no instants for all time', () => {
    expect(instants('all_time', newYork)).toBeNull();
  });
});

describe('readMoment', () => {
  it.each(['2026-02-30', '2026-1-1', 'yesterday', '2026-01-01T25:00', '', '1899-12-31', '2300-01-01', '20260101'])(
    'does not take “%s”',
    (text) => expect(readMoment(text, context('2026-01-01T00:00:00Z'))).toBeUndefined(),
  );
});
