import { hash, randomUUID } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for any RFC 9562 UUID in its usual text form. */
export const isUuid = (text: string): boolean => UUID.test(text);

export const newId = (): string => randomUUID();

/** Formats 16 bytes as a UUID. */
const format = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;

/**
 * UUIDv5 (RFC 9562 §5.5): SHA-1 over the namespace's 16 bytes and the name.
 * @param namespace a UUID; for rows it is the organisation's id
 */
export function uuidV5(name: string, namespace: string): string {
  const length = Buffer.byteLength(name);
  const bytes = Buffer.allocUnsafe(16 + length);
  bytes.write(namespace.replaceAll('-', ''), 0, 16, 'hex');
  bytes.write(name, 16, length, 'utf8');
  const hex = hash('sha1', bytes, 'hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return format(`${hex.slice(0, 12)}5${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`);
}
