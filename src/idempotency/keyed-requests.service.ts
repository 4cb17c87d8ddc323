import { Readable } from 'node:stream';
import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Identity, RequestWithIdentity } from '../access/identity.js';
import { Problem, badRequest, conflict } from '../common/problem.js';
import { IdempotencyLedger, type KeyedRequest, type KnownRequest } from './idempotency-ledger.service.js';
import { KEY_HEADER, readToEnd, type Keyed, type KeyedFastifyRequest } from './keyed-body.js';
import { SHOWS_SECRET } from './shows-secret.js';
import { StoredAnswer } from './stored-answer.js';

const IN_PROGRESS_SECONDS = 2;
/** 1–255 visible characters of ASCII. */
const KEY_FORM = /^[\x21-\x7e]{1,255}$/;

/**
 * `Idempotency-Key` on a POST: the work is done once and answered the same each time, for a day. Another body, address or
 * asker under the same key is refused. The key is taken before the work begins, for every door alike.
 */
@Injectable()
export class KeyedRequests {
  constructor(
    private readonly ledger: IdempotencyLedger,
    private readonly reflector: Reflector,
  ) {}

  /**
   * At the door, once it is open to who asks. A GraphQL document takes its key before its first field (see
   * `GraphqlService`). @throws as {@link claim}
   */
  async enter(
    context: ExecutionContext,
    request: RequestWithIdentity & KeyedFastifyRequest,
    identity: Identity,
  ): Promise<void> {
    const { keyed } = request;
    if (!keyed) return;
    if (this.reflector.get<boolean | undefined>(SHOWS_SECRET, context.getHandler())) keyed.showsSecret = true;
    if (context.getType<'http' | 'graphql'>() !== 'graphql') await this.claim(request, identity);
  }

  /**
   * Nothing to do for a request without a key.
   * @throws StoredAnswer when it was answered before; Problem 400 `invalid_idempotency_key`; 409 `idempotency_key_reused`,
   * `request_in_progress`, `idempotency_outcome_unknown`, `idempotency_answer_not_kept`
   */
  async claim(request: RequestWithIdentity & KeyedFastifyRequest, identity: Identity): Promise<void> {
    const { keyed } = request;
    if (!keyed) return;
    const wanted = wantedOf(request, identity);
    const known = await this.ledger.claim(wanted);
    if (known && !(await this.mayStartAnew(wanted, known, request)))
      throw await this.answerAgain(wanted, known, keyed, request);
    keyed.claimed = wanted;
  }

  /**
   * After the process died in the middle of it: rows of an import have an identity, so sending them again changes nothing
   * that was done. For anything else nobody knows whether it was done.
   */
  private async mayStartAnew(
    wanted: KeyedRequest,
    known: KnownRequest,
    request: KeyedFastifyRequest,
  ): Promise<boolean> {
    if (known.status !== null || known.request !== wanted.request) return false;
    if (!(await this.ledger.isAbandoned(known))) return false;
    const isImport = request.body instanceof Readable || request.isMultipart();
    if (isImport) return this.ledger.takeOver(wanted, known);
    throw conflict(
      'idempotency_outcome_unknown',
      'The server stopped while it worked on the first request with this key, and it is not known whether it was done. Look, and if it was not, send it with a new key.',
    );
  }

  /** The answer to a key that was used before. */
  private async answerAgain(
    wanted: KeyedRequest,
    known: KnownRequest,
    keyed: Keyed,
    request: KeyedFastifyRequest,
  ): Promise<StoredAnswer | Problem> {
    if (known.request !== wanted.request) return reused('for another request or by another asker');
    if (known.status === null) {
      return new Problem(
        409,
        'request_in_progress',
        `A request with this key is being worked on. Ask again in ${IN_PROGRESS_SECONDS} s.`,
        [],
        { 'retry-after': String(IN_PROGRESS_SECONDS) },
      );
    }
    if (request.body instanceof Readable) await readToEnd(request.body);
    if (known.body_sha256 !== null && known.body_sha256 !== keyed.digest()) return reused('with another body');
    const body = this.ledger.bodyOf(wanted, known);
    if (body === null)
      return conflict(
        'idempotency_answer_not_kept',
        'It was done, and its answer showed a secret once, which this installation has no key to keep. Take a new key of your own in its place, such as by rotating it.',
      );
    return new StoredAnswer(known.status, known.content_type ?? 'application/json', body);
  }
}

function wantedOf(request: RequestWithIdentity, { organizationId, keyId, userId }: Identity): KeyedRequest {
  const header = request.headers[KEY_HEADER];
  if (typeof header !== 'string' || !KEY_FORM.test(header)) {
    throw badRequest('invalid_idempotency_key', 'Idempotency-Key must be 1 to 255 characters of ASCII without spaces.');
  }
  return { organizationId, key: header, request: `${keyId} ${userId ?? ''} ${request.method} ${request.url}` };
}

const reused = (how: string): Problem =>
  conflict('idempotency_key_reused', `This Idempotency-Key was used before ${how}; take a new one for a new request.`);
