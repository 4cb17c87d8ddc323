import { SetMetadata } from '@nestjs/common';

export const SHOWS_SECRET = 'tributary:shows-secret';
/** Marks a door whose answer shows a secret once: under an Idempotency-Key it is kept sealed, or not at all. */
export const ShowsSecret = (): MethodDecorator => SetMetadata(SHOWS_SECRET, true);
