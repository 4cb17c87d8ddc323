import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../common/problem.js';
import { readRates, type GivenRate } from './read-rates.js';

export const CSV_TYPE = 'text/csv';
/** All rates of a body are checked before any is stored. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Lets tables through as text. Call before the routes are registered. */
export function registerCsvBody(fastify: FastifyInstance): void {
  fastify.addContentTypeParser<string>(CSV_TYPE, { parseAs: 'string', bodyLimit: MOST_BYTES }, (_request, body, done) =>
    done(null, body),
  );
}

/** The rates that a request brings. @throws Problem 413, 415, 422 */
export async function ratesOf(request: FastifyRequest): Promise<GivenRate[]> {
  const { body } = request;
  if (body instanceof Readable) return readRates(await bounded(body), 'ndjson');
  return readRates(body, request.headers['content-type']?.startsWith(CSV_TYPE) === true ? 'csv' : 'json');
}

async function bounded(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stream.iterator({ destroyOnReturn: false })) {
    length += (piece as Buffer).length;
    if (length > MOST_BYTES) {
      stream.resume();
      throw new Problem(413, 'body_too_large', 'Send at most 32 MB of rates at once, for example a year at a time.');
    }
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString('utf8');
}
