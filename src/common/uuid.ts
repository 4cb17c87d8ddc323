import { hash, randomUUID } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for any RFC 9562 UUID in its usual text form. */
export const isUuid = (text: string): boolean => UUID.test(text);

export const newId = (): string => randomUUID();

/** Formats 16 bytes as a UUID. */
const format = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;

/** Makes UUIDv5 (RFC 9562 §5.5) in one namespace: SHA-1 over the namespace's 16 bytes and the name. */
export class UuidNamespace {
  private bytes: Buffer;

  /** @param namespace a UUID; for rows it is the organisation's id */
  constructor(private readonly namespace: string) {
    this.bytes = this.room(1_024);
  }

  uuid(name: string): string {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if (this.bytes.length < 16 + name.length * 3) this.bytes = this.room(name.length * 3);
    const length = 16 + this.bytes.write(name, 16, 'utf8');
    const hex = hash('sha1', this.bytes.subarray(0, length), 'hex');
    const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
    return format(`${hex.slice(0, 12)}5${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`);
  }

  private room(length: number): Buffer {
    const bytes = Buffer.alloc(16 + length);
    bytes.write(this.namespace.replaceAll('-', ''), 0, 16, 'hex');
    return bytes;
  }
}

/** One {@link UuidNamespace.uuid}. */
export const uuidV5 = (name: string, namespace: string): string => new UuidNamespace(namespace).uuid(name);
