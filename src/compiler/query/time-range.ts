/** Date ranges as a person writes them → the instants `[from, to)` that they mean. Pure: `now` is passed in. */
import { DateTime } from 'luxon';
import { startOf, type CalendarSettings } from './calendar.js';
import { NAMED_RANGES, RELATIVE_UNITS, type DateRange, type NamedRange, type RelativeUnit } from './types.js';
import type { Mistakes } from './mistakes.js';

export interface RangeContext extends CalendarSettings {
  readonly now: Date;
  /** A checked IANA name. */
  readonly timeZone: string;
}
/** `from` included, `to` excluded. */
export interface Instants {
  readonly from: DateTime;
  readonly to: DateTime;
}
/** `from` is null for everything before `to`. */
export type OpenRange = { readonly from: DateTime | null; readonly to: DateTime };
/** One point as written: a whole day, or an instant. */
export type Moment = { readonly day: boolean } & Instants;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/;
/** What both engines can store. */
export const YEARS = { min: 1900, max: 2299 };
const LONGEST = 10_000;

/** A day (`to` is the next day's start) or an instant (`to` equals `from`) in the context's zone. */
export function readMoment(text: string, { timeZone }: RangeContext): Moment | undefined {
  const day = DAY.test(text);
  if (!day && !INSTANT.test(text)) return undefined;
  const from = DateTime.fromISO(text.replace(' ', 'T'), { zone: timeZone });
  if (!from.isValid || from.year < YEARS.min || from.year > YEARS.max) return undefined;
  return { day, from, to: day ? from.plus({ days: 1 }).startOf('day') : from };
}

/**
 * The instants of a range; null for all time.
 * - days: from the start of the first to the end of the last, in the zone;
 * - instants: as written, in the zone where they have no offset;
 * - `{ last, unit }`: whole past units; with `complete: false` the current unit counts as the last one and ends now;
 * - a name: the whole unit (`this_month` reaches into the future), or up to now for `…_to_date`.
 */
export function resolveRange(
  range: DateRange | null | undefined,
  context: RangeContext,
  mistakes: Mistakes,
  pointer: string,
): Instants | null {
  if (range == null) return null;
  if (typeof range === 'string') return namedRange(range, context, mistakes, pointer);
  if ('last' in range) return relativeRange(range, context, mistakes, pointer);
  return writtenRange(range.from, range.to, context, mistakes, [`${pointer}/from`, `${pointer}/to`]);
}

export function writtenRange(
  fromText: string,
  toText: string,
  context: RangeContext,
  mistakes: Mistakes,
  pointers: readonly [string, string],
): Instants | null {
  const [first, last] = [fromText, toText].map((text, index) => {
    const moment = readMoment(text, context);
    if (moment === undefined) {
      const message = `“${text.slice(0, 40)}” is neither a day like 2026-01-31 nor an instant like 2026-01-31T09:00:00Z, from ${YEARS.min} to ${YEARS.max}.`;
      mistakes.add('bad_date', message, pointers[index] ?? '');
    }
    return moment;
  });
  if (first === undefined || last === undefined) return null;
  const instants = { from: first.from, to: last.to };
  if (instants.from >= instants.to)
    mistakes.add('empty_range', `The range ends (${toText}) before it begins (${fromText}).`, pointers[1]);
  return instants;
}

function relativeRange(
  range: { readonly last: number; readonly unit: RelativeUnit; readonly complete?: boolean },
  settings: RangeContext,
  mistakes: Mistakes,
  pointer: string,
): Instants | null {
  const { now, timeZone } = settings;
  if (!Number.isInteger(range.last) || range.last < 1 || range.last > LONGEST) {
    mistakes.add('bad_range', `“last” is a whole number from 1 to ${LONGEST}.`, `${pointer}/last`);
    return null;
  }
  if (!RELATIVE_UNITS.includes(range.unit)) {
    mistakes.add('bad_range', `“unit” is one of ${RELATIVE_UNITS.join(', ')}.`, `${pointer}/unit`);
    return null;
  }
  const at = DateTime.fromJSDate(now, { zone: timeZone });
  const current = startOf(range.unit, at, settings);
  const complete = range.complete ?? true;
  const from = startOf(range.unit, current.minus({ [range.unit]: complete ? range.last : range.last - 1 }), settings);
  if (from.year < YEARS.min) {
    mistakes.add('bad_range', `The range begins before the year ${YEARS.min}.`, `${pointer}/last`);
    return null;
  }
  return { from, to: complete ? current : at };
}

function namedRange(name: NamedRange, settings: RangeContext, mistakes: Mistakes, pointer: string): Instants | null {
  const { now, timeZone } = settings;
  if (name === 'all_time') return null;
  const at = DateTime.fromJSDate(now, { zone: timeZone });
  const whole = (unit: RelativeUnit, offset: 0 | -1): Instants => {
    const from = startOf(unit, startOf(unit, at, settings).plus({ [unit]: offset }), settings);
    return { from, to: startOf(unit, from.plus({ [unit]: 1 }), settings) };
  };
  const toDate = (unit: RelativeUnit): Instants => ({ from: startOf(unit, at, settings), to: at });
  switch (name) {
    case 'today':
      return whole('day', 0);
    case 'yesterday':
      return whole('day', -1);
    case 'this_week':
    case 'this_month':
    case 'this_quarter':
    case 'this_year':
      return whole(UNIT[name], 0);
    case 'last_week':
    case 'last_month':
    case 'last_quarter':
    case 'last_year':
      return whole(UNIT[name], -1);
    case 'week_to_date':
    case 'month_to_date':
    case 'quarter_to_date':
    case 'year_to_date':
      return toDate(UNIT[name]);
    default:
      name satisfies never;
      mistakes.add('bad_range', `A named range is one of ${NAMED_RANGES.join(', ')}.`, pointer);
      return null;
  }
}

const UNIT = {
  this_week: 'week',
  last_week: 'week',
  week_to_date: 'week',
  this_month: 'month',
  last_month: 'month',
  month_to_date: 'month',
  this_quarter: 'quarter',
  last_quarter: 'quarter',
  quarter_to_date: 'quarter',
  this_year: 'year',
  last_year: 'year',
  year_to_date: 'year',
} as const;

/** `YYYY-MM-DD HH:MM:SS.mmm` in UTC: how an instant is handed to the engines. */
export const engineInstant = (at: DateTime): string => at.toUTC().toFormat('yyyy-MM-dd HH:mm:ss.SSS');
