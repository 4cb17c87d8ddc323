/** The payload of a row while it is being read: values as they are, numbers exact. */
import { ExactNumber, numberAsJson, type PayloadNumber } from './decimal.js';

export type PayloadValue = string | boolean | null | PayloadNumber | readonly PayloadValue[] | PayloadObject;
/** Never looked up by a key that came from outside: entries only. */
export type PayloadObject = ReadonlyMap<string, PayloadValue>;

export const MAX_KEYS = 256;
export const MAX_DEPTH = 8;
/** Characters of a payload's canonical text. */
export const MAX_PAYLOAD_LENGTH = 256 * 1024;
export const MAX_KEY_LENGTH = 128;

export const isNumber = (value: PayloadValue | undefined): value is PayloadNumber =>
  typeof value === 'number' || value instanceof ExactNumber;
export const isObject = (value: PayloadValue | undefined): value is PayloadObject => value instanceof Map;

/** Canonical JSON text: keys sorted by code unit, no spaces, numbers as {@link numberAsJson} writes them. */
export function canonicalJson(value: PayloadValue): string {
  switch (typeof value) {
    case 'string':
      return jsonText(value);
    case 'number':
      return numberAsJson(value);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
  }
  if (value === null) return 'null';
  if (value instanceof ExactNumber) return numberAsJson(value);
  if (isObject(value)) {
    const keys = [...value.keys()].sort();
    let text = '{';
    for (const key of keys) {
      text += `${text.length > 1 ? ',' : ''}${jsonText(key)}:${canonicalJson(value.get(key) ?? null)}`;
    }
    return `${text}}`;
  }
  return `[${(value as readonly PayloadValue[]).map(canonicalJson).join(',')}]`;
}

/** Text that stands in JSON as it is. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;
export const jsonText = (text: string): string => (PLAIN_TEXT.test(text) ? `"${text}"` : JSON.stringify(text));

/** {@link canonicalJson} of one payload after the other. Rows of a source have the same keys, so their order is kept. */
export class PayloadWriter {
  /** Keys of the payload before, in its order. */
  private keys: readonly string[] = [];
  /** The same, sorted; each with the text that stands before its value. */
  private parts: readonly { readonly key: string; readonly before: string }[] = [];

  write(payload: PayloadObject): string {
    if (payload.size === 0) return '{}';
    if (!this.hasSameKeys(payload)) this.learn([...payload.keys()]);
    let text = '';
    for (const { key, before } of this.parts) text += before + canonicalJson(payload.get(key) ?? null);
    return `${text}}`;
  }

  private hasSameKeys(payload: PayloadObject): boolean {
    if (payload.size !== this.keys.length) return false;
    let index = 0;
    for (const key of payload.keys()) if (key !== this.keys[index++]) return false;
    return true;
  }

  private learn(keys: readonly string[]): void {
    this.keys = keys;
    this.parts = [...keys]
      .sort()
      .map((key, index) => ({ key, before: `${index === 0 ? '{' : ','}${JSON.stringify(key)}:` }));
  }
}

/** Why a payload can't be stored, as [code, reason]; null when it can. */
export function payloadFault(payload: PayloadObject): readonly [string, string] | null {
  let keys = 0;
  const visit = (value: PayloadValue, depth: number): readonly [string, string] | null => {
    if (typeof value === 'string') return textFault(value);
    if (value === null || typeof value !== 'object' || value instanceof ExactNumber) return null;
    if (depth > MAX_DEPTH) return ['too_deep', `data_payload is nested deeper than ${MAX_DEPTH} levels`];
    if (!isObject(value)) {
      for (const item of value as readonly PayloadValue[]) {
        const fault = visit(item, depth + 1);
        if (fault) return fault;
      }
      return null;
    }
    keys += value.size;
    if (keys > MAX_KEYS) return ['too_many_fields', `data_payload has more than ${MAX_KEYS} fields`];
    for (const [key, item] of value) {
      const fault = keyFault(key) ?? visit(item, depth + 1);
      if (fault) return fault;
    }
    return null;
  };
  return visit(payload, 1);
}

/** What {@link keyFault} finds nothing wrong with. */
// eslint-disable-next-line no-control-regex -- U+0000 is exactly what is looked for
const GOOD_KEY = /^[^.\u0000\ud800-\udfff]{1,128}$/;

function keyFault(key: string): readonly [string, string] | null {
  if (GOOD_KEY.test(key)) return null;
  if (key === '') return ['bad_field_name', 'data_payload has a field without a name'];
  if (key.length > MAX_KEY_LENGTH) {
    return ['bad_field_name', `"${key.slice(0, 40)}…": a field name has at most ${MAX_KEY_LENGTH} characters`];
  }
  if (key.includes('.')) return ['bad_field_name', `"${key}": a field name has no dot; nest the field or rename it`];
  return textFault(key);
}

// eslint-disable-next-line no-control-regex -- U+0000 is exactly what is looked for
const SUSPICIOUS = /[\u0000\ud800-\udfff]/;

const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Text that no engine can hold: U+0000, and halves of surrogate pairs. */
export function textFault(text: string): readonly [string, string] | null {
  if (!SUSPICIOUS.test(text)) return null;
  if (text.includes('\u0000')) return ['invalid_text', 'a text holds the character U+0000'];
  return HALF_PAIR.test(text) ? ['invalid_text', 'a text holds half a surrogate pair (broken Unicode)'] : null;
}
