/** Values as the engines hand them out → values as a user sees them: the same from both engines. */
import type { PlannedColumn } from './types.js';

/** A value as an engine hands it out: decimals, 64-bit integers and times as text. */
type EngineValue = string | number | boolean | null;

/** What a result's cell may hold in JSON. */
export type PresentedValue = string | number | boolean | null;

/**
 * - currency: text, exact, with at least two decimals
 * - float: a JSON number, read from its decimal text
 * - integer: a JSON number, or text beyond ±2^53
 * - date: `YYYY-MM-DD`; time bucket finer than a day: `YYYY-MM-DDTHH:MM:SS` on the clock of the report's time zone
 * - `recorded_at` without a grain: the instant, ISO 8601 in UTC with milliseconds
 * - string, boolean; null where there is no value
 */
export function presentValue(value: EngineValue, column: Pick<PlannedColumn, 'type' | 'role'>): PresentedValue {
  if (value === null) return null;
  switch (column.type) {
    case 'currency':
      return money(plainDecimal(value));
    case 'float':
      return Number(value);
    case 'integer': {
      const text = plainDecimal(value);
      const number = Number(text);
      return Number.isSafeInteger(number) && !text.includes('.') ? number : text;
    }
    case 'boolean':
      return value === true || value === 1 || value === '1' || value === 'true' || value === 't';
    case 'date':
      return String(value).slice(0, 10);
    case 'datetime':
      return column.role === 'time' ? String(value).replace(' ', 'T').slice(0, 19) : instant(String(value));
    case 'string':
      return String(value);
    default:
      return column.type satisfies never;
  }
}

/** One row, in the order of `columns`, as an object with the columns' names. */
export function presentRow(
  row: readonly EngineValue[],
  columns: readonly Pick<PlannedColumn, 'name' | 'type' | 'role'>[],
): Record<string, PresentedValue> {
  return Object.fromEntries(columns.map((column, index) => [column.name, presentValue(row[index] ?? null, column)]));
}

/** Decimal text without trailing zeros: engines keep or cut them as they like. */
export function plainDecimal(value: EngineValue): string {
  const text = String(value);
  if (!text.includes('.')) return text === '-0' ? '0' : text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO) end--;
  if (text.charCodeAt(end - 1) === POINT) end--;
  const short = text.slice(0, end);
  return short === '-0' ? '0' : short;
}

const ZERO = 0x30;
const POINT = 0x2e;

function money(text: string): string {
  const point = text.indexOf('.');
  if (point === -1) return `${text}.00`;
  return point === text.length - 2 ? `${text}0` : text;
}

function instant(text: string): string {
  const [seconds = '', milliseconds = ''] = text.replace(' ', 'T').replace(/Z$/, '').split('.');
  return `${seconds}.${milliseconds.padEnd(3, '0').slice(0, 3)}Z`;
}
