/**
 * JSON whose numbers don't pass through a float. `JSON.parse` is fast but rounds; so number literals that it might round
 * (a fraction, an exponent, or more than 15 digits) are put in quotes first, behind a mark that no other text begins with.
 */
import { parseLiteral } from './decimal.js';
import type { PayloadValue } from './payload.js';

/**
 * A cheap look that may err only towards "yes". A number in a row follows a key or stands in a list; the colons of a time
 * (`T00:00:00.000Z`), which every row has, must not look like one.
 */
const MAYBE_INEXACT = /(?:"\s*:|[,[])\s*-?\d+(?:[.eE]|\d{15})/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const EXACT_INTEGER = /^-?\d{1,15}$/;
const MARK = '\u0001';
const ESCAPED_MARK = '\\u0001';

/**
 * @returns the value, and whether numbers in it were put in quotes (then {@link toPayloadValue} must know)
 * @throws SyntaxError
 */
export function parseExactJson(text: string): { readonly value: unknown; readonly quoted: boolean } {
  if (!MAYBE_INEXACT.test(text)) return { value: JSON.parse(text) as unknown, quoted: false };
  // What JSON.parse refuses must stay refused: `01.5` would pass once it is in quotes.
  const value = JSON.parse(text) as unknown;
  let found = false;
  const marked = text.replace(TOKEN, (token) => {
    if (token.charCodeAt(0) === 34) {
      return token.startsWith(`"${ESCAPED_MARK}`) ? `"${ESCAPED_MARK}${token.slice(1)}` : token;
    }
    if (EXACT_INTEGER.test(token)) return token;
    found = true;
    return `"${ESCAPED_MARK}${token}"`;
  });
  return found ? { value: JSON.parse(marked) as unknown, quoted: true } : { value, quoted: false };
}

/**
 * Turns what {@link parseExactJson} gave into a payload value.
 * @returns undefined when a number in it is too large to store
 */
export function toPayloadValue(value: unknown, quoted: boolean): PayloadValue | undefined {
  switch (typeof value) {
    case 'string':
      if (!quoted || !value.startsWith(MARK)) return value;
      return value.startsWith(MARK, 1) ? value.slice(1) : (parseLiteral(value.slice(1)) ?? undefined);
    case 'number':
    case 'boolean':
      return value;
    default:
  }
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) {
    const items: PayloadValue[] = [];
    for (const item of value) {
      const converted = toPayloadValue(item, quoted);
      if (converted === undefined) return undefined;
      items.push(converted);
    }
    return items;
  }
  const object = new Map<string, PayloadValue>();
  for (const key of Object.keys(value)) {
    const converted = toPayloadValue((value as Readonly<Record<string, unknown>>)[key], quoted);
    if (converted === undefined) return undefined;
    object.set(key, converted);
  }
  return object;
}
