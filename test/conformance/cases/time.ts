import type { DateRange, TimeGrain } from '../../../src/compiler/query/types.js';
import { ask, type ConformanceCase } from './case.js';

const buckets = (
  scenario: string,
  time_grain: TimeGrain,
  time_zone: string,
  expected: Readonly<Record<string, number>>,
  settings: ConformanceCase['settings'] = {},
): ConformanceCase => ({
  name: `${time_grain} in ${time_zone}: ${scenario} ${JSON.stringify(settings)}`,
  request: ask(scenario, { metrics: ['clicks'], time_grain, time_zone }),
  rows: Object.entries(expected),
  settings,
});

const NEW_YORK = 'America/New_York';
const KOLKATA = 'Asia/Kolkata';

export const GRAIN_CASES: readonly ConformanceCase[] = [
  buckets('spring', 'daily', NEW_YORK, { '2026-03-07': 1, '2026-03-08': 30, '2026-03-09': 32 }),
  // There is no hour 02:00 on that day.
  buckets('spring', 'hourly', NEW_YORK, {
    '2026-03-07T23:00:00': 1,
    '2026-03-08T00:00:00': 2,
    '2026-03-08T01:00:00': 4,
    '2026-03-08T03:00:00': 8,
    '2026-03-08T23:00:00': 16,
    '2026-03-09T00:00:00': 32,
  }),
  buckets('autumn', 'daily', NEW_YORK, { '2026-10-31': 1, '2026-11-01': 30, '2026-11-02': 32 }),
  // The hour 01:00 comes twice on that day, and is one row.
  buckets('autumn', 'hourly', NEW_YORK, {
    '2026-10-31T23:00:00': 1,
    '2026-11-01T00:00:00': 2,
    '2026-11-01T01:00:00': 12,
    '2026-11-01T23:00:00': 16,
    '2026-11-02T00:00:00': 32,
  }),
  buckets('autumn', 'monthly', NEW_YORK, { '2026-10-01': 1, '2026-11-01': 62 }),
  buckets('half_hour', 'fifteen_minutes', KOLKATA, {
    '2026-01-05T23:45:00': 1,
    '2026-01-06T00:00:00': 6,
    '2026-01-06T00:15:00': 8,
    '2026-01-06T01:00:00': 16,
  }),
  buckets('half_hour', 'hourly', KOLKATA, {
    '2026-01-05T23:00:00': 1,
    '2026-01-06T00:00:00': 14,
    '2026-01-06T01:00:00': 16,
  }),
  buckets('half_hour', 'daily', KOLKATA, { '2026-01-05': 1, '2026-01-06': 30 }),
  buckets('half_hour', 'fifteen_minutes', 'UTC', {
    '2026-01-05T18:15:00': 1,
    '2026-01-05T18:30:00': 6,
    '2026-01-05T18:45:00': 8,
    '2026-01-05T19:30:00': 16,
  }),
  buckets('calendar', 'weekly', 'UTC', { '1969-07-14': 128, '2025-12-29': 15, '2026-01-05': 16, '2026-03-30': 96 }),
  buckets(
    'calendar',
    'weekly',
    'UTC',
    { '1969-07-20': 128, '2025-12-28': 7, '2026-01-04': 24, '2026-03-29': 96 },
    { week_start: 7 },
  ),
  buckets(
    'calendar',
    'weekly',
    'UTC',
    { '1969-07-16': 128, '2025-12-31': 31, '2026-03-25': 32, '2026-04-01': 64 },
    { week_start: 3 },
  ),
  buckets('calendar', 'monthly', 'UTC', {
    '1969-07-01': 128,
    '2025-12-01': 1,
    '2026-01-01': 30,
    '2026-03-01': 32,
    '2026-04-01': 64,
  }),
  buckets('calendar', 'quarterly', 'UTC', { '1969-07-01': 128, '2025-10-01': 1, '2026-01-01': 62, '2026-04-01': 64 }),
  buckets('calendar', 'yearly', 'UTC', { '1969-01-01': 128, '2025-01-01': 1, '2026-01-01': 126 }),
  buckets('calendar', 'yearly', NEW_YORK, { '1969-01-01': 128, '2025-01-01': 3, '2026-01-01': 124 }),
  buckets('calendar', 'hourly', 'UTC', {
    '1969-07-20T20:00:00': 128,
    '2025-12-31T23:00:00': 1,
    '2026-01-01T00:00:00': 2,
    '2026-01-03T12:00:00': 4,
    '2026-01-04T12:00:00': 8,
    '2026-01-05T12:00:00': 16,
    '2026-03-31T23:00:00': 32,
    '2026-04-01T00:00:00': 64,
  }),
  buckets('half_hour', 'daily', 'asia/kolkata', { '2026-01-05': 1, '2026-01-06': 30 }),
  buckets('half_hour', 'daily', 'Europe/Kyiv', { '2026-01-05': 31 }),
  buckets('half_hour', 'daily', 'Etc/GMT-6', { '2026-01-06': 31 }),
  {
    name: 'the time zone of the organisation counts where the request names none',
    request: ask('half_hour', { metrics: ['clicks'], time_grain: 'daily' }),
    rows: [
      ['2026-01-05', 1],
      ['2026-01-06', 30],
    ],
    settings: { time_zone: KOLKATA },
  },
  {
    name: 'recorded_at as a plain dimension is the instant in UTC',
    request: ask('spring', {
      metrics: ['clicks'],
      dimensions: ['recorded_at'],
      time_zone: NEW_YORK,
      order: [{ member: 'recorded_at', direction: 'desc' }],
      limit: 2,
    }),
    rows: [
      ['2026-03-09T04:00:00.000Z', 32],
      ['2026-03-09T03:59:59.000Z', 16],
    ],
    truncated: true,
  },
];

/** A Monday, in the afternoon. */
const NOW = '2026-01-05T15:00:00Z';
const within = (
  date_range: DateRange,
  sum: number | null,
  settings: ConformanceCase['settings'] = {},
  time_zone = 'UTC',
): ConformanceCase => ({
  name: `${JSON.stringify(date_range)} in ${time_zone} ${JSON.stringify(settings)}`,
  request: ask('calendar', { metrics: ['clicks'], date_range, time_zone }),
  rows: [[sum]],
  now: NOW,
  settings,
});

export const RANGE_CASES: readonly ConformanceCase[] = [
  within({ from: '2026-01-01', to: '2026-01-04' }, 14),
  within({ from: '2026-01-01T00:00:00Z', to: '2026-01-04T12:00:00Z' }, 6),
  within({ from: '2025-12-31', to: '2025-12-31' }, 3, {}, NEW_YORK),
  within('today', 16),
  within('yesterday', 8),
  within('this_week', 16),
  within('this_week', 24, { week_start: 7 }),
  within('last_week', 15),
  within('last_week', 7, { week_start: 7 }),
  within('week_to_date', 16),
  within('this_month', 30),
  within('last_month', 1),
  within('month_to_date', 30),
  within('this_quarter', 62),
  within('last_quarter', 1),
  within('quarter_to_date', 30),
  within('this_year', 126),
  within('last_year', 1),
  within('year_to_date', 30),
  within('all_time', 255),
  within({ last: 2, unit: 'day' }, 12),
  within({ last: 2, unit: 'day', complete: false }, 24),
  within({ last: 3, unit: 'hour' }, 16),
  within({ last: 2, unit: 'hour' }, null),
  within({ last: 30, unit: 'minute' }, null),
  within({ last: 1, unit: 'week' }, 15),
  within({ last: 1, unit: 'month' }, 1),
  within({ last: 1, unit: 'quarter', complete: false }, 30),
  within({ last: 60, unit: 'year' }, 129),
];
