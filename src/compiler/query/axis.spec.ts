import { DateTime } from 'luxon';
import { timeAxis } from './axis.js';
import { unitsBefore } from './calendar.js';
import { periodBefore } from './compared-range.js';
import type { Instants } from './time-range.js';
import type { TimeGrain } from './types.js';

const at = (text: string, zone: string): DateTime => DateTime.fromISO(text, { zone });
const days = (from: string, to: string, zone = 'UTC'): Instants => ({ from: at(from, zone), to: at(to, zone) });
const CALENDAR = { weekStart: 1, fiscalYearStart: 1 };

/** Each bucket as its label and the hours that it holds. */
function hours(range: Instants, grain: TimeGrain, calendar = CALENDAR): [string, number][] {
  const clock = grain === 'hourly' || grain === 'fifteen_minutes';
  return timeAxis(range, grain, calendar).map(({ label, parts }) => [
    new Date(label * (clock ? 1_000 : 86_400_000)).toISOString().slice(0, clock ? 16 : 10),
    parts.reduce((sum, { from, to }) => sum + (+to - +from) / 3_600_000, 0),
  ]);
}

describe('timeAxis', () => {
  it('has days of 23 and 25 hours', () => {
    expect(hours(days('2026-03-08', '2026-03-10', 'America/New_York'), 'daily')).toEqual([
      ['2026-03-08', 23],
      ['2026-03-09', 24],
    ]);
    expect(hours(days('2026-11-01', '2026-11-02', 'America/New_York'), 'daily')).toEqual([['2026-11-01', 25]]);
  });

  it('has one bucket for hours of the same name, and none for an hour that the clock skips', () => {
    const autumn = hours(days('2026-11-01', '2026-11-02', 'America/New_York'), 'hourly');
    expect(autumn).toHaveLength(24);
    expect(autumn[1]).toEqual(['2026-11-01T01:00', 2]);
    const spring = hours(days('2026-03-08', '2026-03-09', 'America/New_York'), 'hourly');
    expect(spring.map(([label]) => label.slice(11, 13)).slice(0, 3)).toEqual(['00', '01', '03']);
    // Lord Howe Island sets its clock back by half an hour.
    const howe = hours(days('2026-04-05', '2026-04-06', 'Australia/Lord_Howe'), 'hourly');
    expect(howe[1]).toEqual(['2026-04-05T01:00', 1.5]);
  });

  it('puts quarters of an hour of the same name together, although they do not touch', () => {
    const axis = timeAxis(days('2026-11-01', '2026-11-02', 'America/New_York'), 'fifteen_minutes', CALENDAR);
    expect(axis).toHaveLength(96);
    expect(axis[4]?.parts.map(({ from }) => from.toUTC().toISO())).toEqual([
      '2026-11-01T05:00:00.000Z',
      '2026-11-01T06:00:00.000Z',
    ]);
  });

  it('names days by date where midnight or the whole day does not exist', () => {
    expect(hours(days('2024-03-30', '2024-04-01', 'Asia/Beirut'), 'daily')).toEqual([
      ['2024-03-30', 24],
      ['2024-03-31', 23],
    ]);
    // Samoa went from the 29th straight to the 31st.
    expect(hours(days('2011-12-29', '2012-01-01', 'Pacific/Apia'), 'daily').map(([label]) => label)).toEqual([
      '2011-12-29',
      '2011-12-31',
    ]);
  });

  it('cuts the first and the last bucket at the range, and follows week and fiscal year', () => {
    expect(hours(days('2026-01-07', '2026-01-13'), 'weekly', { weekStart: 7, fiscalYearStart: 1 })).toEqual([
      ['2026-01-04', 96],
      ['2026-01-11', 48],
    ]);
    expect(
      hours(days('2026-01-01', '2026-05-01'), 'quarterly', { weekStart: 1, fiscalYearStart: 2 }).map(
        ([label]) => label,
      ),
    ).toEqual(['2025-11-01', '2026-02-01']);
  });
});

describe('ranges before', () => {
  it('moves a day that the month does not have to the first of the next', () => {
    const before = (text: string): string | null => unitsBefore(at(text, 'UTC'), 'month', 1).toISODate();
    expect(['2026-03-28', '2026-03-29', '2026-03-31', '2026-04-01'].map(before)).toEqual([
      '2026-02-28',
      '2026-03-01',
      '2026-03-01',
      '2026-03-01',
    ]);
  });

  it('compares a running month with as much of the one before, and no more than all of it', () => {
    const span = { unit: 'month', count: 1 } as const;
    const ends = (to: string): string | null => {
      const range = { from: at('2026-03-01', 'UTC'), to: at(to, 'UTC') };
      return periodBefore(range, span, true, 'daily').range.to.toISO();
    };
    expect(ends('2026-03-15T12:00')).toBe('2026-02-15T12:00:00.000Z');
    expect(ends('2026-03-30T12:00')).toBe('2026-03-01T00:00:00.000Z');
  });
});
