/** The instants that values are of: those asked for, those compared with, or those so many units earlier. */
import { DateTime } from 'luxon';
import type { TimeWindow } from '../dialect/ordinal-sql.js';
import type { WindowDefinition } from '../model/types.js';
import type { Bucket } from './axis.js';
import type { CalendarSettings } from './calendar.js';
import type { Earlier, Span } from './compared-range.js';
import type { FrameTime } from './frames.js';
import type { Instants, OpenRange } from './time-range.js';
import type { TimeGrain } from './types.js';
import { earlierPart, EARLIEST, rangeBefore, startOfWindow } from './windows.js';

/** A part of a bucket, with the bucket's number. */
export interface Part extends Instants {
  readonly ordinal: number;
}

export interface Moment {
  /** Null for all time. */
  readonly range: Instants | null;
  /** Parts of buckets in order; the grain where there is no axis; null where time is not grouped. */
  readonly time: readonly Part[] | TimeGrain | null;
}

/** What windows need to know of the request. */
export interface MomentContext {
  readonly grain: TimeGrain | null;
  readonly span: (Span & { readonly running: boolean }) | null;
  readonly calendar: CalendarSettings;
  readonly now: DateTime;
}

export const partsOf = (axis: readonly Bucket[]): Part[] =>
  axis.flatMap(({ parts }, ordinal) => parts.map((part) => ({ ordinal, ...part })));

/** The same buckets in the range that is compared with; the last one takes what is left of it. */
export function comparedParts(axis: readonly Bucket[], { map, range }: Earlier): Part[] {
  const parts = partsOf(axis).map(({ ordinal, from, to }) => ({
    ordinal,
    from: DateTime.max(map(from), range.from),
    to: map(to),
  }));
  const last = parts.at(-1);
  return last === undefined ? parts : [...parts.slice(0, -1), { ...last, to: range.to }];
}

/** The frame of what happened then. */
export const frameAt = ({ range, time }: Moment): FrameTime => ({
  time: isAxis(time) ? time.map(millis) : time,
  range,
});

/** The moment so much earlier. */
export function momentBefore(
  window: WindowDefinition & { readonly kind: 'previous' },
  moment: Moment,
  context: MomentContext,
): Moment {
  const { grain, span } = context;
  if (grain === null || !isAxis(moment.time)) {
    const whole = wholeOf(moment, context);
    return { range: rangeBefore(window, whole, span ?? A_DAY, span?.running ?? false), time: null };
  }
  const parts = moment.time
    .map(({ ordinal, ...part }) => ({ ordinal, ...earlierPart(window, part, grain) }))
    .filter(({ from, to }) => from < to);
  return { range: spanOf(parts, wholeOf(moment, context)), time: parts };
}

/** The frame of a window that ends where each bucket of the moment ends, or where its range does. */
export function frameOfWindow(
  window: Exclude<WindowDefinition, { kind: 'previous' | 'share' }>,
  moment: Moment,
  context: MomentContext,
): FrameTime {
  const { calendar } = context;
  const whole = wholeOf(moment, context);
  if (!isAxis(moment.time)) {
    return { time: null, range: { from: startOfWindow(window, whole.to, calendar), to: whole.to } };
  }
  const ends = new Map(moment.time.map(({ ordinal, to }) => [ordinal, to]));
  const windows = [...ends].map(([ordinal, to]) => ({ ordinal, from: startOfWindow(window, to, calendar), to }));
  const range = spanOf(
    windows.map(({ from, to }) => ({ from: from ?? EARLIEST_INSTANT, to })),
    whole,
  );
  const opens = windows.some(({ from }) => from === null);
  const spanned: OpenRange = opens ? { from: null, to: range.to } : range;
  return {
    time: windows.map(({ ordinal, from, to }) => ({ ordinal, from: +(from ?? EARLIEST), to: +to })),
    range: spanned,
  };
}

const isAxis = (time: Moment['time']): time is readonly Part[] => time !== null && typeof time === 'object';

const A_DAY = { unit: 'day', count: 1 } as const;
const EARLIEST_INSTANT = DateTime.fromMillis(EARLIEST);

const millis = ({ ordinal, from, to }: Part): TimeWindow => ({ ordinal, from: +from, to: +to });

const wholeOf = ({ range }: Moment, { now }: MomentContext): Instants =>
  range ?? { from: EARLIEST_INSTANT.setZone(now.zone), to: now };

/** From the first to the last instant of stretches of time; `otherwise` where there are none. */
function spanOf(stretches: readonly Instants[], otherwise: Instants): Instants {
  if (stretches.length === 0) return otherwise;
  return {
    from: DateTime.min(...stretches.map(({ from }) => from)) ?? otherwise.from,
    to: DateTime.max(...stretches.map(({ to }) => to)) ?? otherwise.to,
  };
}
