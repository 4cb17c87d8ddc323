/**
 * Secrets at rest. Pure. A sealed value is the bytes nonce (12) · tag (16) · ciphertext of AES-256-GCM (NIST SP 800-38D)
 * with a random nonce. What it belongs to is authenticated with it, so that a value moved to another organisation or
 * another name does not open.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** A key of 32 bytes, named by its own fingerprint: two keys can't be mixed up, and none has to be named. */
export interface SecretKey {
  /** First 12 hex digits of the key's SHA-256. */
  readonly id: string;
  readonly key: Buffer;
}

/** What a secret belongs to. */
export interface SecretPlace {
  readonly organizationId: string;
  readonly name: string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** @throws Error when it is not 32 bytes long */
export function secretKey(key: Buffer): SecretKey {
  if (key.length !== KEY_BYTES) throw new Error(`A key for secrets has ${KEY_BYTES} bytes.`);
  return { id: createHash('sha256').update(key).digest('hex').slice(0, 12), key };
}

/** Reads 32 bytes in base64, base64url or hex; null for anything else. */
export function readSecretKey(text: string): SecretKey | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return secretKey(Buffer.from(text, 'hex'));
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null;
  return secretKey(Buffer.from(text.replaceAll('-', '+').replaceAll('_', '/'), 'base64'));
}

const belongings = (keyId: string, { organizationId, name }: SecretPlace): Buffer =>
  Buffer.from(JSON.stringify(['tributary-secret-1', keyId, organizationId, name]));

export function seal({ id, key }: SecretKey, place: SecretPlace, value: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(belongings(id, place));
  const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** @throws Error when the key, the place or a single bit is another one */
export function unseal({ id, key }: SecretKey, place: SecretPlace, sealed: Buffer): string {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error('A sealed value is cut off.');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(belongings(id, place));
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}
