import { LRUCache } from 'lru-cache';
import { IANAZone } from 'luxon';
import type { DialectName } from './types.js';

/** Stands for the request's time zone in the SQL of a model, which is written once for all requests. */
export const REQUEST_ZONE = 'Request/Time_Zone';

const ZONE = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;
/** A clock that is never changed; at most 15:59 from UTC, as Postgres knows them. */
const OFFSET = /^UTC([+-])(0\d|1[0-5]):([0-5]\d)$/;

/** Whether it is a time zone: an IANA name, or an offset such as `UTC+05:30`. */
export const isZone = (zone: string): boolean => OFFSET.test(zone) || (ZONE.test(zone) && IANAZone.isValidZone(zone));

/** A checked zone as the engines name it. */
export function zoneSql(zone: string, dialect: DialectName): string {
  const [, sign, hours, minutes] = OFFSET.exec(zone) ?? [];
  if (hours !== undefined && dialect === 'clickhouse') return `'Fixed/UTC${sign}${hours}:${minutes}:00'`;
  // In Postgres, such a name says what to add to reach UTC.
  if (hours !== undefined) return `'<${sign}${hours}:${minutes}>${sign === '+' ? '-' : '+'}${hours}:${minutes}'`;
  if (!ZONE.test(zone)) throw new Error('Unchecked time zone.');
  return `'${zone}'`;
}

/** SQL (or a file with SQL) in which parts of instants are on the clock of `timeZone`, a checked zone. */
export const inZone = (sql: string, timeZone: string, dialect: DialectName): string =>
  sql.replaceAll(`'${REQUEST_ZONE}'`, () => zoneSql(timeZone, dialect));

/** The zone's name as ICU has it: in its proper case, and older than what an engine's time zone tables may lack. */
export const canonicalZone = (zone: string): string => (OFFSET.test(zone) ? zone : canonical.memo(zone));

/** To ask ICU takes a third of a millisecond. People may write a zone in any case, so it is bounded. */
const canonical = new LRUCache<string, string>({
  max: 1_000,
  memoMethod: (zone) => new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone,
});
