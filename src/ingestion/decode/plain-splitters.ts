import { LineSplitter, TOO_LONG, type Line } from './line-splitter.js';
import type { ReadRecord, RecordSplitter } from './records.js';

/** Lines without quotes or delimiters: cells are cut out of each line by `cut`. */
export class CutSplitter implements RecordSplitter {
  private readonly lines = new LineSplitter();

  constructor(private readonly cut: (line: string) => string[]) {}

  push(text: string): ReadRecord[] {
    return this.lines.push(text).map((line) => this.toRecord(line));
  }

  end(): ReadRecord[] {
    return this.lines.end().map((line) => this.toRecord(line));
  }

  private toRecord({ number, text, tooLong }: Line): ReadRecord {
    if (tooLong) return { kind: 'broken', line: number, code: 'line_too_long', reason: TOO_LONG, raw: text };
    return { kind: 'record', line: number, cells: this.cut(text), raw: text };
  }
}

/** Cells separated by one or more spaces or tabs. */
export const cutAtSpaces = (line: string): string[] => line.trim().split(/[ \t]+/);

/** Cells of fixed width, one after the other; the last one takes what is left. */
export function cutAtWidths(widths: readonly number[]): (line: string) => string[] {
  return (line) => {
    const cells: string[] = [];
    let from = 0;
    widths.forEach((width, index) => {
      const last = index === widths.length - 1;
      cells.push(last ? line.slice(from) : line.slice(from, from + width));
      from += width;
    });
    return cells;
  };
}
