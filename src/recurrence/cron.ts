/**
 * Cron text → rule. Five fields as in POSIX crontab (minute, hour, day of month, month, weekday), with names, steps, `L`
 * for the last day, `5L` for the last Friday, `1#2` for the second Monday, and `@daily` and the like. A field is free
 * only as `*` or `?`; where both day fields restrict, a day that meets either is due.
 */
import type { Recurrence, ShortMonths, WeekdayRule } from './recurrence.js';

/** Something wrong in cron text, and where. */
export interface CronMistake {
  readonly message: string;
  /** Characters `[from, to)` of the text. */
  readonly range: readonly [number, number];
}
export type CronReading =
  | { readonly rule: Recurrence; readonly mistake?: undefined }
  | { readonly mistake: CronMistake; readonly rule?: undefined };

const MACROS: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);
const LONGEST_TEXT = 200;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names of the numbers from `least` on. */
  readonly names?: readonly string[];
}
const MINUTE: Field = { name: 'minute', least: 0, most: 59 };
const HOUR: Field = { name: 'hour', least: 0, most: 23 };
const DAY: Field = { name: 'day of month', least: 1, most: 31 };
const MONTH: Field = { name: 'month', least: 1, most: 12, names: MONTHS };
/** 0 and 7 are Sunday. */
const WEEKDAY: Field = { name: 'weekday', least: 0, most: 7, names: WEEKDAYS };

class Mistake extends Error {}

/** Reads cron text; says what is wrong with it instead of guessing. */
export function readCron(text: string, shortMonths: ShortMonths = 'skip'): CronReading {
  const whole: readonly [number, number] = [0, text.length];
  if (text.length > LONGEST_TEXT) return { mistake: { message: 'This is too long for a cron line.', range: whole } };
  const parts = [...(MACROS.get(text.trim().toLowerCase()) ?? text).matchAll(/\S+/g)];
  if (parts.length !== 5) {
    const message = `A cron line has five fields (minute, hour, day of month, month, weekday), e.g. "0 9 * * 1"; here are ${parts.length}.`;
    return { mistake: { message, range: whole } };
  }
  let at = 0;
  const field = <T>(read: (text: string) => T): T => {
    const part = parts[at]?.[0] ?? '';
    const value = read(part);
    at += 1;
    return value;
  };
  try {
    const rule: Recurrence = {
      minutes: field((part) => numbersOf(part, MINUTE)),
      hours: field((part) => numbersOf(part, HOUR)),
      days: field(daysOf),
      months: field((part) => numbersOf(part, MONTH)),
      weekdays: field(weekdaysOf),
      short_months: shortMonths,
    };
    if (rule.weekdays === null && neverDue(rule)) {
      return { mistake: { message: 'No month of the line has such a day, so it would never be due.', range: whole } };
    }
    return { rule };
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const { index = 0, 0: part = '' } = parts[at] ?? {};
    return { mistake: { message: error.message, range: [index, index + part.length] } };
  }
}

function neverDue({ days, months, short_months }: Recurrence): boolean {
  if (days === null || short_months === 'last_day' || days.includes('last')) return false;
  const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return !months.some((month) => days.some((day) => day !== 'last' && day <= (longest[month - 1] ?? 0)));
}

const isFree = (part: string): boolean => part === '*' || part === '?';

function daysOf(part: string): (number | 'last')[] | null {
  if (isFree(part)) return null;
  const items = part.split(',');
  const days = items.filter((item) => item.toUpperCase() !== 'L');
  const numbers = days.length === 0 ? [] : numbersOf(days.join(','), DAY);
  return days.length === items.length ? numbers : [...numbers, 'last'];
}

function weekdaysOf(part: string): WeekdayRule[] | null {
  if (isFree(part)) return null;
  return part.split(',').flatMap((item): WeekdayRule[] => {
    const special = /^(\w+?)(?:#(\d+)|(L))$/i.exec(item);
    if (!special) return numbersOf(item, WEEKDAY).map((day) => ({ weekday: isoWeekday(day), nth: null }));
    const [, name = '', nth, last] = special;
    const weekday = isoWeekday(numberOf(name, WEEKDAY));
    if (last) return [{ weekday, nth: 'last' }];
    const count = Number(nth);
    if (count !== 1 && count !== 2 && count !== 3 && count !== 4 && count !== 5) {
      throw new Mistake(`A month has at most five of a weekday; "${item}" asks for number ${nth ?? ''}.`);
    }
    return [{ weekday, nth: count }];
  });
}

const isoWeekday = (day: number): number => (day === 0 ? 7 : day);

function numbersOf(part: string, field: Field): number[] {
  const found = new Set<number>();
  for (const item of part.split(',')) {
    const [, range = '', step] = /^([^/]*)(?:\/(.*))?$/.exec(item) ?? [];
    const by = step === undefined ? 1 : Number(step);
    if (step !== undefined && (!/^\d{1,3}$/.test(step) || by < 1)) {
      throw new Mistake(`The step in "${item}" must be a whole number of 1 or more.`);
    }
    const [from, to] = bounds(range, field, step !== undefined, item);
    for (let value = from; value <= to; value += by) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

function bounds(range: string, field: Field, hasStep: boolean, item: string): readonly [number, number] {
  // Sunday has two numbers, and a free field means each day once.
  if (isFree(range)) return [field.least, field === WEEKDAY ? 6 : field.most];
  const [, first = '', , last] = /^([^-]*)(-(.*))?$/s.exec(range) ?? [];
  const from = numberOf(first, field);
  if (last === undefined) return [from, hasStep ? field.most : from];
  const to = numberOf(last, field);
  const end = field === WEEKDAY && to === 0 && from > 0 ? 7 : to;
  if (end < from) throw new Mistake(`The range "${item}" of the ${field.name} runs backwards.`);
  return [from, end];
}

function numberOf(text: string, { name, least, most, names }: Field): number {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + least;
  const value = Number(text);
  if (/^\d{1,2}$/.test(text) && value >= least && value <= most) return value;
  const words = names ? ` or ${names[0] ?? ''}–${names.at(-1) ?? ''}` : '';
  throw new Mistake(`"${text}" is no ${name}; it must be ${least}–${most}${words}.`);
}
