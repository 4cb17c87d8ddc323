import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Headers of ours that a page may read. */
const EXPOSED = ['retry-after', 'x-snapshot', 'x-tributary-warnings', 'content-disposition', 'idempotency-replayed'];
const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of these origins call from a browser. Keys travel in a header that a page has to set itself, never in a
 * cookie, so nothing is sent along unasked. Without origins there are no headers at all, and browsers refuse.
 */
export function allowOrigins(app: NestFastifyApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.enableCors({
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    credentials: false,
    maxAge: PREFLIGHT_SECONDS,
  });
}
