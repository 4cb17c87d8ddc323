import type { FastifyInstance } from 'fastify';

/** Reads JSON bodies; an empty one counts as none, since many clients announce JSON on a DELETE, too. */
export function registerJsonBody(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.trim() === '') done(null, undefined);
    else void parse(request, body, done);
  });
}

/** The one click that leaves a mailing is a form (RFC 8058); what stands in it is not needed. */
export function registerFormBody(fastify: FastifyInstance): void {
  const options = { parseAs: 'string', bodyLimit: 10_000 } as const;
  fastify.addContentTypeParser('application/x-www-form-urlencoded', options, (_request, _body, done) => done(null));
}
