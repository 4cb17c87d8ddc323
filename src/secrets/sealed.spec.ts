import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { readSecretKey, seal, secretKey, unseal } from './sealed.js';

const key = secretKey(randomBytes(32));
const place = fc.record({ organizationId: fc.uuid(), name: fc.string() });

describe('a sealed secret', () => {
  it('opens in its own place, to what was put in', () => {
    fc.assert(
      fc.property(place, fc.string({ unit: 'binary' }), (where, value) => {
        // Half a character has no bytes of its own.
        fc.pre(Buffer.from(value).toString() === value);
        expect(unseal(key, where, seal(key, where, value))).toBe(value);
      }),
    );
  });

  it('opens nowhere else, under no other key, and not after a change of any bit', () => {
    fc.assert(
      fc.property(place, place, fc.string(), fc.nat(), fc.nat(7), (where, elsewhere, value, at, bit) => {
        const sealed = seal(key, where, value);
        fc.pre(elsewhere.organizationId !== where.organizationId || elsewhere.name !== where.name);
        expect(() => unseal(key, elsewhere, sealed)).toThrow();
        expect(() => unseal(secretKey(randomBytes(32)), where, sealed)).toThrow();
        // The same key under another name is another key.
        expect(() => unseal({ ...key, id: '000000000000' }, where, sealed)).toThrow();
        const changed = Buffer.from(sealed);
        changed[at % changed.length]! ^= 1 << bit;
        expect(() => unseal(key, where, changed)).toThrow();
        expect(() => unseal(key, where, sealed.subarray(0, at % sealed.length))).toThrow();
      }),
    );
  });

  it('never looks the same twice', () => {
    const where = { organizationId: 'x', name: 'smtp.password' };
    const all = Array.from({ length: 500 }, () => seal(key, where, 'hunter2').toString('hex'));
    expect(new Set(all).size).toBe(500);
  });

  it('takes a key in base64, base64url or hex, and nothing that is not 32 bytes', () => {
    const bytes = randomBytes(32);
    const id = secretKey(bytes).id;
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      expect(readSecretKey(bytes.toString(encoding))?.id).toBe(id);
    }
    for (const wrong of ['', 'secret', randomBytes(16).toString('base64'), randomBytes(33).toString('base64')]) {
      expect(readSecretKey(wrong)).toBeNull();
    }
  });
});
