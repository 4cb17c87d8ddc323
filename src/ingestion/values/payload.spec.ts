import fc from 'fast-check';
import { PayloadWriter, canonicalJson, jsonText, type PayloadValue } from './payload.js';

describe('the canonical text of a payload', () => {
  it('writes any text as JSON does', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(jsonText(text)).toBe(JSON.stringify(text))));
    for (const text of ['', ' !#[]~', '"', '\\', '\u007f', '\u001f', '\u2028', 'é']) {
      expect(jsonText(text)).toBe(JSON.stringify(text));
    }
  });

  it('is the same whatever the payloads before it were', () => {
    const value = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null));
    // Few names, so that the same keys come again, in this order and in others.
    const keys = fc.uniqueArray(fc.constantFrom('spend', 'clicks', '"', 'a', 'A', '10', '9'), { minLength: 0 });
    const payload = keys.chain((names) =>
      fc
        .array(value, { minLength: names.length, maxLength: names.length })
        .map((values) => new Map<string, PayloadValue>(names.map((name, index) => [name, values[index] ?? null]))),
    );
    fc.assert(
      fc.property(fc.array(payload, { minLength: 1, maxLength: 8 }), (payloads) => {
        const writer = new PayloadWriter();
        for (const one of payloads) expect(writer.write(one)).toBe(canonicalJson(one));
      }),
    );
  });
});
