/** Bytes → frames of the Postgres protocol. A frame's length is checked before anything is kept for it. */

export interface Frame {
  /** One letter; empty for the untyped packets before the session begins. */
  readonly type: string;
  readonly body: Buffer;
  /** The whole message, as it came. */
  readonly bytes: Buffer;
}

/** What came does not follow the protocol, or is larger than allowed. The connection can't go on. */
export class ProtocolViolation extends Error {}

export const STARTUP_BYTES = 10_000;

/** Cuts a stream into frames, however the bytes are cut on the way. */
export class FrameReader {
  private pending: Buffer[] = [];
  private length = 0;
  private typed: boolean;

  /** @param most bytes of one frame's body once the session has begun */
  constructor(
    private readonly most: number,
    options: { readonly typed: boolean },
  ) {
    this.typed = options.typed;
  }

  /** From now on frames carry their type: the start-up packet has been read. */
  beginSession(): void {
    this.typed = true;
  }

  push(bytes: Buffer): void {
    this.pending.push(bytes);
    this.length += bytes.length;
  }

  /** Whatever has not been read as a frame. Plain bytes here after a request for TLS mean that someone is in between. */
  get buffered(): number {
    return this.length;
  }

  /** @returns null until a whole frame is there. @throws ProtocolViolation */
  next(): Frame | null {
    const head = this.typed ? 5 : 4;
    if (this.length < head) return null;
    const start = this.peek(head);
    const size = start.readInt32BE(head - 4);
    const most = this.typed ? this.most : STARTUP_BYTES;
    if (size < 4 || size > most) throw new ProtocolViolation(`A message of ${size} bytes is not allowed.`);
    const whole = head - 4 + size;
    if (this.length < whole) return null;
    const bytes = this.take(whole);
    return { type: this.typed ? bytes.toString('latin1', 0, 1) : '', body: bytes.subarray(head), bytes };
  }

  private peek(count: number): Buffer {
    const [first] = this.pending;
    if (first && first.length >= count) return first;
    this.pending = [Buffer.concat(this.pending)];
    return this.pending[0] as Buffer;
  }

  private take(count: number): Buffer {
    const bytes = this.peek(count);
    const rest = bytes.subarray(count);
    if (rest.length > 0) this.pending[0] = rest;
    else this.pending.shift();
    this.length -= count;
    return bytes.subarray(0, count);
  }
}
