/** Which instants a window metric reads for each bucket of the time axis, or for the whole range. */
import type { WindowDefinition } from '../model/types.js';
import { GRAIN_UNIT } from './axis.js';
import { isMonthUnit, sameOffset, startOf, unitsBefore, type CalendarSettings } from './calendar.js';
import { periodBefore, unitsEarlier, type Span } from './compared-range.js';
import type { Instants } from './time-range.js';
import type { TimeGrain } from './types.js';

type Previous = Extract<WindowDefinition, { kind: 'previous' }>;

/** Before every instant that an engine holds. */
export const EARLIEST = Date.UTC(1900, 0, 1) - 86_400_000;
export const LATEST = Date.UTC(2300, 0, 2);

/** The range that a metric of an earlier time reads where there is no time axis. */
export function rangeBefore({ unit, count }: Previous, range: Instants, span: Span, running: boolean): Instants {
  return unit === 'period'
    ? periodBefore(range, span, running, null, count).range
    : unitsEarlier(range, { unit, count }).range;
}

/** Null where the window has no start. */
export function startOfWindow(
  window: Exclude<WindowDefinition, { kind: 'previous' | 'share' }>,
  end: Instants['to'],
  settings: CalendarSettings,
): Instants['from'] | null {
  switch (window.kind) {
    case 'cumulative':
      return null;
    case 'rolling':
      return end.minus({ [window.unit]: window.count });
    case 'to_date':
      return startOf(window.unit, end.minus({ milliseconds: 1 }), settings);
    default:
      return window satisfies never;
  }
}

/** The bucket's part as it was `count` units earlier; empty where the earlier month has no such day. */
export function earlierPart({ unit: named, count }: Previous, { from, to }: Instants, grain: TimeGrain): Instants {
  const isPeriod = named === 'period';
  const unit = isPeriod ? GRAIN_UNIT[grain] : named;
  const start = unitsBefore(from, unit, isPeriod && grain === 'fifteen_minutes' ? count * 15 : count);
  if (isMonthUnit(GRAIN_UNIT[grain])) return { from: start, to: unitsBefore(to, unit, count) };
  if (grain === 'daily' && isMonthUnit(unit) && start.day !== from.day) return { from: start, to: start };
  const end =
    GRAIN_UNIT[grain] === 'day' || GRAIN_UNIT[grain] === 'week' ? sameOffset(from, to, start) : start.plus(+to - +from);
  return { from: start, to: end };
}
