import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { tap, type Observable } from 'rxjs';
import { requestOf, type RequestWithIdentity } from '../access/identity.js';
import { mistakeOf } from '../common/problem.filter.js';
import type { KeyedFastifyRequest } from './keyed-body.js';
import { KeyedRequests } from './keyed-requests.service.js';
import { SHOWS_SECRET } from './shows-secret.js';

/**
 * `Idempotency-Key` on a POST: the work is done once and answered the same each time, for a day. Another body, address or
 * asker under the same key is refused. A GraphQL document takes its key before its first field (see `GraphqlService`);
 * here its fields note whether any of them did its work.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly keyedRequests: KeyedRequests,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = requestOf(context) as RequestWithIdentity & KeyedFastifyRequest;
    const { keyed, identity } = request;
    if (!keyed || !identity) return next.handle();
    if (this.reflector.get<boolean | undefined>(SHOWS_SECRET, context.getHandler())) keyed.showsSecret = true;
    if (context.getType<'http' | 'graphql'>() === 'graphql') {
      const done = (): void => void (keyed.isDone = true);
      // After an unexpected error nobody knows how far the work had come.
      return next.handle().pipe(tap({ next: done, error: (error) => mistakeOf(error) ?? done() }));
    }
    await this.keyedRequests.claim(request, identity);
    return next.handle();
  }
}
