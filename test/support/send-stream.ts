import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { ADMIN_KEY } from './server.js';

export interface StreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface StreamOptions {
  readonly contentType: string;
  readonly key?: string | null;
  /** Told after each piece how many the connection has taken; sending waits for it. */
  readonly onSent?: (pieces: number) => void | Promise<void>;
  /** Told when the last byte is on its way. */
  readonly onEnd?: () => void;
}

/**
 * Sends a body piece by piece, at the pace at which the server reads, and holds no more than one piece. An answer that
 * comes early ends the sending.
 * @throws the connection's error when it breaks before the answer is whole
 */
export async function sendStream(
  base: string,
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: StreamOptions,
): Promise<StreamAnswer> {
  const { key = ADMIN_KEY } = options;
  const outgoing = request(new URL(path, base), {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': options.contentType,
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
  });
  const over = new AbortController();
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
  }).finally(() => over.abort());
  // Awaited below; until then a broken connection must not count as unhandled.
  answered.catch(() => undefined);

  let pieceCount = 0;
  for await (const piece of pieces) {
    if (over.signal.aborted) break;
    if (!outgoing.write(piece)) await once(outgoing, 'drain', { signal: over.signal }).catch(() => undefined);
    await options.onSent?.(++pieceCount);
  }
  if (!over.signal.aborted) {
    outgoing.end();
    options.onEnd?.();
  }

  const response = await answered;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } finally {
    outgoing.destroy();
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') };
}
