import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';
import { sendProblem, toProblem } from '../common/problem.filter.js';

/** Longest wait for a refused body to end, before the connection is closed under it. */
const DRAIN_MS = 10_000;

/**
 * Fastify, with our form of errors also for what fails before a request reaches its controller: a body that is no JSON,
 * too large, or of an unknown type.
 */
export class HttpAdapter extends FastifyAdapter {
  constructor(options: FastifyServerOptions) {
    const logger = new Logger('Request');
    super({
      ...options,
      // Signed links carry what they open.
      routerOptions: { ...options.routerOptions, maxParamLength: 1_000 },
      // An address that can't be read has no route, and so no error handler.
      frameworkErrors: (error: unknown, _request: unknown, reply: unknown) =>
        sendProblem(reply as never, toProblem(error, logger)),
    });
    this.getInstance().setErrorHandler(async (error, request, reply) => {
      // A connection that is closed while the body still comes in is reset, and then many a client never gets to read
      // the answer. So it is kept open; and where the client wants it closed, the rest is read first and thrown away.
      void reply.removeHeader('connection');
      if (request.headers.connection?.toLowerCase() === 'close') await drained(request.raw as IncomingMessage);
      sendProblem(reply as never, toProblem(error, logger));
      return reply;
    });
  }

  /** Nest would set its own, but only after the routes are there, when Fastify no longer heeds it. */
  override setErrorHandler(): FastifyAdapter['instance'] {
    return this.instance;
  }
}

/** Resolves once the body has ended, the sender has gone, or the wait is too long. */
function drained(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, DRAIN_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.once('end', done).once('close', done).once('error', done).resume();
  });
}
