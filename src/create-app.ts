import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { inNewRequest } from './access/tenancy/scope.js';
import { AppModule } from './app.module.js';
import { notFound } from './common/problem.js';
import { sendProblem } from './common/problem.filter.js';
import { validationPipe } from './common/validation.js';
import type { AppConfig } from './config/config.js';
import { MetricsRegistry } from './health/metrics-registry.js';
import { registerGraphiql } from './http/graphiql.js';
import { HttpAdapter } from './http/http-adapter.js';
import { registerFormBody, registerJsonBody } from './http/json-body.js';
import { allowOrigins } from './http/cors.js';
import { registerOpenApi } from './http/openapi.js';
import { registerSecurityHeaders } from './http/security-headers.js';
import { IdempotencyLedger } from './idempotency/idempotency-ledger.service.js';
import { registerIdempotency } from './idempotency/keyed-body.js';
import { registerCsvBody } from './fx/fx-body.js';
import { registerIngestionParsers } from './ingestion/parsers.js';
import { registerYamlBody } from './metrics/yaml-body.js';
import type { Stores } from './stores.js';

const LEVELS: Readonly<Record<AppConfig['logLevel'], LogLevel[]>> = {
  trace: ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'],
  debug: ['debug', 'log', 'warn', 'error', 'fatal'],
  info: ['log', 'warn', 'error', 'fatal'],
  warn: ['warn', 'error', 'fatal'],
  error: ['error', 'fatal'],
  fatal: ['fatal'],
  silent: [],
};

/** Names of framework parts whose start-up lines tell a user nothing. */
const QUIET = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'GraphQLModule',
]);

/** One line a message on a terminal, JSON lines elsewhere. */
class AppLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && QUIET.has(context)) return;
    super.log(message, ...rest);
  }
}

/** Doors of a worker. */
const OPERATIONS = /^\/(health\/(live|ready)|metrics)$/;

/** The HTTP application over open stores; not listening yet. As a worker it opens the doors for operators only. */
export async function createApp(stores: Stores, as: 'server' | 'worker' = 'server'): Promise<NestFastifyApplication> {
  const { config } = stores;
  const logger = new AppLogger({
    logLevels: LEVELS[config.logLevel],
    json: !process.stdout.isTTY,
    prefix: 'Tributary',
  });
  const adapter = new HttpAdapter({
    bodyLimit: 1024 * 1024,
    forceCloseConnections: 'idle',
    trustProxy: config.limits.trustedProxies.length === 0 ? false : [...config.limits.trustedProxies],
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.over(stores), adapter, {
    logger,
    bodyParser: false,
  });
  app.useGlobalPipes(validationPipe());
  const fastify = adapter.getInstance();
  if (as === 'worker') {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (OPERATIONS.test(request.routeOptions.url ?? '')) return done();
      sendProblem(
        reply,
        notFound('This process is a worker: it answers /health/live, /health/ready and /metrics only.'),
      );
    });
  }
  registerSecurityHeaders(fastify as never, config.publicUrl.startsWith('https:'));
  allowOrigins(app, config.limits.corsOrigins);
  // After the body is there: reading it leaves the asynchronous context.
  fastify.addHook('preHandler', (_request, _reply, done) => inNewRequest(done));
  registerIdempotency(fastify as never, app.get(IdempotencyLedger, { strict: false }), (error) =>
    logger.warn(`An answer could not be kept under its key: ${String(error)}`, 'Idempotency'),
  );
  registerJsonBody(fastify as never);
  registerYamlBody(fastify as never);
  registerFormBody(fastify as never);
  registerCsvBody(fastify as never);
  await registerIngestionParsers(fastify as never);
  registerGraphiql(fastify as never);
  registerOpenApi(app);
  const { requestSeconds } = app.get(MetricsRegistry);
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    requestSeconds.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1_000,
    );
    done();
  });
  return app;
}
