import { ProtocolViolation } from './frames.js';

/** Reads the fields of one message; never past its end. */
export class BodyReader {
  private at = 0;

  constructor(private readonly body: Buffer) {}

  get rest(): Buffer {
    return this.body.subarray(this.at);
  }

  int16(): number {
    return this.move(2).readInt16BE();
  }

  int32(): number {
    return this.move(4).readInt32BE();
  }

  byte(): string {
    return this.move(1).toString('latin1');
  }

  bytes(count: number): Buffer {
    return this.move(count);
  }

  /** Text up to the next zero byte. */
  text(): string {
    const end = this.body.indexOf(0, this.at);
    if (end < 0) throw new ProtocolViolation('A text does not end.');
    const text = this.body.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  list<T>(read: () => T): T[] {
    const count = this.body.length - this.at >= 2 ? this.int16() & 0xffff : -1;
    if (count < 0 || count > this.body.length) throw new ProtocolViolation('A list is longer than its message.');
    return Array.from({ length: count }, read);
  }

  end(): void {
    if (this.at !== this.body.length) throw new ProtocolViolation('A message is longer than its fields.');
  }

  private move(count: number): Buffer {
    if (count < 0 || this.at + count > this.body.length) throw new ProtocolViolation('A message ends too early.');
    const bytes = this.body.subarray(this.at, this.at + count);
    this.at += count;
    return bytes;
  }
}

const zero = Buffer.from([0]);
export const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
};
export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
};
export const cstring = (text: string): Buffer => Buffer.concat([Buffer.from(text.replaceAll('\0', ''), 'utf8'), zero]);

/** One typed message. */
export function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(length), ...parts]);
}
