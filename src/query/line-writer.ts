/**
 * The engine's lines → the JSON text of rows, from bytes to bytes. Nearly every value comes out as it came in, or shortened,
 * so its bytes are copied; whatever is not so plain takes the way of all values, {@link presentValue}.
 */
import { presentValue } from '../compiler/query/present.js';
import type { PlannedColumn } from '../compiler/query/types.js';
import type { EngineValue } from '../engine/engine.js';

type Column = Pick<PlannedColumn, 'name' | 'type' | 'role'>;

const code = (character: string): number => character.charCodeAt(0);
const QUOTE = code('"');
const BACKSLASH = code('\\');
const COMMA = code(',');
const OPEN = code('[');
const CLOSE = code(']');
const BRACE = code('{');
const END = code('}');
const NEWLINE = code('\n');
const MINUS = code('-');
const POINT = code('.');
const ZERO = code('0');
const NINE = code('9');
const SPACE = code(' ');
const T = code('T');
const Z = code('Z');
const ASCII = 0x7f;

const NULL = Buffer.from('null');
/** A double tells all numbers of so many digits apart, so that the shortest text of one is the number itself. */
const MOST_DIGITS = 15;
/** With so many zeros behind the point of a number below one, JavaScript writes an exponent. */
const EXPONENT_ZEROS = 6;
/** Lengths of `2026-01-31`, `2026-01-31 09:00:00` and `2026-01-31 09:00:00.000`. */
const [DAY, SECONDS, INSTANT] = [10, 19, 23];
/** A value with its quotes, its comma and the digits of money is at most so much longer than what it is read from. */
const MOST_ADDED = 8;

/** What stands before each value of an object by column name, with its brace or comma. */
export const keyTexts = (columns: readonly Pick<Column, 'name'>[]): string[] =>
  columns.map(({ name }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);

/** Writes rows as objects by column name, one after the other. */
export class LineWriter {
  private readonly keys: readonly Buffer[];
  private out = Buffer.allocUnsafeSlow(65_536);
  private used = 0;
  private lines: Uint8Array = NULL;
  /** The value that was read last lies here, without its quotes. */
  private from = 0;
  private to = 0;
  private isQuoted = false;
  /** Whether none of its characters is escaped, and whether each is one byte. */
  private isPlain = false;
  private isAscii = false;
  /** Where its point is; `to` where it has none. Only of numbers. */
  private point = 0;
  /** The end of its digits, without zeros at the end behind the point. Only of numbers. */
  private shortTo = 0;

  constructor(private readonly columns: readonly Column[]) {
    this.keys = keyTexts(columns).map((key) => Buffer.from(key));
    this.put(OPEN);
  }

  /**
   * Writes one row.
   * @param lines each a JSON array of the columns' values, in valid UTF-8
   * @returns where the next line begins
   */
  row(lines: Uint8Array, start: number): number {
    this.lines = lines;
    this.reserve(0);
    if (this.used > 1) this.put(COMMA);
    let at = start + 1;
    for (let index = 0; index < this.columns.length; index++) {
      at = this.read(at) + 1;
      if (at === 0)
        throw new Error(`“${(this.columns[index] as Column).name}” is a list or an object, which no column is.`);
      this.reserve(this.to - this.from + (this.keys[index] as Buffer).length + MOST_ADDED);
      this.copy(this.keys[index] as Buffer, 0, (this.keys[index] as Buffer).length);
      this.value(this.columns[index] as Column);
    }
    this.put(END);
    return lines[at] === NEWLINE ? at + 1 : at;
  }

  /** The list of all rows. */
  end(): Buffer {
    this.put(CLOSE);
    return Buffer.from(this.out.subarray(0, this.used));
  }

  /** Finds the value that begins there, or behind a space. @returns where the mark behind it is; -1 where it is not a single value */
  private read(before: number): number {
    const { lines } = this;
    const start = lines[before] === SPACE ? before + 1 : before;
    this.isQuoted = lines[start] === QUOTE;
    this.isPlain = true;
    this.isAscii = true;
    let at = start;
    if (this.isQuoted) {
      for (at++; lines[at] !== QUOTE; at++) {
        const byte = lines[at] as number;
        if (byte > ASCII) this.isAscii = false;
        if (byte !== BACKSLASH) continue;
        this.isPlain = false;
        at++;
      }
      this.from = start + 1;
      this.to = at;
      return at + 1;
    }
    if (lines[start] === OPEN || lines[start] === BRACE) return -1;
    while (lines[at] !== COMMA && lines[at] !== CLOSE) at++;
    this.from = start;
    this.to = at;
    return at;
  }

  private value(column: Column): void {
    if (!this.isQuoted && this.lines[this.from] === NULL[0]) this.copy(NULL, 0, NULL.length);
    else if (!this.isPlain || !this.asItIs(column)) this.presented(column);
  }

  /** @returns false where the value is not one of those that can be copied */
  private asItIs({ type, role }: Column): boolean {
    switch (type) {
      case 'currency':
        return this.isNumber() && this.money();
      case 'float':
        return this.isNumber() && this.float();
      case 'integer':
        return this.isNumber() && this.integer();
      case 'date':
        return this.isQuoted && this.isAscii && this.to - this.from >= DAY && this.quoted(this.from + DAY);
      case 'datetime':
        return this.isQuoted && this.isAscii && (role === 'time' ? this.seconds() : this.instant());
      case 'string':
        return this.isQuoted && this.quoted(this.to);
      case 'boolean':
        return false;
      default:
        return type satisfies never;
    }
  }

  /** Whether it is a plain decimal other than a negative zero, of which the point and the short end are noted. */
  private isNumber(): boolean {
    const { lines, to } = this;
    const first = lines[this.from] === MINUS ? this.from + 1 : this.from;
    let point = to;
    for (let at = first; at < to; at++) {
      const byte = lines[at] as number;
      if (byte === POINT && point === to && at > first) point = at;
      else if (byte < ZERO || byte > NINE) return false;
    }
    let end = to;
    if (point < to) while (lines[end - 1] === ZERO) end--;
    if (end === point + 1) end = point;
    this.point = point;
    this.shortTo = end;
    const isZeroFirst = lines[first] === ZERO;
    if (isZeroFirst && end === first + 1) return first === this.from;
    return end > first && !(isZeroFirst && point !== first + 1);
  }

  /** Exact, with two digits behind the point at least. */
  private money(): boolean {
    const { point, shortTo } = this;
    this.put(QUOTE);
    this.copy(this.lines, this.from, shortTo);
    if (shortTo === point) this.put(POINT);
    for (let digits = Math.max(0, shortTo - point - 1); digits < 2; digits++) this.put(ZERO);
    this.put(QUOTE);
    return true;
  }

  private float(): boolean {
    const { lines, from, point, shortTo } = this;
    if (shortTo - from > MOST_DIGITS) return false;
    const first = lines[from] === MINUS ? from + 1 : from;
    if (lines[first] === ZERO && point + EXPONENT_ZEROS < shortTo) {
      let at = point + 1;
      while (lines[at] === ZERO) at++;
      if (at - point - 1 >= EXPONENT_ZEROS) return false;
    }
    this.copy(lines, from, shortTo);
    return true;
  }

  private integer(): boolean {
    const { from, point, shortTo } = this;
    if (shortTo > point || shortTo - from > MOST_DIGITS) return false;
    this.copy(this.lines, from, shortTo);
    return true;
  }

  private quoted(to: number): boolean {
    this.put(QUOTE);
    this.copy(this.lines, this.from, to);
    this.put(QUOTE);
    return true;
  }

  private seconds(): boolean {
    if (this.to - this.from < SECONDS || this.lines[this.from + DAY] !== SPACE) return false;
    this.put(QUOTE);
    this.clock(SECONDS);
    this.put(QUOTE);
    return true;
  }

  private instant(): boolean {
    const { lines, from, to } = this;
    if (to - from !== INSTANT || lines[from + DAY] !== SPACE || lines[from + SECONDS] !== POINT) return false;
    this.put(QUOTE);
    this.clock(INSTANT);
    this.put(Z);
    this.put(QUOTE);
    return true;
  }

  /** Day and time of day, up to a length. */
  private clock(length: number): void {
    this.copy(this.lines, this.from, this.from + DAY);
    this.put(T);
    this.copy(this.lines, this.from + DAY + 1, this.from + length);
  }

  private presented(column: Column): void {
    const quotes = this.isQuoted ? 1 : 0;
    const json = Buffer.from(this.lines.subarray(this.from - quotes, this.to + quotes)).toString('utf8');
    const text = JSON.stringify(presentValue(JSON.parse(json) as EngineValue, column));
    this.reserve(text.length * 3);
    this.used += this.out.write(text, this.used, 'utf8');
  }

  private put(byte: number): void {
    this.out[this.used++] = byte;
  }

  private copy(bytes: Uint8Array, from: number, to: number): void {
    const { out } = this;
    let { used } = this;
    for (let at = from; at < to; at++) out[used++] = bytes[at] as number;
    this.used = used;
  }

  /** Makes room for so many bytes, and for the marks behind a row. */
  private reserve(bytes: number): void {
    const most = this.used + bytes + MOST_ADDED;
    if (most <= this.out.length) return;
    const wider = Buffer.allocUnsafeSlow(most * 2);
    this.out.copy(wider, 0, 0, this.used);
    this.out = wider;
  }
}
