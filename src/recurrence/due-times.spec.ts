import fc from 'fast-check';
import { ClockOracle } from '../../test/support/clock-oracle.js';
import { readCron } from './cron.js';
import { dueTimes, nextDueTimes, skippedMonths } from './due-times.js';
import { dayAt, dayNumber, type Recurrence } from './recurrence.js';
import { ruleOf } from './simple.js';
import { instantOf, zoneOf } from './zone.js';

const DAY_MS = 86_400_000;
const LAST_OF_2011 = Date.UTC(2011, 11, 31) / DAY_MS;

function rule(cron: string, shortMonths: 'skip' | 'last_day' = 'skip'): Recurrence {
  const { rule: read, mistake } = readCron(cron, shortMonths);
  if (!read) throw new Error(mistake.message);
  return read;
}
function zone(name: string): NonNullable<ReturnType<typeof zoneOf>> {
  const found = zoneOf(name);
  if (!found) throw new Error(`No zone ${name}`);
  return found;
}
const next = (cron: string, zoneName: string, after: string, count: number): string[] =>
  nextDueTimes(rule(cron), zone(zoneName), Date.parse(after), count).map(({ at }) => new Date(at).toISOString());

describe('a weekly report at nine', () => {
  it('stays at nine on the wall when summer time begins and ends', () => {
    expect(next('0 9 * * 1', 'Europe/Berlin', '2026-03-20T00:00:00Z', 2)).toEqual([
      '2026-03-23T08:00:00.000Z',
      '2026-03-30T07:00:00.000Z',
    ]);
    expect(next('0 9 * * 1', 'Europe/Berlin', '2026-10-18T00:00:00Z', 2)).toEqual([
      '2026-10-19T07:00:00.000Z',
      '2026-10-26T08:00:00.000Z',
    ]);
  });

  it('is the same in words as in cron', () => {
    const said = ruleOf({ every: 'week', weekdays: ['monday'], at: '09:00' });
    expect({ ...said }).toEqual(rule('0 9 * * MON'));
    expect(ruleOf({ every: 'month', days: [1, 'last'], at: '18:30' })).toEqual(rule('30 18 1,L * *'));
    expect(ruleOf({ every: 'weekday', at: '07:15' })).toEqual(rule('15 7 * * 1-5'));
    expect(ruleOf({ every: 'quarter', at: '06:00' })).toEqual(rule('0 6 1 1,4,7,10 *'));
    expect(ruleOf({ every: 'year', month: 4, days: [6] })).toEqual(rule('0 9 6 4 *'));
    expect(ruleOf({ every: 'hour', at: '00:20' })).toEqual(rule('20 * * * *'));
  });

  it('does not come again at the instant at which it was due', () => {
    expect(next('0 9 * * 1', 'UTC', '2026-11-16T09:00:00Z', 1)).toEqual(['2026-11-23T09:00:00.000Z']);
    expect(next('0 9 * * 1', 'UTC', '2026-11-16T08:59:59.999Z', 1)).toEqual(['2026-11-16T09:00:00.000Z']);
  });
});

describe('when clocks are set', () => {
  it('runs midnight of the day that Samoa left out together with that of the next, once', () => {
    const due = nextDueTimes(rule('0 0 * * *'), zone('Pacific/Apia'), Date.parse('2011-12-28T20:00:00Z'), 3);
    expect(due.map(({ at, local }) => [new Date(at).toISOString(), local])).toEqual([
      ['2011-12-29T10:00:00.000Z', '2011-12-29T00:00'],
      ['2011-12-30T10:00:00.000Z', '2011-12-30T00:00'],
      ['2011-12-31T10:00:00.000Z', '2012-01-01T00:00'],
    ]);
  });

  it('runs a skipped time once, right after the gap', () => {
    expect(next('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', 2)).toEqual([
      '2026-03-08T07:00:00.000Z', // 03:00, since there is no 02:30 that day
      '2026-03-09T06:30:00.000Z',
    ]);
  });

  it('runs several skipped times together, once', () => {
    expect(next('0,15,30,45 2 * * *', 'America/New_York', '2026-03-08T00:00:00Z', 2)).toEqual([
      '2026-03-08T07:00:00.000Z',
      '2026-03-09T06:00:00.000Z',
    ]);
  });

  it('runs a repeated time the first time only', () => {
    expect(next('30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z', 2)).toEqual([
      '2026-11-01T05:30:00.000Z',
      '2026-11-02T06:30:00.000Z',
    ]);
  });

  it('runs a day that Samoa left out once, at the start of the next', () => {
    const due = nextDueTimes(rule('0 9 * * *'), zone('Pacific/Apia'), Date.parse('2011-12-29T00:00:00Z'), 4);
    expect(due.map(({ at, local }) => [new Date(at).toISOString(), local])).toEqual([
      ['2011-12-29T19:00:00.000Z', '2011-12-29T09:00'],
      ['2011-12-30T10:00:00.000Z', '2011-12-30T09:00'],
      ['2011-12-30T19:00:00.000Z', '2011-12-31T09:00'],
      ['2011-12-31T19:00:00.000Z', '2012-01-01T09:00'],
    ]);
  });

  it.each([
    ['America/New_York', 2021, 2031, 20],
    ['Europe/Berlin', 2021, 2031, 20],
    ['Australia/Lord_Howe', 2021, 2031, 20],
    ['Africa/Casablanca', 2021, 2031, 20],
    ['Pacific/Apia', 2006, 2016, 8],
    ['Asia/Kolkata', 2021, 2031, 0],
  ])('agrees with the clock itself around every change in %s, %d to %d', (name, from, to, atLeast) => {
    const oracle = new ClockOracle(name);
    const changes = oracle.changes(from, to);
    expect(changes.length).toBeGreaterThanOrEqual(atLeast);
    const ordinary = [Date.UTC(from, 5, 15), Date.UTC(to - 1, 1, 28)];
    for (const change of [...changes, ...ordinary]) {
      const start = change - 1.5 * DAY_MS;
      const end = change + 1.5 * DAY_MS;
      const meanings = oracle.meanings(start, end);
      const wrong = [...meanings].filter(([reading, at]) => instantOf(zone(name), Date.parse(`${reading}Z`)) !== at);
      expect(wrong).toEqual([]);
      const expected = [...new Set(meanings.values())].filter((at) => at > start).sort((a, b) => a - b);
      const due = [...dueTimes(rule('*/15 * * * *'), zone(name), start, end)].map(({ at }) => at);
      expect(due).toEqual(expected);
    }
  });

  it('never misses and never repeats a daily report, in any zone, at any minute', () => {
    const zones = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Pacific/Apia'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 1_439 }),
        fc.integer({ min: Date.UTC(2008, 0, 1), max: Date.UTC(2030, 0, 1) }),
        (name, minute, start) => {
          const days = 400;
          const daily = { ...rule('0 0 * * *'), minutes: [minute % 60], hours: [Math.floor(minute / 60)] };
          const due = nextDueTimes(daily, zone(name), start, days);
          const dates = due.map(({ local }) => dayNumber(dateOf(local)));
          // Midnight of the day that Samoa left out came together with the next day's.
          const isTogether = (date: number): boolean =>
            name === 'Pacific/Apia' && minute === 0 && date === LAST_OF_2011;
          const all = Array.from({ length: days + 1 }, (_date, index) => (dates[0] ?? 0) + index);
          expect(dates).toEqual(all.filter((date) => !isTogether(date)).slice(0, days));
          expect(due.every(({ at }, index) => index === 0 || at > (due[index - 1]?.at ?? 0))).toBe(true);
        },
      ),
      { numRuns: 60, examples: [['Pacific/Apia', 0, 1_290_765_600_000]] },
    );
  });

  it('finds the same times whether asked at once or one after the other', () => {
    const rules = fc.record({
      minutes: fc.uniqueArray(fc.constantFrom(0, 15, 30, 45), { minLength: 1 }).map(sorted),
      hours: fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 4 }).map(sorted),
      months: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 3 }).map(sorted),
      days: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 31 }), { minLength: 1 }).map(sorted)),
      weekdays: fc.constant(null),
      short_months: fc.constantFrom('skip' as const, 'last_day' as const),
    });
    fc.assert(
      fc.property(rules, fc.integer({ min: Date.UTC(2011, 11, 1), max: Date.UTC(2028, 0, 1) }), (drawn, start) => {
        if (drawn.days !== null && Math.min(...drawn.days) > 28) return;
        const apia = zone('Pacific/Apia');
        const together = nextDueTimes(drawn, apia, start, 8).map(({ at }) => at);
        const alone: number[] = [];
        for (let at = start; alone.length < 8; at = alone.at(-1) ?? at) {
          alone.push(nextDueTimes(drawn, apia, at, 1)[0]?.at ?? Number.NaN);
        }
        expect(alone).toEqual(together);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the ends of months', () => {
  it('skips a day that a month does not have, and says which months', () => {
    const monthly = rule('0 9 31 * *');
    const due = nextDueTimes(monthly, zone('UTC'), Date.parse('2026-01-01T00:00:00Z'), 4);
    expect(due.map(({ local }) => local.slice(0, 10))).toEqual([
      '2026-01-31',
      '2026-03-31',
      '2026-05-31',
      '2026-07-31',
    ]);
    expect(skippedMonths(monthly)).toEqual([2, 4, 6, 9, 11]);
    expect(skippedMonths(rule('0 9 29 * *'))).toEqual([2]);
    expect(skippedMonths(rule('0 9 28 * *'))).toEqual([]);
  });

  it('runs on the last day instead where it is told to, once', () => {
    const due = nextDueTimes(rule('0 9 29,30,31 2 *', 'last_day'), zone('UTC'), Date.parse('2026-01-01T00:00:00Z'), 4);
    expect(due.map(({ local }) => local.slice(0, 10))).toEqual([
      '2026-02-28',
      '2027-02-28',
      '2028-02-29',
      '2029-02-28',
    ]);
    expect(skippedMonths(rule('0 9 31 * *', 'last_day'))).toEqual([]);
  });

  it('knows the last day, the last Friday, the second Monday and leap days', () => {
    expect(next('0 0 L * *', 'UTC', '2028-02-01T00:00:00Z', 2).map((at) => at.slice(0, 10))).toEqual([
      '2028-02-29',
      '2028-03-31',
    ]);
    expect(next('0 0 * * 5L', 'UTC', '2026-11-01T00:00:00Z', 2).map((at) => at.slice(0, 10))).toEqual([
      '2026-11-27',
      '2026-12-25',
    ]);
    expect(next('0 0 * * MON#2', 'UTC', '2026-11-01T00:00:00Z', 2).map((at) => at.slice(0, 10))).toEqual([
      '2026-11-09',
      '2026-12-14',
    ]);
    expect(next('0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 2).map((at) => at.slice(0, 10))).toEqual([
      '2028-02-29',
      '2032-02-29',
    ]);
  });
});

describe('cron text', () => {
  it.each([
    ['* * * * *', { minutes: 60, hours: 24, months: 12 }],
    ['*/20 8-18/2 ? JAN-MAR,12 *', { minutes: 3, hours: 6, months: 4 }],
    ['5/30 0 * * *', { minutes: 2, hours: 1, months: 12 }],
    ['@daily', { minutes: 1, hours: 1, months: 12 }],
  ])('reads %s', (text, sizes) => {
    const { minutes, hours, months } = rule(text);
    expect({ minutes: minutes.length, hours: hours.length, months: months.length }).toEqual(sizes);
  });

  it('takes 0 and 7 for Sunday, and Friday to Sunday as three days', () => {
    expect(rule('0 0 * * 0')).toEqual(rule('0 0 * * 7'));
    expect(rule('0 0 * * FRI-SUN')).toEqual(rule('0 0 * * 5-7'));
  });

  it.each([
    ['0 9 * *', /five fields/, [0, 7]],
    ['0 25 * * *', /"25" is no hour; it must be 0–23/, [2, 4]],
    ['0 9 * * MOON', /"MOON" is no weekday.*SUN–SAT/, [8, 12]],
    ['0 9 10-5 * *', /runs backwards/, [4, 8]],
    ['*/0 9 * * *', /step/, [0, 3]],
    ['0 9 * * 1#6', /at most five/, [8, 11]],
    ['0 9 31 2,4 *', /never be due/, [0, 12]],
    ['0 9 , * *', /"" is no day of month/, [4, 5]],
    ['', /five fields/, [0, 0]],
  ])('says what is wrong with %s', (text, message, range) => {
    const { mistake } = readCron(text);
    expect(mistake?.message).toMatch(message);
    expect(mistake?.range).toEqual(range);
  });

  it('answers hostile text with a mistake, never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9*/,#LMON? -]{0,30}$/)), (text) => {
        const reading = readCron(text);
        expect(reading.rule === undefined).not.toBe(reading.mistake === undefined);
      }),
      // What every object of the language has a property of.
      { examples: [['__proto__'], ['constructor'], ['toString']] },
    );
  });
});

it('counts days as the calendar does', () => {
  fc.assert(
    fc.property(fc.integer({ min: -20_000, max: 80_000 }), (number) => {
      expect(dayNumber(dayAt(number))).toBe(number);
    }),
  );
});

const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);

function dateOf(local: string): { year: number; month: number; day: number } {
  const [year = 0, month = 0, day = 0] = local.slice(0, 10).split('-').map(Number);
  return { year, month, day };
}
