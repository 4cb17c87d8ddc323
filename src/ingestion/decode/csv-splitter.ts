import { detached } from './line-splitter.js';
import { MAX_KEPT_LENGTH, MAX_LINE_LENGTH } from './limits.js';
import type { ReadRecord, RecordSplitter } from './records.js';

type Parsed = { cells: string[]; next: number; lines: number; end: number } | 'malformed' | 'incomplete';

/**
 * Reads delimited text (RFC 4180, with CR, LF or CR LF as line end) that comes in pieces.
 *
 * A broken record costs one line, never more: when quotes are malformed, or a quoted cell does not end within
 * {@link MAX_LINE_LENGTH}, its first line is handed out as broken and reading goes on with the next line. At most that
 * many characters are held; the rest of a longer line is skipped as it comes.
 */
export class CsvSplitter implements RecordSplitter {
  private rest = '';
  private line = 1;
  private skipped: string | null = null;
  private swallowLf = false;

  constructor(private readonly delimiter: string) {}

  push(piece: string): ReadRecord[] {
    return this.read(piece, false);
  }

  end(): ReadRecord[] {
    return this.read('', true);
  }

  private read(piece: string, last: boolean): ReadRecord[] {
    let added = piece;
    if (this.swallowLf && added !== '') {
      this.swallowLf = false;
      if (added.startsWith('\n')) added = added.slice(1);
    }
    const text = this.rest === '' ? added : this.rest + added;
    const records: ReadRecord[] = [];
    let marks = new Marks(text);
    let from = 0;
    while (from < text.length || (last && this.skipped !== null)) {
      const end = marks.lineEnd(from);
      if (this.skipped !== null) {
        if (end < 0 && !last) break;
        records.push(this.broken('line_too_long', LONG_LINE, this.skipped));
        this.skipped = null;
        from = end < 0 ? text.length : this.afterLine(text, end);
        continue;
      }
      const quote = marks.quote(from);
      if (quote < 0 || (end >= 0 && quote > end)) {
        if (end < 0 && !last) break;
        const stop = end < 0 ? text.length : end;
        const raw = text.slice(from, stop);
        if (raw.length > MAX_LINE_LENGTH) records.push(this.broken('line_too_long', LONG_LINE, raw));
        else records.push({ kind: 'record', line: this.line++, cells: raw.split(this.delimiter), raw });
        from = end < 0 ? text.length : this.afterLine(text, end);
        continue;
      }
      const parsed = this.parseQuoted(text, from, marks, last);
      if (parsed === 'incomplete') {
        if (!last && text.length - from <= MAX_LINE_LENGTH) break;
        if (end < 0 && !last) break;
      } else if (parsed !== 'malformed' && parsed.end - from <= MAX_LINE_LENGTH) {
        records.push({ kind: 'record', line: this.line, cells: parsed.cells, raw: text.slice(from, parsed.end) });
        this.line += parsed.lines;
        from = parsed.next;
        continue;
      }
      if (end < 0 && !last) break;
      const stop = end < 0 ? text.length : end;
      const long = stop - from > MAX_LINE_LENGTH;
      const reason = long ? LONG_LINE : parsed === 'malformed' ? MALFORMED : UNENDED;
      records.push(this.broken(long ? 'line_too_long' : 'malformed_quotes', reason, text.slice(from, stop)));
      from = end < 0 ? text.length : this.afterLine(text, end);
      marks = new Marks(text);
    }
    this.rest = text.slice(from);
    if (this.rest.length > MAX_LINE_LENGTH || this.skipped !== null) {
      this.skipped ??= detached(this.rest.slice(0, MAX_KEPT_LENGTH + 1));
      this.rest = '';
    }
    return records;
  }

  private broken(code: 'line_too_long' | 'malformed_quotes', reason: string, raw: string): ReadRecord {
    return { kind: 'broken', line: this.line++, code, reason, raw: raw.slice(0, MAX_KEPT_LENGTH + 1) };
  }

  /** Position after the line end at `end`, which may be CR LF. */
  private afterLine(text: string, end: number): number {
    if (text.charCodeAt(end) === 10) return end + 1;
    if (end + 1 === text.length) {
      this.swallowLf = true;
      return end + 1;
    }
    return text.charCodeAt(end + 1) === 10 ? end + 2 : end + 1;
  }

  /** Reads a record that has a quote on its first line. */
  private parseQuoted(text: string, start: number, marks: Marks, last: boolean): Parsed {
    const { delimiter } = this;
    const cells: string[] = [];
    let at = start;
    let lines = 1;
    for (;;) {
      let cell: string;
      if (text.charCodeAt(at) === QUOTE) {
        cell = '';
        let from = at + 1;
        for (;;) {
          const close = marks.quote(from);
          if (close < 0) return 'incomplete';
          cell += text.slice(from, close);
          if (close + 1 === text.length && !last) return 'incomplete';
          if (text.charCodeAt(close + 1) !== QUOTE) {
            at = close + 1;
            break;
          }
          cell += '"';
          from = close + 2;
        }
        lines += countLineEnds(cell);
        while (text.charCodeAt(at) === 32 && delimiter !== ' ') at++;
        if (at === text.length && !last) return 'incomplete';
      } else {
        const delimited = text.indexOf(delimiter, at);
        const end = marks.lineEnd(at);
        const stop = nearest(nearest(delimited, end), text.length);
        if (stop === text.length && !last) return 'incomplete';
        cell = text.slice(at, stop);
        at = stop;
      }
      cells.push(cell);
      if (at >= text.length) return { cells, next: text.length, lines, end: at };
      const code = text.charCodeAt(at);
      if (code === 10 || code === 13) return { cells, next: this.afterLine(text, at), lines, end: at };
      if (!text.startsWith(delimiter, at)) return 'malformed';
      at += delimiter.length;
      if (at === text.length && !last) return 'incomplete';
    }
  }
}

const QUOTE = 34;
const LONG_LINE = `the line is longer than ${MAX_LINE_LENGTH / 1024 / 1024} MiB`;
const MALFORMED = 'a quoted cell goes on after its closing quote; write a quote inside quotes twice ("")';
const UNENDED = 'a quoted cell does not end; a quote is missing or one too many';

const nearest = (a: number, b: number): number => (a < 0 ? b : b < 0 ? a : Math.min(a, b));

function countLineEnds(cell: string): number {
  let count = 0;
  for (let index = 0; index < cell.length; index++) {
    const code = cell.charCodeAt(index);
    if (code === 10 || (code === 13 && cell.charCodeAt(index + 1) !== 10)) count++;
  }
  return count;
}

/** Next line end and next quote of a text, each searched once over the whole text as long as one asks in order. */
class Marks {
  private lf = -2;
  private cr = -2;
  private nextQuote = -2;

  constructor(private readonly text: string) {}

  lineEnd(from: number): number {
    if (this.lf === -2 || (this.lf >= 0 && this.lf < from)) this.lf = this.text.indexOf('\n', from);
    if (this.cr === -2 || (this.cr >= 0 && this.cr < from)) this.cr = this.text.indexOf('\r', from);
    return nearest(this.lf, this.cr);
  }

  quote(from: number): number {
    if (this.nextQuote === -2 || (this.nextQuote >= 0 && this.nextQuote < from)) {
      this.nextQuote = this.text.indexOf('"', from);
    }
    return this.nextQuote;
  }
}
