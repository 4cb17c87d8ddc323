import type { FastifyInstance } from 'fastify';

/** Reads JSON bodies; an empty one counts as none, since many clients announce JSON on a DELETE, too. */
export function registerJsonBody(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.trim() === '') done(null, undefined);
    else void parse(request, body, done);
  });
}
