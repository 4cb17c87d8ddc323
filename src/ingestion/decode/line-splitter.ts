import { MAX_KEPT_LENGTH, MAX_LINE_LENGTH } from './limits.js';

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  /** The line passed the limit; `text` is only its beginning. */
  readonly tooLong: boolean;
}

export const TOO_LONG = `the line is longer than ${MAX_LINE_LENGTH / 1024 / 1024} MiB`;

/** Splits text at CR, LF or CR LF. Holds at most one line of {@link MAX_LINE_LENGTH}. */
export class LineSplitter {
  private rest = '';
  private number = 1;
  /** Inside a line that is too long: its beginning, which was given up on. */
  private skipped: string | null = null;
  private swallowLf = false;

  push(piece: string): Line[] {
    let text = piece;
    if (this.swallowLf && text !== '') {
      this.swallowLf = false;
      if (text.startsWith('\n')) text = text.slice(1);
    }
    const lines: Line[] = [];
    if (this.rest !== '') text = this.rest + text;
    let from = 0;
    let lf = text.indexOf('\n');
    let cr = text.indexOf('\r');
    while (lf >= 0 || cr >= 0) {
      const end = lf >= 0 && (cr < 0 || lf < cr) ? lf : cr;
      this.finish(text.slice(from, end), lines);
      from = end + 1;
      if (end === cr) {
        if (from === text.length) this.swallowLf = true;
        else if (lf === from) from++;
      }
      if (lf >= 0 && lf < from) lf = text.indexOf('\n', from);
      if (cr >= 0 && cr < from) cr = text.indexOf('\r', from);
    }
    this.rest = from === 0 ? text : text.slice(from);
    if (this.rest.length > MAX_LINE_LENGTH || this.skipped !== null) {
      this.skipped ??= detached(this.rest.slice(0, MAX_KEPT_LENGTH + 1));
      this.rest = '';
    }
    return lines;
  }

  end(): Line[] {
    const lines: Line[] = [];
    if (this.rest !== '' || this.skipped !== null) this.finish(this.rest, lines);
    this.rest = '';
    return lines;
  }

  private finish(text: string, lines: Line[]): void {
    if (this.skipped !== null) {
      lines.push({ number: this.number, text: this.skipped, tooLong: true });
      this.skipped = null;
    } else if (text.length > MAX_LINE_LENGTH) {
      lines.push({ number: this.number, text: text.slice(0, MAX_KEPT_LENGTH + 1), tooLong: true });
    } else {
      lines.push({ number: this.number, text, tooLong: false });
    }
    this.number++;
  }
}

/** A copy that does not keep the long text alive that it was cut from. */
export const detached = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');
