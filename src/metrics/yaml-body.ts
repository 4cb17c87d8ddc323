import type { FastifyInstance } from 'fastify';

/** Media types under which a file of definitions is taken; RFC 9512 registers the first. */
export const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'] as const;

/** Lets YAML through as text. Call before the routes are registered. */
export function registerYamlBody(fastify: FastifyInstance): void {
  fastify.addContentTypeParser<string>([...YAML_TYPES], { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
}
