import type { FastifyInstance } from 'fastify';
import { LRUCache } from 'lru-cache';
import { deepFreeze } from '../common/deep-freeze.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Equal bodies are read once, and are one frozen object. */
    readonly isAskedAgain?: boolean;
  }
}

/** Config of a route that is asked the same again and again. */
export const ASKED_AGAIN = { isAskedAgain: true };

/** Characters of the bodies that are kept, in all and of one. */
const MOST_KEPT = 4_000_000;
const LONGEST_KEPT = 20_000;

/** Reads JSON bodies; an empty one counts as none, since many clients announce JSON on a DELETE, too. */
export function registerJsonBody(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  const kept = new LRUCache<string, object>({ maxSize: MOST_KEPT, maxEntrySize: LONGEST_KEPT });
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    const { isAskedAgain = false } = request.routeOptions.config;
    const known = isAskedAgain ? kept.get(body) : undefined;
    if (known !== undefined) done(null, known);
    else if (body.trim() === '') done(null, undefined);
    else
      void parse(request, body, (error, value?: object | null) => {
        if (isAskedAgain && !error && value) kept.set(body, deepFreeze(value), { size: body.length });
        done(error, value);
      });
  });
}

/** The one click that leaves a mailing is a form (RFC 8058); what stands in it is not needed. */
export function registerFormBody(fastify: FastifyInstance): void {
  const options = { parseAs: 'string', bodyLimit: 10_000 } as const;
  fastify.addContentTypeParser('application/x-www-form-urlencoded', options, (_request, _body, done) => done(null));
}
