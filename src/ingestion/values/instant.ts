/**
 * Points in time: ISO 8601 read exactly, other notations only by a declared format, everything stored in UTC.
 */
import { DateTime, IANAZone } from 'luxon';

const ISO =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/;
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

export type InstantReading =
  | { readonly kind: 'instant'; /** `YYYY-MM-DDTHH:MM:SS.sssZ` */ readonly iso: string }
  /** A reason that a person can act on, without the field's name. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface InstantFormat {
  /** Luxon format tokens, e.g. `dd.MM.yyyy`; ISO 8601 when null. */
  readonly format: string | null;
  /** IANA zone of times that name none; `null`: such times are refused, and a plain date is midnight UTC. */
  readonly time_zone: string | null;
}

/** `2026-01-05` and `…T00:00:00Z` are common and repeat on thousands of rows. */
const CACHE_LIMIT = 50_000;

export const isTimeZone = (name: string): boolean => IANAZone.isValidZone(name);

/** Reads times of one notation; remembers what it has read, since exports repeat the same days over and over. */
export class InstantReader {
  private readonly seen = new Map<string, InstantReading>();

  constructor(private readonly format: InstantFormat) {}

  read(text: string): InstantReading {
    let reading = this.seen.get(text);
    if (reading === undefined) {
      reading = this.parse(text.trim());
      if (this.seen.size >= CACHE_LIMIT) this.seen.clear();
      this.seen.set(text, reading);
    }
    return reading;
  }

  private parse(text: string): InstantReading {
    if (text === '') return unreadable('is missing');
    if (this.format.format !== null) return this.parseFormat(text, this.format.format);
    const match = ISO.exec(text);
    if (!match) {
      return unreadable(`"${clip(text)}" is no ISO 8601 date or time such as 2026-01-31 or 2026-01-31T09:30:00Z`);
    }
    const [, year = '', month = '', day = '', hour, minute = '0', second = '0', fraction = '', offset] = match;
    const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
    if (!isDay(+year, +month, +day)) return unreadable(`"${clip(text)}" is no day of the calendar`);
    if (+(hour ?? 0) > 23 || +minute > 59 || +second > 59) return unreadable(`"${clip(text)}" is no time of day`);
    const zone = this.format.time_zone;
    if (hour !== undefined && offset === undefined && zone === null) {
      return unreadable(`"${clip(text)}" has a time but no zone; add Z or an offset such as +01:00`);
    }
    const wall = Date.UTC(+year, +month - 1, +day, +(hour ?? 0), +minute, +second, milliseconds);
    if (offset !== undefined) {
      const minutes = offsetMinutes(offset);
      return minutes === null ? unreadable(`"${clip(text)}" has no valid offset`) : inRange(wall - minutes * 60_000);
    }
    if (zone === null || zone === 'UTC') return inRange(wall);
    return inRange(
      DateTime.fromObject(
        { year: +year, month: +month, day: +day, hour: +(hour ?? 0), minute: +minute, second: +second },
        { zone },
      ).toMillis() + milliseconds,
    );
  }

  private parseFormat(text: string, format: string): InstantReading {
    const parsed = DateTime.fromFormat(text, format, { zone: this.format.time_zone ?? 'UTC', locale: 'en' });
    if (!parsed.isValid) return unreadable(`"${clip(text)}" does not fit the format ${format}`);
    return inRange(parsed.toMillis());
  }
}

const clip = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

const unreadable = (reason: string): InstantReading => ({ kind: 'unreadable', reason });

function isDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function offsetMinutes(offset: string): number | null {
  if (/^(z|utc)$/i.test(offset)) return 0;
  const digits = offset.slice(1).replace(':', '');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2) || 0);
  if (hours > 14 || minutes > 59) return null;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function inRange(time: number): InstantReading {
  if (time < EARLIEST || time >= LATEST) return unreadable('is outside of 1900-01-01 … 2199-12-31');
  return { kind: 'instant', iso: new Date(time).toISOString() };
}
