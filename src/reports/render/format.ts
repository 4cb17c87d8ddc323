import { Decimal } from 'decimal.js';
import { DateTime } from 'luxon';
import { minorDigits } from '../../common/currency.js';
import type { PlannedColumn, TimeGrain } from '../../compiler/query/types.js';
import type { CellValue } from './document.js';
import { fullLocale, numberFormat } from './locale.js';
import { wordsOf } from './words/words.js';

/** Shown where there is no value. */
export const NO_VALUE = '–';
const MINUS = '\u2212';
const NUMERIC = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** What a formatter must know beside the column. */
export interface FormatSettings {
  /** BCP 47. */
  readonly locale: string;
  /** ISO 4217 code for currency columns whose unit is not itself a code. */
  readonly currency: string;
  readonly timeGrain?: TimeGrain | null;
}

export const isNumeric = (column: PlannedColumn): boolean =>
  column.type === 'integer' || column.type === 'float' || column.type === 'currency';

/** The exact decimal behind a cell, or null for anything that is no number. */
export function decimalOf(value: CellValue | undefined): Decimal | null {
  if (typeof value === 'number') return Number.isFinite(value) ? new Decimal(value) : null;
  return typeof value === 'string' && NUMERIC.test(value) ? new Decimal(value) : null;
}

/** A cell as a reader sees it. Money keeps its cents, fractions of unit `%` become percent, null is a dash. */
export function formatCell(value: CellValue | undefined, column: PlannedColumn, settings: FormatSettings): string {
  if (value === null || value === undefined || value === '') return NO_VALUE;
  if (isNumeric(column)) {
    const decimal = decimalOf(value);
    return decimal ? formatNumber(decimal, column, settings) : String(value);
  }
  if (typeof value === 'boolean') return value ? wordsOf(settings.locale).yes : wordsOf(settings.locale).no;
  if (column.role === 'time') return formatTime(String(value), settings);
  return column.type === 'date' ? formatTime(String(value), { ...settings, timeGrain: 'daily' }) : String(value);
}

/** Short form for axes and labels: `$12.3k`, `1.2M`, `3.1%`; `fixed` keeps zeros at the end, so that digits line up. */
export function formatCompact(
  value: Decimal | number,
  column: PlannedColumn,
  settings: FormatSettings,
  fixed = false,
): string {
  const decimal = new Decimal(value);
  if (column.unit === '%')
    return intl(decimal, settings, {
      style: 'percent',
      minimumFractionDigits: fixed ? 1 : 0,
      maximumFractionDigits: 1,
    });
  if (!isLatin(settings.locale)) return compactByLocale(decimal, column, settings);
  const [scaled, suffix] = scale(decimal);
  const digits = suffix === '' && column.type !== 'integer' && scaled.abs().lt(100) ? 2 : 1;
  const fraction = suffix !== '' && scaled.abs().gte(100) ? 0 : digits;
  const options: Intl.NumberFormatOptions = {
    minimumFractionDigits: fixed && (suffix !== '' || column.type !== 'integer') ? fraction : 0,
    maximumFractionDigits: fraction,
  };
  const currency = currencyOf(column, settings);
  if (currency) {
    // The suffix belongs to the digits, before a trailing currency sign as well as after a leading one.
    const parts = numberFormat(settings.locale, {
      style: 'currency',
      currency,
      currencyDisplay: signOf(settings.locale),
      ...options,
    }).formatToParts(exact(scaled));
    const last = parts.findLastIndex((part) => part.type === 'integer' || part.type === 'fraction');
    return typographic(parts.map((part, index) => part.value + (index === last ? suffix : '')).join(''));
  }
  return intl(scaled, settings, options) + suffix + unitSuffix(column);
}

/** Beside a bar or a point: like a cell below a thousand, so that digits line up; short above. */
export function formatLabel(value: number, column: PlannedColumn, settings: FormatSettings): string {
  const decimal = new Decimal(value);
  return column.type === 'float' && decimal.abs().lt(1_000)
    ? formatNumber(decimal, column, settings)
    : formatCompact(decimal, column, settings, true);
}

/** For a tile: a few significant digits, so that the eye can hold it; small values stay exact. */
export function formatHeadline(value: Decimal, column: PlannedColumn, settings: FormatSettings): string {
  if (column.unit === '%' || value.abs().lt(10_000)) return formatNumber(value, column, settings);
  if (value.abs().gte(1_000_000)) return headlineMillions(value, column, settings);
  return formatNumber(value, column, settings, 0);
}

/** A change as a fraction, with its sign: `+12.4%`. */
export const formatChange = (change: Decimal, locale: string): string =>
  typographic(
    numberFormat(locale, {
      style: 'percent',
      signDisplay: 'exceptZero',
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    }).format(exact(change)),
  );

/** A time bucket in the words of its grain: `Jan 2026`, `Q1 2026`, `Jan 5, 2026`. */
export function formatTime(value: string, { locale, timeGrain }: Pick<FormatSettings, 'locale' | 'timeGrain'>): string {
  const time = DateTime.fromISO(value.replace(' ', 'T'), { zone: 'utc', locale });
  if (!time.isValid) return value;
  switch (timeGrain) {
    case 'yearly':
      return time.toFormat('yyyy');
    case 'quarterly':
      return time.toFormat("'Q'q yyyy");
    case 'monthly':
      return time.toLocaleString({ month: 'short', year: 'numeric' });
    case 'hourly':
    case 'fifteen_minutes':
      return time.toLocaleString({ ...DateTime.DATE_MED, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    default:
      return /T(?!00:00(:00(\.0+)?)?(Z|[+-]00:?00)?$)/.test(value.replace(' ', 'T'))
        ? time.toLocaleString({ ...DateTime.DATE_MED, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
        : time.toLocaleString(DateTime.DATE_MED);
  }
}

/** An instant in a zone, to the minute, with the zone's short name. */
export const formatInstant = (iso: string, zone: string, locale: string): string => {
  const time = DateTime.fromISO(iso, { zone, locale });
  if (!time.isValid) return iso;
  return time.toLocaleString({ ...DateTime.DATE_MED, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
};

/** The instants `[from, to)` as days, both ends included, or with the time of day where they are no whole days. */
export function formatPeriod(from: string | null, to: string | null, zone: string, locale: string): string {
  const start = from === null ? null : DateTime.fromISO(from, { zone, locale });
  const end = to === null ? null : DateTime.fromISO(to, { zone, locale });
  if (!start?.isValid || !end?.isValid) return wordsOf(locale).all_time;
  const wholeDays = [start, end].every((time) => time.equals(time.startOf('day')));
  if (!wholeDays) return `${formatInstant(from ?? '', zone, locale)} – ${formatInstant(to ?? '', zone, locale)}`;
  const last = end.minus({ milliseconds: 1 });
  const format = (time: DateTime): string => time.toLocaleString(DateTime.DATE_MED);
  return start.hasSame(last, 'day') ? format(start) : `${format(start)} – ${format(last)}`;
}

function formatNumber(value: Decimal, column: PlannedColumn, settings: FormatSettings, digits?: number): string {
  if (column.unit === '%') {
    return intl(value, settings, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
  }
  const currency = currencyOf(column, settings);
  if (currency) {
    // Node would leave out the minor unit of currencies in which few people pay with it.
    const fraction = digits ?? minorDigits(currency);
    return intl(value, settings, {
      style: 'currency',
      currency,
      currencyDisplay: signOf(settings.locale),
      minimumFractionDigits: fraction,
      maximumFractionDigits: fraction,
    });
  }
  const fraction = digits ?? (column.type === 'integer' || (value.isInteger() && value.abs().gte(1_000)) ? 0 : 2);
  return (
    intl(value, settings, { minimumFractionDigits: fraction, maximumFractionDigits: fraction }) + unitSuffix(column)
  );
}

function headlineMillions(value: Decimal, column: PlannedColumn, settings: FormatSettings): string {
  const currency = currencyOf(column, settings);
  const text = numberFormat(settings.locale, {
    notation: 'compact',
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    ...(currency ? { style: 'currency', currency, currencyDisplay: signOf(settings.locale) } : {}),
  }).format(exact(value));
  return typographic(text) + (currency ? '' : unitSuffix(column));
}

/** Other scripts count in other steps, in words of their own: 1.2万. */
function compactByLocale(value: Decimal, column: PlannedColumn, settings: FormatSettings): string {
  const currency = currencyOf(column, settings);
  const text = intl(value, settings, {
    notation: 'compact',
    minimumFractionDigits: 0,
    maximumFractionDigits: value.abs().lt(100) && column.type !== 'integer' ? 2 : 1,
    ...(currency ? { style: 'currency', currency, currencyDisplay: signOf(settings.locale) } : {}),
  });
  return currency ? text : text + unitSuffix(column);
}

/** `$` rather than `US$`, but the sign that readers of another script know. */
const signOf = (locale: string): 'narrowSymbol' | 'symbol' => (isLatin(locale) ? 'narrowSymbol' : 'symbol');

const isLatin = (locale: string): boolean => fullLocale(locale).script === 'Latn';

/** Currency columns carry an ISO code as their unit, or none. */
function currencyOf(column: PlannedColumn, settings: FormatSettings): string | null {
  if (column.type !== 'currency') return null;
  return column.unit !== null && /^[A-Z]{3}$/.test(column.unit) ? column.unit : settings.currency;
}

function unitSuffix(column: PlannedColumn): string {
  if (column.unit === null || column.unit === '' || column.type === 'currency') return '';
  return /^[x×]$/i.test(column.unit) ? '×' : `\u00a0${column.unit}`;
}

const SCALES: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
];

function scale(value: Decimal): readonly [Decimal, string] {
  for (const [size, suffix] of SCALES) if (value.abs().gte(size)) return [value.div(size), suffix];
  return [value, ''];
}

/** `Intl` formats decimal text exactly, however long. */
const exact = (value: Decimal): Intl.StringNumericLiteral => value.toFixed() as Intl.StringNumericLiteral;

const intl = (value: Decimal, { locale }: FormatSettings, options: Intl.NumberFormatOptions): string =>
  typographic(numberFormat(locale, options).format(exact(value)));

const typographic = (text: string): string => text.replace(/^-/, MINUS);
