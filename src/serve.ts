import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { acrossOrganizations, outsideAnyScope } from './access/tenancy/scope.js';
import { ConfigError, parseConfig, type AppConfig, type ServeAs } from './config/config.js';
import { createApp } from './create-app.js';
import { ImportService } from './ingestion/import.service.js';
import { SetupService } from './setup/setup.service.js';
import { SqlApi } from './sql-api/sql-api.service.js';
import { openStores, type Stores } from './stores.js';
import { welcome } from './setup/welcome.js';

// Whoever read our output may be gone (`npm start | head`); that must not keep the server from running or stopping.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

/** Runs the server, or a worker, until a signal stops it. Sets the exit code; never throws. */
export async function serve(env: NodeJS.ProcessEnv, as: ServeAs = 'server'): Promise<void> {
  let config: AppConfig;
  try {
    config = parseConfig(env, as);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(error.message);
    process.exitCode = 2;
    return;
  }
  const startedAt = performance.now();
  let stores: Stores | undefined;
  let app: NestFastifyApplication | undefined;
  let stopping: Promise<void> | undefined;

  const stop = (reason: string, exitCode: number): Promise<void> => {
    stopping ??= (async () => {
      say(`${reason}: finishing running work …`);
      try {
        await closeApp(app);
        await stores?.close();
        say('Stopped.');
      } catch (error) {
        complain(`Could not stop cleanly: ${(error as Error).message}`);
        exitCode ||= 1;
      }
      process.exit(exitCode);
    })();
    return stopping;
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping && signal === 'SIGINT') process.exit(130);
      void stop(`Received ${signal}`, 0);
    });
  }
  // What was thrown in the middle of something may have left it half done: the next start begins from what is stored.
  process.on('uncaughtException', (error) => {
    complain(`Unexpected error: ${stackOf(error)}`);
    void stop('Crashed', 1);
  });
  // What failed here has ended, and nobody waits for it: the requests of all others must not end with it.
  process.on('unhandledRejection', (error) => complain(`Unexpected error, which nobody waited for: ${stackOf(error)}`));

  const start = async (): Promise<void> => {
    say('Starting stores …');
    stores = await openStores(config);
    app = await createApp(stores, as);
    if (as === 'worker') {
      await app.init();
      await listen(app, config);
      say(`Ready in ${secondsSince(startedAt)} s: works; /health and /metrics at ${baseOf(app, config)}`);
      return;
    }
    const setup = app.get(SetupService);
    const first = await setup.ensureOrganization();
    await app.get(ImportService).recover();
    await app.init();
    await listen(app, config);
    const sqlPort = await outsideAnyScope(() => (app as NestFastifyApplication).get(SqlApi).listen());
    say(`SQL API on ${config.host}:${sqlPort}`);
    const base = baseOf(app, config);
    say(`Ready in ${secondsSince(startedAt)} s at ${base}`);
    if (config.sampleData) await setup.ensureSample((line) => say(line));
    say(welcome({ base, sqlPort, config, ...first }));
  };
  try {
    // Timers and workers that the start sets off look after all organisations.
    await acrossOrganizations('start and background work', start);
  } catch (error) {
    if (stopping) return;
    complain(`Could not start: ${whyNotStarted(error, config)}`);
    await stop('Start failed', 1);
  }
}

/** What a request brings about has the scope of who asks, and nothing has that of the start. */
const listen = (app: NestFastifyApplication, { host, port }: AppConfig): Promise<unknown> =>
  outsideAnyScope(() => app.listen({ host, port }));

function baseOf(app: NestFastifyApplication, { host }: AppConfig): string {
  const { port } = app.getHttpServer().address() as { port: number };
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

const secondsSince = (startedAt: number): string => ((performance.now() - startedAt) / 1_000).toFixed(1);

/** How long running requests may take to end when the server is told to stop. Docker kills after ten seconds. */
const GRACE_MS = 8_000;

/** Lets running requests end, but not for ever: an upload may have stalled. What is cut off was not acknowledged. */
async function closeApp(app: NestFastifyApplication | undefined): Promise<void> {
  if (!app) return;
  const server = app.getHttpServer() as Server;
  const cutOff = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(cutOff);
  }
}

/** Whatever was thrown. */
const stackOf = (error: unknown): string => (error instanceof Error && error.stack) || String(error);

function whyNotStarted(error: unknown, { host, port, logLevel }: AppConfig): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'listen' && code === 'EADDRINUSE') {
    return `port ${port} on ${host} is in use by another program. Stop it, or set PORT to another port.`;
  }
  if (syscall === 'listen' && code === 'EACCES') {
    return `this user may not listen on port ${port}. Set PORT to one above 1023.`;
  }
  return (logLevel === 'debug' ? error.stack : undefined) ?? error.message;
}
