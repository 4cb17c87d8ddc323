/**
 * Cuts a formula into tokens with character ranges and refuses hostile text, before any recursive parser sees it.
 * Linear in the text's length; stops at the first limit that is passed.
 */
import type { Diagnostic } from '../model/types.js';
import type { Range } from './types.js';

/** Limits of one formula. */
export const FORMULA_LIMITS = {
  /** Characters of the text. */
  characters: 4_096,
  /** Numbers, names, operators and calls together. */
  nodes: 500,
  /** Parentheses inside each other. */
  parentheses: 64,
  /**
   * Parts inside each other, also through the formulas that a formula names: beyond that, ClickHouse refuses the SQL
   * as too deep (`max_ast_depth`; a part takes up to 17 levels of its 1,000).
   */
  nesting: 40,
  /** Digits of a number. */
  digits: 30,
} as const;

export type TokenKind = 'number' | 'string' | 'boolean' | 'name' | 'operator' | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  /** What the language sees: keywords and operators normalised, a string without its quotes, else the text itself. */
  readonly text: string;
  readonly range: Range;
}

/** What the steps of the parser answer: a value, or why there is none. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly diagnostic: Diagnostic };

export const formulaError = (
  code: string,
  message: string,
  range: Range,
  suggestions?: readonly string[],
): Diagnostic => ({
  code,
  severity: 'error',
  message,
  pointer: '/formula',
  range,
  ...(suggestions && suggestions.length > 0 ? { suggestions } : {}),
});

const BLANK = /[ \t\r\n]+/y;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const TEXT = /"[^"]*"|'[^']*'/y;
const OPERATOR = /==|!=|<=|>=|[-+*/^<>]/y;
const PUNCTUATION = /[(),?:]/y;

/** Signs of other languages, longest first, with what to write here. */
const FOREIGN: readonly (readonly [sign: string, advice: string])[] = [
  ['**', 'write ^ for a power'],
  ['//', 'write floor(a / b) for a division without remainder'],
  ['<>', 'write != for "is not equal"'],
  ['&&', 'write and'],
  ['||', 'write or'],
  ['!', 'write not, or != for "is not equal"'],
  ['=', 'write == to compare; a formula assigns nothing'],
  ['%', 'divide by 100 for a percentage'],
  ['.', 'a formula reads metrics by their keys; there are no properties'],
  ['[', 'there are no lists or indexes'],
  [']', 'there are no lists or indexes'],
  ['{', 'there are no objects'],
  ['}', 'there are no objects'],
  [';', 'a formula is one expression'],
  ['#', 'there are no comments'],
];

const OPERATOR_WORDS = new Set(['and', 'or', 'not']);
/** Words that no member may be named by, since a formula could not name it. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'true', 'false']);

const matchAt = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
};

/** Reads one token at `at`; undefined when the language has none that starts like this. */
function readToken(text: string, at: number): Token | undefined {
  const make = (kind: TokenKind, length: number, value: string): Token => ({
    kind,
    text: value,
    range: [at, at + length],
  });
  const number = matchAt(NUMBER, text, at);
  if (number !== undefined) return make('number', number.length, number);
  const name = matchAt(NAME, text, at);
  if (name !== undefined) {
    const word = name.toLowerCase();
    if (OPERATOR_WORDS.has(word)) return make('operator', name.length, word);
    if (word === 'true' || word === 'false') return make('boolean', name.length, word);
    return make('name', name.length, name);
  }
  const quoted = matchAt(TEXT, text, at);
  if (quoted !== undefined) return make('string', quoted.length, quoted.slice(1, -1));
  const operator = matchAt(OPERATOR, text, at);
  if (operator !== undefined) return make('operator', operator.length, operator);
  const punctuation = matchAt(PUNCTUATION, text, at);
  return punctuation === undefined ? undefined : make('punctuation', punctuation.length, punctuation);
}

function foreignSign(text: string, at: number): Diagnostic | undefined {
  const found = FOREIGN.find(([sign]) => text.startsWith(sign, at));
  if (!found) return undefined;
  const [sign, advice] = found;
  return formulaError('unsupported_syntax', `\`${sign}\` is not part of the formula language: ${advice}.`, [
    at,
    at + sign.length,
  ]);
}

/** Why a token breaks a limit by itself. */
function tokenFault(token: Token): Diagnostic | undefined {
  if (token.kind === 'number') {
    const digits = token.text.replace(/[eE].*$/, '').replace('.', '').length;
    if (digits > FORMULA_LIMITS.digits) {
      return formulaError(
        'number_out_of_range',
        `A number may have at most ${FORMULA_LIMITS.digits} digits; this one has ${digits}.`,
        token.range,
      );
    }
  }
  if (token.kind === 'name' && token.text.length > 63) {
    return formulaError('unknown_member', 'A name has at most 63 characters.', token.range);
  }
  return undefined;
}

/** Tokens of a formula in order, or the first reason why it can't be one. */
export function tokenize(text: string): Outcome<readonly Token[]> {
  const fail = (diagnostic: Diagnostic): Outcome<never> => ({ ok: false, diagnostic });
  const { characters, nodes: mostNodes, parentheses: mostDepth } = FORMULA_LIMITS;
  if (text.length > characters) {
    const message = `A formula has at most ${characters} characters; this one has ${text.length}. Split it into several metrics.`;
    return fail(formulaError('formula_too_long', message, [characters, text.length]));
  }
  // No engine holds NUL, nor half of a surrogate pair.
  const unheld = text.search(/\0|\p{Surrogate}/u);
  if (unheld >= 0) {
    const what = text[unheld] === '\0' ? 'the character NUL' : 'half of a surrogate pair';
    return fail(formulaError('unsupported_syntax', `A formula can not hold ${what}.`, [unheld, unheld + 1]));
  }
  const tokens: Token[] = [];
  let nodes = 0;
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const blank = matchAt(BLANK, text, at);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const numberFirst = matchAt(NUMBER, text, at) !== undefined;
    const known = text.startsWith('!=', at) || text.startsWith('==', at) || numberFirst;
    const foreign = known ? undefined : foreignSign(text, at);
    if (foreign) return fail(foreign);
    const token = readToken(text, at);
    if (!token) {
      const sign = String.fromCodePoint(text.codePointAt(at) ?? 0);
      const quote = sign === '"' || sign === "'";
      const message = quote
        ? `The text that starts here is never closed: add ${sign}.`
        : `\`${sign}\` is not part of the formula language.`;
      return fail(
        formulaError(quote ? 'formula_syntax' : 'unsupported_syntax', message, [
          at,
          quote ? text.length : at + sign.length,
        ]),
      );
    }
    const fault = tokenFault(token);
    if (fault) return fail(fault);
    if (token.kind !== 'punctuation' || token.text === '?') nodes++;
    if (token.text === '(' && token.kind === 'punctuation') depth++;
    if (token.text === ')' && token.kind === 'punctuation') depth--;
    if (nodes > mostNodes) {
      const message = `A formula has at most ${mostNodes} numbers, names and operators. Split it into several metrics.`;
      return fail(formulaError('formula_too_large', message, token.range));
    }
    if (depth > mostDepth) {
      const message = `Parentheses go at most ${mostDepth} deep. Split the formula into several metrics.`;
      return fail(formulaError('formula_too_deep', message, token.range));
    }
    tokens.push(token);
    at = token.range[1];
  }
  return { ok: true, value: tokens };
}
