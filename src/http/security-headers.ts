import type { FastifyInstance } from 'fastify';

/** Answers are data: a browser that is led to one runs, loads and frames nothing. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** The two pages for developers run their own scripts and speak to this server only. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const PAGES = /^\/(graphiql|api\/docs)(\/|\?|$)/;
const YEAR_SECONDS = 31_536_000;

/**
 * Headers that keep a browser from doing more with an answer than is meant (OWASP Secure Headers). A handler may set a
 * policy of its own. @param isHttps whether the public address is one, which is then said to be the only one
 */
export function registerSecurityHeaders(fastify: FastifyInstance, isHttps: boolean): void {
  const headers = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    ...(isHttps ? { 'strict-transport-security': `max-age=${YEAR_SECONDS}` } : {}),
  };
  const ofData = { ...headers, 'content-security-policy': DATA_POLICY, 'cache-control': 'no-store' };
  const ofPages = { ...headers, 'content-security-policy': PAGE_POLICY };
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(PAGES.test(request.url) ? ofPages : ofData);
    done();
  });
}
