import { Logger } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';
import { sendProblem, toProblem } from '../common/problem.filter.js';

/**
 * Fastify, with our form of errors also for what fails before a request reaches its controller: a body that is no JSON,
 * too large, or of an unknown type.
 */
export class HttpAdapter extends FastifyAdapter {
  constructor(options: FastifyServerOptions) {
    super(options);
    const logger = new Logger('Request');
    this.getInstance().setErrorHandler((error, _request, reply) => {
      // Fastify would close the connection while the body still comes in, and many a client then never reads the answer.
      // Kept open, the rest is read and thrown away.
      void reply.removeHeader('connection');
      sendProblem(reply as never, toProblem(error, logger));
    });
  }

  /** Nest would set its own, but only after the routes are there, when Fastify no longer heeds it. */
  override setErrorHandler(): FastifyAdapter['instance'] {
    return this.instance;
  }
}
