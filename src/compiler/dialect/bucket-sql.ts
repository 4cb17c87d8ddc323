/**
 * The start of the bucket that an instant falls into, on the wall clock of a time zone: a day as `YYYY-MM-DD`, anything
 * finer as `YYYY-MM-DD HH:MM:SS`. Where the clock is set back, the two hours of the same name are one bucket.
 */
import { zoneSql } from './request-zone.js';
import type { DialectName } from './types.js';

export const BUCKETS = ['fifteen_minutes', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
export type Bucket = (typeof BUCKETS)[number];

export interface BucketOptions {
  readonly bucket: Bucket;
  /** SQL of an instant: `DateTime64` in ClickHouse, `timestamptz` in Postgres. */
  readonly instant: string;
  /** A checked zone. */
  readonly timeZone: string;
  /** ISO weekday on which a week starts. */
  readonly weekStart: number;
  /** Month (1–12) from which quarters and years are counted. */
  readonly fiscalYearStart: number;
}

export function bucketSql(options: BucketOptions, dialect: DialectName): string {
  return dialect === 'clickhouse' ? clickhouseBucket(options) : postgresBucket(options);
}

/** `Date32` and 64-bit seconds throughout: ClickHouse's `toStartOf…` are wrong before 1970 and after 2149. */
function clickhouseBucket({ bucket, instant, timeZone, weekStart, fiscalYearStart }: BucketOptions): string {
  const zone = zoneSql(timeZone, 'clickhouse');
  const day = `toDate32(${instant}, ${zone})`;
  const clock = (seconds: number): string => {
    const local = `toUnixTimestamp64Second(toDateTime64(${instant}, 0, 'UTC')) + timeZoneOffset(toTimeZone(${instant}, ${zone}))`;
    return `fromUnixTimestamp64Second(${local} - positiveModulo(${local}, ${seconds}), 'UTC')`;
  };
  switch (bucket) {
    case 'fifteen_minutes':
      return clock(900);
    case 'hour':
      return clock(3600);
    case 'day':
      return day;
    case 'week':
      return `subtractDays(${day}, modulo(toDayOfWeek(${day}) + ${7 - weekStart}, 7))`;
    case 'month':
      return `subtractDays(${day}, toDayOfMonth(${day}) - 1)`;
    case 'quarter':
      return fiscal(day, (fiscalYearStart - 1) % 3, (at) => `makeDate32(toYear(${at}), toQuarter(${at}) * 3 - 2, 1)`);
    case 'year':
      return fiscal(day, fiscalYearStart - 1, (at) => `makeDate32(toYear(${at}), 1, 1)`);
    default:
      return bucket satisfies never;
  }
}

/** Moves the day back by the months that the fiscal year starts late, takes the start of its unit, and moves that on. */
const fiscal = (day: string, months: number, start: (day: string) => string): string =>
  months === 0 ? start(day) : `addMonths(${start(`subtractMonths(${day}, ${months})`)}, ${months})`;

function postgresBucket({ bucket, instant, timeZone, weekStart, fiscalYearStart }: BucketOptions): string {
  const local = `(${instant} AT TIME ZONE ${zoneSql(timeZone, 'postgres')})`;
  const day = (sql: string): string => `to_char(${sql}, 'YYYY-MM-DD')`;
  const clock = (sql: string): string => `to_char(${sql}, 'YYYY-MM-DD HH24:MI:SS')`;
  switch (bucket) {
    case 'fifteen_minutes':
      return clock(`date_bin('15 minutes', ${local}, TIMESTAMP '2000-01-01')`);
    case 'hour':
      return clock(`date_trunc('hour', ${local})`);
    case 'week':
      return day(`${local}::date - (extract(isodow FROM ${local})::int + ${7 - weekStart}) % 7`);
    case 'day':
    case 'month':
      return day(`date_trunc('${bucket}', ${local})`);
    case 'quarter':
    case 'year': {
      const months = bucket === 'quarter' ? (fiscalYearStart - 1) % 3 : fiscalYearStart - 1;
      if (months === 0) return day(`date_trunc('${bucket}', ${local})`);
      const later = `INTERVAL '${months} months'`;
      return day(`date_trunc('${bucket}', ${local} - ${later}) + ${later}`);
    }
    default:
      return bucket satisfies never;
  }
}
