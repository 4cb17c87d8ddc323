/** `<+02>-02`: how Postgres calls the zone of clients that set an offset, with the sign of the name the other way round. */
const OFFSET = /^<[+-]\d\d>([+-])(\d\d)$/;

/** The time zone of a session of Postgres as requests name it. Offsets of parts of an hour have no other name. */
export function requestZone(setting: string): string {
  const [, sign, hours] = OFFSET.exec(setting) ?? [];
  if (hours === undefined) return setting;
  return Number(hours) === 0 ? 'UTC' : `Etc/GMT${sign}${Number(hours)}`;
}
