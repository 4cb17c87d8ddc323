/** Whether stretches of time on the UTC clock never cross a boundary of another zone's clock. */
import { DateTime, Info, type Zone } from 'luxon';

const DAY = 86_400_000;
/** Longest time for which the answer is looked for day by day. */
const MOST_DAYS = 366 * 60;

/**
 * Whether each stretch of `minutes` that begins on the UTC clock lies within one such stretch of the zone's clock, for
 * all instants from `from` to `to` in milliseconds: its offsets are multiples of `minutes`, and it changes them only
 * where such a stretch begins.
 */
export function fitsClock(timeZone: string, minutes: number, from: number, to: number): boolean {
  const zone = Info.normalizeZone(timeZone);
  if (!zone.isValid || to - from > MOST_DAYS * DAY) return false;
  let before = zone.offset(from);
  if (before % minutes !== 0) return false;
  for (let at = from + DAY; at < to + DAY; at += DAY) {
    const offset = zone.offset(at);
    if (offset !== before && (offset % minutes !== 0 || changeAt(zone, at - DAY, at) % (minutes * 60_000) !== 0))
      return false;
    before = offset;
  }
  return true;
}

/** The first instant at which the offset is that of `later`. */
function changeAt(zone: Zone, earlier: number, later: number): number {
  const offset = zone.offset(later);
  let [low, high] = [earlier, later];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offset(middle) === offset) high = middle;
    else low = middle;
  }
  return high;
}

/** Whether a day of the zone begins at the instant. */
export const beginsDay = (at: number, timeZone: string): boolean =>
  +DateTime.fromMillis(at, { zone: timeZone }).startOf('day') === at;
