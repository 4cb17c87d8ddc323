import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';

/** Media types of `POST /api/integrations/rows`. */
export const ROWS_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'] as const;

/** Size of a mapping; of a file there is no limit, since it is streamed. */
export const MAX_MAPPING_BYTES = 1024 * 1024;

/** Lets bodies of rows and files through as streams. Call before the routes are registered. */
export async function registerIngestionParsers(fastify: FastifyInstance): Promise<void> {
  fastify.addContentTypeParser([...ROWS_TYPES], (_request, payload, done) => done(null, payload));
  await fastify.register(multipart, {
    throwFileSizeLimit: false,
    limits: {
      fileSize: Number.MAX_SAFE_INTEGER,
      files: 2,
      fields: 10,
      parts: 12,
      fieldNameSize: 100,
      fieldSize: MAX_MAPPING_BYTES,
      headerPairs: 50,
    },
  });
}
