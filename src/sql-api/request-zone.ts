/**
 * How Postgres calls the zone of clients that set an offset: `<+05:30>-05:30`, or a name of their own before it. What
 * stands behind the name is what leads to UTC, so its sign is the other way round.
 */
const OFFSET = /^(?:<[^<>]*>|[A-Za-z]{3,})?([+-]?)(\d{1,2})(?::(\d\d))?$/;

/** The time zone of a session of Postgres as requests name it. */
export function requestZone(setting: string): string {
  const [, sign, hours, minutes = '00'] = OFFSET.exec(setting) ?? [];
  if (hours === undefined) return setting;
  if (Number(hours) + Number(minutes) === 0) return 'UTC';
  return `UTC${sign === '-' ? '+' : '-'}${hours.padStart(2, '0')}:${minutes}`;
}

/** A time on the clock of a request's zone, as Postgres reads it: there, `UTC+05:30` would lie west. */
export const atZone = (clock: string, zone: string): string => `${clock} ${zone.replace(/^UTC(?=[+-])/, '')}`;
