import type { Upstream } from './upstream.js';

/** Bytes of rows that are sent at once. */
const LARGEST_PIECE = 256 * 1024;

/**
 * Hands on to the client what Postgres answers to an Execute, up to its end: rows in large pieces, as they are.
 * @param send returns a promise where the client would rather have a pause
 * @throws UpstreamFault
 */
export async function relayAnswer(
  upstream: Upstream,
  send: (bytes: Buffer) => Promise<void> | undefined,
): Promise<void> {
  let rows: Buffer[] = [];
  let size = 0;
  const flush = (): Promise<void> | undefined => {
    if (rows.length === 0) return undefined;
    const piece = Buffer.concat(rows);
    [rows, size] = [[], 0];
    return send(piece);
  };
  for (;;) {
    let frame = upstream.take();
    if (frame === null) {
      await flush();
      frame = await upstream.next();
    }
    switch (frame.type) {
      case 'D':
      case 'd':
        rows.push(frame.bytes);
        size += frame.bytes.length;
        if (size >= LARGEST_PIECE) await flush();
        break;
      case 'H':
      case 'c':
        void flush();
        void send(frame.bytes);
        break;
      case 'C':
      case 's':
      case 'I':
        void flush();
        void send(frame.bytes);
        return;
      case 'E':
        void flush();
        throw await upstream.recover(frame.body);
      default:
    }
  }
}
