/** Stands for the request's time zone in the SQL of a model, which is written once for all requests. */
export const REQUEST_ZONE = 'Request/Time_Zone';

const ZONE = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;

/** SQL (or a file with SQL) in which parts of instants are on the clock of `timeZone`, a checked IANA name. */
export function inZone(sql: string, timeZone: string): string {
  if (!ZONE.test(timeZone)) throw new Error('Unchecked time zone.');
  return sql.replaceAll(`'${REQUEST_ZONE}'`, `'${timeZone}'`);
}

/** The zone's name as ICU has it: in its proper case, and older than what an engine's time zone tables may lack. */
export const canonicalZone = (zone: string): string =>
  new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
