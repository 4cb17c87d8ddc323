/**
 * Numbers as people and platforms write them in exports: `"1,200.50"`, `1.200,50`, `1 200,50`, `€ 18,50`, `(12.00)`,
 * `3.5%`, `'1001`.
 *
 * **Which mark is the decimal one.** Some texts say it themselves: `1,200.50`, `12.5`, `0.125`, `1,200,300`. A text with
 * one mark followed by exactly three digits (`1,200`, `1.234`) does not. Such a text is read
 * 1. by the mark that the mapping declares (`decimal`), else
 * 2. as a whole number when the field is one by nature (impressions, clicks, …), else
 * 3. by the mark that the other cells of its column show, else that the other columns of the file show,
 *    both taken from the first part of the file, and only if they all agree; else
 * 4. not at all: the row is rejected and the reason says to declare `decimal`.
 * A text that contradicts the declared or detected mark is rejected as well. Nothing is guessed.
 *
 * A percent sign is dropped: `3.5%` is 3.5. Parentheses and a trailing minus mean negative.
 */
import { isCurrency } from '../../common/currency.js';
import { fromDigits, parseLiteral, type DecimalMark, type PayloadNumber } from './decimal.js';

export type NumberReading =
  | { readonly kind: 'number'; readonly value: PayloadNumber }
  /** Says nothing: empty, ` --`, `n/a`, … */
  | { readonly kind: 'missing' }
  /** A bound such as `< 10%`: no number, but worth keeping as text. */
  | { readonly kind: 'bound'; readonly text: string }
  /** Could be two numbers; `decimal` must be declared. */
  | { readonly kind: 'ambiguous' }
  /** A number in itself, but written with the other decimal mark than the column's. */
  | { readonly kind: 'other_mark' }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'text' };

const MISSING = new Set(['', '--', '-', '—', '–', 'n/a', 'na', '#n/a', 'null', 'none', 'nan']);
const SPACES = /[\s\u00a0\u2007\u202f\u2009]/g;
const CURRENCY_SIGN = /^(?:[A-Z]{0,3}[$€£¥₹₩₺₽₴₫₪฿¢₱₦]|kr\.?|zł|Kč|Ft)$/;
const namesCurrency = (text: string): boolean => CURRENCY_SIGN.test(text) || isCurrency(text);
const PLAIN = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const BOUND = /^[<>≤≥]=?\s*[\d.,]+\s*%?$/;

/** True for a cell that stands for "no value". */
export const isMissing = (text: string): boolean =>
  text.length < 6 && (text === '' || MISSING.has(text.trim().toLowerCase()));

interface Parts {
  readonly negative: boolean;
  /** Digits, points and commas only; grouping by spaces and apostrophes already removed. */
  readonly body: string;
}

/** Takes sign, currency, percent sign and harmless grouping off; null when what is left is no number. */
function strip(text: string): Parts | null {
  let rest = text.trim();
  if (rest.length > 200) return null;
  if (rest.startsWith("'")) rest = rest.slice(1).trim();
  let negative = false;
  if (rest.startsWith('(') && rest.endsWith(')')) {
    negative = true;
    rest = rest.slice(1, -1).trim();
  }
  const takeSign = (): void => {
    if (/^[-−+]/.test(rest)) {
      if (!rest.startsWith('+')) negative = !negative;
      rest = rest.slice(1).trim();
    } else if (/\d\s*[-−]$/.test(rest)) {
      negative = !negative;
      rest = rest.slice(0, -1).trim();
    }
  };
  takeSign();
  const before = /^[^\d.,]+/.exec(rest)?.[0];
  if (before !== undefined) {
    const sign = before.trim().replace(/[-−]$/, '').trim();
    if (!namesCurrency(sign)) return null;
    rest = rest.slice(before.trim().endsWith('-') || before.trim().endsWith('−') ? before.length - 1 : before.length);
    rest = rest.trim();
    takeSign();
  }
  const after = /[^\d.,]+$/.exec(rest)?.[0];
  if (after !== undefined) {
    if (after.trim() !== '%' && !namesCurrency(after.trim())) return null;
    rest = rest.slice(0, -after.length);
  }
  if (/[\s\u00a0\u2007\u202f\u2009'’]/.test(rest)) {
    if (!/^\d{1,3}(?:[\s\u00a0\u2007\u202f\u2009'’]\d{3})+(?:[.,]\d*)?$/.test(rest)) return null;
    rest = rest.replace(SPACES, '').replace(/['’]/g, '');
    return { negative, body: rest };
  }
  return /^[\d.,]*\d[\d.,]*$/.test(rest) ? { negative, body: rest } : null;
}

/** What one text says about the decimal mark: `.` or `,` when it leaves no doubt, else null. */
export function evidentMark(text: string): DecimalMark | null {
  if (!/[.,]/.test(text)) return null;
  const parts = strip(text);
  if (!parts) return null;
  return markOf(parts.body);
}

function markOf(body: string): DecimalMark | null {
  const lastPoint = body.lastIndexOf('.');
  const lastComma = body.lastIndexOf(',');
  if (lastPoint >= 0 && lastComma >= 0) {
    const mark = lastPoint > lastComma ? '.' : ',';
    return fits(body, mark) ? mark : null;
  }
  if (lastPoint < 0 && lastComma < 0) return null;
  const mark: DecimalMark = lastPoint >= 0 ? '.' : ',';
  const other: DecimalMark = mark === '.' ? ',' : '.';
  const asDecimal = fits(body, mark);
  const asGrouping = fits(body, other);
  if (asDecimal && asGrouping) return null;
  if (asDecimal) return mark;
  return asGrouping ? other : null;
}

const FITS = {
  '.': /^(?:\d*|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3})(?:\.\d*)?$/,
  ',': /^(?:\d*|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d*)?$/,
} as const;
const fits = (body: string, mark: DecimalMark): boolean => FITS[mark].test(body);

export interface NumberFormat {
  /** Declared, or detected from the column or file; null when unknown. */
  readonly mark: DecimalMark | null;
  /** The field is a whole number by nature, so a mark before exactly three digits groups thousands. */
  readonly whole?: boolean;
}

/** Reads a cell as a number. */
export function readNumber(text: string, format: NumberFormat): NumberReading {
  if (format.mark !== ',' && PLAIN.test(text) && (format.mark === '.' || !/^-?[1-9]\d{0,2}\.\d{3}$/.test(text))) {
    const value = parseLiteral(text);
    return value === null ? { kind: 'too_large' } : { kind: 'number', value };
  }
  if (isMissing(text)) return { kind: 'missing' };
  if (BOUND.test(text.trim())) return { kind: 'bound', text: text.trim() };
  const scientific = /^\s*[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,4}\s*$/.test(text) ? parseLiteral(text.trim()) : undefined;
  if (scientific !== undefined) return scientific === null ? { kind: 'too_large' } : number(scientific);
  const parts = strip(text);
  if (!parts) return { kind: 'text' };
  const { body, negative } = parts;
  const said = markOf(body);
  let mark = format.mark;
  if (mark === null) {
    if (said !== null) mark = said;
    else if (!/[.,]/.test(body)) mark = '.';
    else if (format.whole === true) mark = body.includes('.') ? ',' : '.';
    else return fits(body, '.') || fits(body, ',') ? { kind: 'ambiguous' } : { kind: 'text' };
  } else if (!fits(body, mark)) {
    return said === null ? { kind: 'text' } : { kind: 'other_mark' };
  }
  const grouping = mark === '.' ? ',' : '.';
  const [whole = '', fraction = ''] = body.replaceAll(grouping, '').split(mark);
  const value = fromDigits(negative, whole, fraction);
  return value === null ? { kind: 'too_large' } : number(value);
}

const number = (value: PayloadNumber): NumberReading => ({ kind: 'number', value });

/** Gathers what the cells of a column say about the decimal mark. */
export class MarkVotes {
  private point = 0;
  private comma = 0;

  add(text: string): void {
    const mark = evidentMark(text);
    if (mark === '.') this.point++;
    else if (mark === ',') this.comma++;
  }

  merge(other: MarkVotes): void {
    this.point += other.point;
    this.comma += other.comma;
  }

  /** `none`: no cell said anything; `split`: they disagree. */
  get verdict(): DecimalMark | 'none' | 'split' {
    if (this.point > 0 && this.comma > 0) return 'split';
    if (this.point > 0) return '.';
    return this.comma > 0 ? ',' : 'none';
  }
}
