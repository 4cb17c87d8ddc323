import { createHash } from 'node:crypto';
import { Transform, pipeline, type Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IdempotencyLedger, KeyedRequest } from './idempotency-ledger.service.js';

export const KEY_HEADER = 'idempotency-key';

/** A request with a key, while it is worked on. */
export interface Keyed {
  /** SHA-256 of the body's bytes once it has come in; null for multipart bodies, whose bytes differ each time. */
  digest(): string | null;
  /** Set once the key is this request's own. */
  claimed: KeyedRequest | null;
  /** Whether anything was done, of GraphQL, whose status does not tell; null where the answer's status does. */
  isDone: boolean | null;
  /** The answer shows a secret that is kept nowhere else. */
  showsSecret: boolean;
}
export type KeyedFastifyRequest = FastifyRequest & { keyed?: Keyed };

/**
 * Takes the digest of a body while it comes in, whatever reads it, and keeps the answer of a request that claimed its
 * key, before it is sent: who has got the answer gets the same again.
 */
export function registerIdempotency(
  fastify: FastifyInstance,
  ledger: IdempotencyLedger,
  onError: (error: unknown) => void,
): void {
  fastify.addHook('preParsing', (request: KeyedFastifyRequest, _reply, payload, done) => {
    if (request.method !== 'POST' || request.headers[KEY_HEADER] === undefined) {
      done(null, payload);
      return;
    }
    if (/^multipart\//i.test(request.headers['content-type'] ?? '')) {
      request.keyed = keyedBy(() => null);
      done(null, payload);
      return;
    }
    const hash = createHash('sha256');
    let digest: string | null = null;
    request.keyed = keyedBy(() => (digest ??= hash.copy().digest('hex')));
    const digesting = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        hash.update(chunk);
        next(null, chunk);
      },
    });
    // Errors reach whoever reads the body.
    pipeline(payload, digesting, () => undefined);
    done(null, digesting);
  });

  fastify.addHook('onSend', (request: KeyedFastifyRequest, reply, payload, done) => {
    const keyed = request.keyed;
    if (!keyed?.claimed) {
      done(null, payload);
      return;
    }
    const contentType = String(reply.getHeader('content-type') ?? 'application/json');
    const { isDone, showsSecret } = keyed;
    const answer = { status: reply.statusCode, contentType, body: payload, isDone, showsSecret };
    ledger
      .finish(keyed.claimed, answer, keyed.digest())
      .catch(onError)
      .finally(() => done(null, payload));
  });
}

const keyedBy = (digest: Keyed['digest']): Keyed => ({ digest, claimed: null, isDone: null, showsSecret: false });

/** Reads a body to its end and throws it away, so that its digest is known. */
export async function readToEnd(body: Readable): Promise<void> {
  for await (const _chunk of body);
}
