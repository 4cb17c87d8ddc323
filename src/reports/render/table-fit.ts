/**
 * Whether a table has room between the margins of paper, where what is too wide would be cut without a word. Widths are
 * estimated from the text, rather too wide than too narrow: nothing here runs in a browser.
 */
import type { PlannedColumn } from '../../compiler/query/types.js';

/** How large a table is set; the style sheet has the same figures. */
export type TableSize = 'portrait' | 'landscape' | 'wide';

/** Where a table goes. */
export interface TableRoom {
  /** CSS pixels. */
  readonly width: number;
  readonly size: TableSize;
}

/** CSS pixels: font of cells, font of heads, padding of a cell on both sides. */
const SIZES: Readonly<Record<TableSize, { readonly cell: number; readonly head: number; readonly padding: number }>> = {
  portrait: { cell: 10.93, head: 10.4, padding: 13.6 },
  landscape: { cell: 10.4, head: 10.4, padding: 13.6 },
  wide: { cell: 9.07, head: 8.8, padding: 7.56 },
};
/** Least width of a column whose text breaks anywhere (`.long`), in CSS pixels… */
const LONG_WIDTH = 128.5;
/** …and in a table with many keys (`.tight`). */
const TIGHT_WIDTH = 44;
/** Texts that are longer break; shorter ones stay on a line. */
const LONG_TEXT = 26;

export const isLongText = (text: unknown): boolean => typeof text === 'string' && text.length > LONG_TEXT;

/** Width of a text on one line in em; a little more than Inter and Noto take. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    let known = WIDTHS.get(character);
    if (known === undefined) {
      if (WIDTHS.size > MOST_CHARACTERS) WIDTHS.clear();
      WIDTHS.set(character, (known = characterWidth(character)));
    }
    width += known;
  }
  return width;
}

const MOST_CHARACTERS = 10_000;
const WIDTHS = new Map<string, number>();
const WIDEST = 1.02;

function characterWidth(character: string): number {
  if (/[.,:;'’|!ijl ()[\]\u00a0\u202f-]/u.test(character)) return 0.38;
  if (/[mwMW%@—]/u.test(character)) return 0.98;
  if (
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff00-\uff60]/u.test(
      character,
    )
  )
    return WIDEST;
  if (/\p{M}/u.test(character)) return 0;
  return /[\p{Lu}\p{N}$€£¥+−–=#_]/u.test(character) ? 0.72 : 0.62;
}

/** A column of a table as text. */
export interface TextColumn {
  readonly head: string;
  readonly cells: readonly string[];
  /** Its cells stay on one line. */
  readonly isNumber: boolean;
}

/** The least width of a column in CSS pixels, with its padding. */
export function columnWidth({ head, cells, isNumber }: TextColumn, size: TableSize): number {
  const { cell, head: headFont, padding } = SIZES[size];
  const word = Math.max(0, ...head.split(/[\s-]+/u).map(textWidth)) * headFont;
  const breaks = !isNumber && cells.some(isLongText);
  let widest = 0;
  if (!breaks) {
    for (const text of cells) if (text.length * WIDEST > widest) widest = Math.max(widest, textWidth(text));
  }
  return Math.max(word, breaks ? LONG_WIDTH : widest * cell) + padding;
}

/** Indexes of the columns that stand in one table; `isTight` when its texts must break anywhere to fit. */
export interface ColumnBlock {
  readonly columns: readonly number[];
  readonly isTight: boolean;
}

/**
 * Parts columns among as few tables as have room for them, each with all keys, of about the same number of columns.
 * @param keys columns that name a row, which each block repeats
 * @param most columns of one table, whatever their width
 */
export function columnBlocks(
  columns: readonly TextColumn[],
  keys: ReadonlySet<number>,
  { width, size }: TableRoom,
  most = Number.POSITIVE_INFINITY,
): readonly ColumnBlock[] {
  const widths = columns.map((column) => columnWidth(column, size));
  const total = (indexes: readonly number[]): number => indexes.reduce((sum, index) => sum + (widths[index] ?? 0), 0);
  const all = columns.map((_column, index) => index);
  const own = all.filter((index) => keys.has(index));
  const values = all.filter((index) => !keys.has(index));
  if (all.length <= most && total(all) <= width) return [{ columns: all, isTight: false }];
  // Keys that leave no room for the widest value are broken wherever they must be.
  const widest = Math.max(0, ...values.map((index) => widths[index] ?? 0));
  const isTight = total(own) + widest > width;
  const forKeys = isTight ? own.length * TIGHT_WIDTH : total(own);
  if (values.length === 0) return [{ columns: own, isTight }];
  const room = Math.max(1, most - own.length);
  const greedy: number[][] = [[]];
  for (const index of values) {
    const block = greedy.at(-1) ?? [];
    const isFull = block.length >= room || forKeys + total([...block, index]) > width;
    if (block.length > 0 && isFull) greedy.push([index]);
    else block.push(index);
  }
  const each = Math.ceil(values.length / greedy.length);
  const even = greedy.map((_block, turn) => values.slice(turn * each, (turn + 1) * each));
  const isEven = even.every((block) => block.length > 0 && forKeys + total(block) <= width);
  return (isEven ? even : greedy).map((block) => ({ columns: [...own, ...block], isTight }));
}

/** The least width at which all columns stand in one table. */
export const tableWidth = (columns: readonly TextColumn[], size: TableSize): number =>
  columns.reduce((sum, column) => sum + columnWidth(column, size), 0);

export const isKey = (column: PlannedColumn): boolean => column.role !== 'metric';
