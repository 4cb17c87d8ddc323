/** Which instants a window metric reads for each bucket of the time axis, or for the whole range. */
import type { WindowDefinition } from '../model/types.js';
import type { TimeWindow } from '../dialect/ordinal-sql.js';
import { GRAIN_UNIT, type Bucket } from './axis.js';
import { isMonthUnit, sameOffset, startOf, unitsBefore, type CalendarSettings } from './calendar.js';
import { periodBefore, unitsEarlier, type Earlier, type Span } from './compared-range.js';
import type { OpenRange } from './base-query.js';
import type { Instants } from './time-range.js';
import type { TimeGrain } from './types.js';

export type TimeWindowDefinition = Exclude<WindowDefinition, { kind: 'share' }>;

/** Before every instant that an engine holds. */
export const EARLIEST = Date.UTC(1900, 0, 1) - 86_400_000;
export const LATEST = Date.UTC(2300, 0, 2);

/** The instants `[from, to)` of each bucket by its number. */
export const bucketWindows = (axis: readonly Bucket[]): TimeWindow[] =>
  axis.flatMap(({ parts }, ordinal) => parts.map(({ from, to }) => ({ ordinal, from: +from, to: +to })));

export function mappedWindows(axis: readonly Bucket[], { map, range }: Earlier): TimeWindow[] {
  return axis.flatMap(({ parts }, ordinal) =>
    parts.map(({ from, to }) => ({ ordinal, from: Math.max(+map(from), +range.from), to: +map(to) })),
  );
}

export function windowsOf(
  window: TimeWindowDefinition,
  axis: readonly Bucket[],
  grain: TimeGrain,
  settings: CalendarSettings,
): TimeWindow[] {
  return axis.flatMap(({ parts }, ordinal) => {
    if (window.kind === 'previous')
      return parts.map((part) => ({ ordinal, ...millis(earlierPart(window, part, grain)) }));
    const last = parts.at(-1);
    if (last === undefined) return [];
    return [{ ordinal, from: +(startOfWindow(window, last.to, settings) ?? EARLIEST), to: +last.to }];
  });
}

/** The range that the metric reads where there is no time axis. */
export function rangeOf(
  window: TimeWindowDefinition,
  range: Instants,
  span: Span,
  running: boolean,
  settings: CalendarSettings,
): OpenRange {
  if (window.kind !== 'previous') return { from: startOfWindow(window, range.to, settings), to: range.to };
  const { unit, count } = window;
  return unit === 'period'
    ? periodBefore(range, span, running, null, count).range
    : unitsEarlier(range, { unit, count }).range;
}

/** Null where the window has no start. */
function startOfWindow(
  window: Exclude<TimeWindowDefinition, { kind: 'previous' }>,
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

const millis = ({ from, to }: Instants): { from: number; to: number } => ({ from: +from, to: +to });

/** The bucket's part as it was `count` units earlier; empty where the earlier month has no such day. */
function earlierPart(
  { unit: named, count }: Extract<WindowDefinition, { kind: 'previous' }>,
  { from, to }: Instants,
  grain: TimeGrain,
): Instants {
  const isPeriod = named === 'period';
  const unit = isPeriod ? GRAIN_UNIT[grain] : named;
  const start = unitsBefore(from, unit, isPeriod && grain === 'fifteen_minutes' ? count * 15 : count);
  if (isMonthUnit(GRAIN_UNIT[grain])) return { from: start, to: unitsBefore(to, unit, count) };
  if (grain === 'daily' && isMonthUnit(unit) && start.day !== from.day) return { from: start, to: start };
  const end =
    GRAIN_UNIT[grain] === 'day' || GRAIN_UNIT[grain] === 'week' ? sameOffset(from, to, start) : start.plus(+to - +from);
  return { from: start, to: end };
}
