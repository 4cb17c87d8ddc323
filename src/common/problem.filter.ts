import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { GraphQLError } from 'graphql';
import { StoredAnswer } from '../idempotency/stored-answer.js';
import { Problem } from './problem.js';
import { isConnectionLost } from './unreachable.js';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Unprocessable',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
  504: 'Timed out',
};
const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  413: 'too_large',
  415: 'unsupported_media_type',
};

/** What Postgres says of NUL, and of such characters inside JSON: they came with the request. */
const UNSTORABLE: readonly string[] = ['22021', '22P05'];

/** The system of record, or another server that the answer needs, was cut off. */
const unavailable = (): Problem =>
  new Problem(
    503,
    'unavailable',
    'Something that the answer needs can’t be reached right now. Try again in a moment; what you sent may or may not have been done.',
    [],
    { 'retry-after': '1' },
  );

/** RFC 9457 body of a problem. */
export const problemBody = (problem: Problem): Record<string, unknown> => ({
  type: `urn:tributary:problem:${problem.code}`,
  title: TITLES[problem.status] ?? 'Error',
  status: problem.status,
  code: problem.code,
  detail: problem.detail,
  ...(problem.headers['retry-after'] === undefined
    ? {}
    : { retry_after_seconds: Number(problem.headers['retry-after']) }),
  ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
});

/** What the asker did wrong; null for what is our own fault. */
export function mistakeOf(thrown: unknown): Problem | null {
  if (thrown instanceof Problem) return thrown;
  const status =
    thrown instanceof HttpException
      ? thrown.getStatus()
      : ((thrown as { statusCode?: unknown } | null)?.statusCode ?? 500);
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem(status, CODES[status] ?? 'request_refused', (thrown as Error).message);
  }
  if (UNSTORABLE.includes(String((thrown as { code?: unknown } | null)?.code)))
    return new Problem(
      400,
      'invalid_text',
      'A text holds a character that can’t be stored, such as NUL. Leave it out.',
    );
  return null;
}

/** Any thrown thing as a problem. What is not a user's mistake is logged whole, and shown as no more than whether to try again. */
export function toProblem(thrown: unknown, logger: Logger): Problem {
  const mistake = mistakeOf(thrown);
  if (mistake) return mistake;
  logger.error(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  if (isConnectionLost(thrown)) return unavailable();
  return new Problem(500, 'internal', 'Something went wrong on our side. The details are in the server’s log.');
}

/** Turns every error into `application/problem+json`, and for GraphQL into `extensions` with the same fields. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Request');

  catch(thrown: unknown, host: ArgumentsHost): void {
    if (thrown instanceof StoredAnswer) {
      void host
        .switchToHttp()
        .getResponse<FastifyReply>()
        .status(thrown.status)
        .header('idempotency-replayed', 'true')
        .type(thrown.contentType)
        .send(thrown.body);
      return;
    }
    const problem = toProblem(thrown, this.logger);
    if (host.getType<'http' | 'graphql'>() === 'graphql') {
      throw new GraphQLError(problem.detail, { extensions: problemBody(problem) });
    }
    sendProblem(host.switchToHttp().getResponse<FastifyReply>(), problem);
  }
}

/** Sends a problem; where an answer has begun already, breaks it off, so that nobody takes it for whole. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  void reply
    .status(problem.status)
    .headers(problem.headers)
    .type('application/problem+json; charset=utf-8')
    .send(problemBody(problem));
}
