/** From the reading of a zone's clock to the instant that it means. */
import { IANAZone } from 'luxon';

const HOUR_MS = 3_600_000;
/** No offset is further from UTC than 14 hours, and no change of it (Samoa's, of a day) was larger than 24. */
const REACH_MS = 26 * HOUR_MS;
/** Two changes of one zone's offset are further apart than this. */
const STEP_MS = 6 * HOUR_MS;

/** Offsets of so many zones at whole steps are kept: asking for one is slow, and neighbouring times ask for the same. */
const MOST_ZONES = 500;
const MOST_STEPS = 20_000;
const kept = new Map<string, Map<number, number>>();

/** Offset from UTC in milliseconds, local minus UTC. */
const offsetAt = (zone: IANAZone, at: number): number => Math.round(zone.offset(at) * 60_000);

/** The same, at a whole number of steps. */
function offsetAtStep(zone: IANAZone, at: number): number {
  if (kept.size > MOST_ZONES) kept.clear();
  const steps = kept.get(zone.name) ?? new Map<number, number>();
  kept.set(zone.name, steps);
  if (steps.size > MOST_STEPS) steps.clear();
  const offset = steps.get(at) ?? offsetAt(zone, at);
  steps.set(at, offset);
  return offset;
}

const wholeSteps = (at: number): number => Math.floor(at / STEP_MS) * STEP_MS;

/** @returns null for a name that is no IANA zone */
export function zoneOf(name: string): IANAZone | null {
  const zone = IANAZone.create(name);
  return zone.isValid ? zone : null;
}

/** The clock's reading at an instant, as milliseconds since 1970 if that clock showed UTC. */
export const clockAt = (zone: IANAZone, at: number): number => at + offsetAt(zone, at);

/**
 * The instant at which a zone's clock shows a reading.
 *
 * - A reading that comes twice (clocks go back) means the first time.
 * - A reading that never comes (clocks go forward, or a day is left out) means the first instant after the gap.
 *
 * @param clock the reading, as milliseconds since 1970 if the clock showed UTC
 */
export function instantOf(zone: IANAZone, clock: number): number {
  let start = wholeSteps(clock - REACH_MS);
  const end = wholeSteps(clock + REACH_MS) + STEP_MS;
  let offset = offsetAtStep(zone, start);
  while (start < end) {
    const change = nextChange(zone, start, offset, end);
    if (clock - offset < (change ?? Number.POSITIVE_INFINITY)) return clock - offset;
    if (change === null) break;
    const next = offsetAt(zone, change);
    // The clock jumps over the reading: neither before the change, nor from then on.
    if (clock - next < change) return change;
    start = change;
    offset = next;
  }
  throw new Error(`The clock of ${zone.name} never shows ${new Date(clock).toISOString()}.`);
}

/** The first instant after `start` and up to `end`, a whole step, from which another offset than `offset` holds; null without one. */
function nextChange(zone: IANAZone, start: number, offset: number, end: number): number | null {
  let before = start;
  while (before < end) {
    let after = wholeSteps(before) + STEP_MS;
    if (offsetAtStep(zone, after) === offset) {
      before = after;
      continue;
    }
    // Offsets change on whole seconds.
    while (after - before > 1_000) {
      const middle = before + Math.ceil((after - before) / 2_000) * 1_000;
      if (middle >= after) break;
      if (offsetAt(zone, middle) === offset) before = middle;
      else after = middle;
    }
    return after;
  }
  return null;
}
