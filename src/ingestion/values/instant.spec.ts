import { InstantReader } from './instant.js';

const read = (text: string, format: string | null = null, time_zone: string | null = null): string => {
  const reading = new InstantReader({ format, time_zone }).read(text);
  return reading.kind === 'instant' ? reading.iso : `! ${reading.reason}`;
};

describe('times', () => {
  it.each([
    ['2026-01-05', '2026-01-05T00:00:00.000Z'],
    ['20260105', '2026-01-05T00:00:00.000Z'],
    ['2026-01-05T10:20:30Z', '2026-01-05T10:20:30.000Z'],
    ['2026-01-05T10:20:30.123456+01:00', '2026-01-05T09:20:30.123Z'],
    ['2026-05-14 11:23:45 +0100', '2026-05-14T10:23:45.000Z'],
    ['2026-05-14 11:23:45 UTC', '2026-05-14T11:23:45.000Z'],
    ['2026-05-14T11:23-05', '2026-05-14T16:23:00.000Z'],
    ['2199-12-31', '2199-12-31T00:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it('reads local times in the declared zone, also where clocks change', () => {
    expect(read('2026-07-01 12:00:00', null, 'America/New_York')).toBe('2026-07-01T16:00:00.000Z');
    expect(read('2026-01-01', null, 'Europe/Berlin')).toBe('2025-12-31T23:00:00.000Z');
    expect(read('2026-03-29 02:30:00', null, 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z');
  });

  it('reads a declared format', () => {
    expect(read('19970101', 'yyyyMMdd')).toBe('1997-01-01T00:00:00.000Z');
    expect(read('31.12.2025 18:05', 'dd.MM.yyyy HH:mm', 'Europe/Berlin')).toBe('2025-12-31T17:05:00.000Z');
    expect(read('2025-12-31', 'dd.MM.yyyy')).toBe('! "2025-12-31" does not fit the format dd.MM.yyyy');
  });

  it.each([
    ['', 'is missing'],
    ['01/02/2026', 'no ISO 8601'],
    ['2026-02-30', 'no day of the calendar'],
    ['2026-13-01', 'no day of the calendar'],
    ['2026-01-05T25:00:00Z', 'no time of day'],
    ['2026-01-05T10:00:00', 'no zone'],
    ['1899-12-31', 'outside of 1900'],
    ['2200-01-01', 'outside of 1900'],
    ['2026-01-05T10:00:00+15:00', 'no valid offset'],
  ])('%j is refused: %s', (text, reason) => {
    expect(read(text)).toContain(reason);
  });
});
