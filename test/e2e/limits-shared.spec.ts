/** Limits of two servers that share a Redis, and what becomes of them while it is away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { LANES } from '../../src/query/limits.js';
import { HeldEngine } from '../support/held-engine.js';
import { startPreparedPostgres } from '../support/prepared-data.js';
import { hasRedisAt, REDIS_URL } from '../support/redis.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** A database of Redis that nothing else uses. */
const DATABASE = 14;

const hasRedis = await hasRedisAt(REDIS_URL);
if (!hasRedis) process.stderr.write(`SKIPPED: limits in Redis, since there is no Redis at ${REDIS_URL}\n`);

/** A way to Redis that can be cut. */
class Wire {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();
  private port = 0;

  async open(): Promise<void> {
    const { hostname, port } = new URL(REDIS_URL);
    const server = createServer((near) => {
      const far = connect(Number(port || 6379), hostname);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          near.destroy();
          far.destroy();
          this.sockets.delete(socket);
        });
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/${DATABASE}`;
  }

  async cut(): Promise<void> {
    const { server } = this;
    this.server = null;
    const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(null));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

(hasRedis ? describe : describe.skip)('two servers over one Redis', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-limits-'));
  const wire = new Wire();
  const redis = new Redis(REDIS_URL, { db: DATABASE, lazyConnect: true });
  let postgres: EmbeddedPostgres;
  let servers: readonly TestServer[] = [];
  let engine: HeldEngine | undefined;

  beforeAll(async () => {
    await redis.connect();
    await wire.open();
    postgres = await startPreparedPostgres(join(folder, 'postgres'));
    const env = {
      ...{ DATABASE_URL: postgres.url, ANALYTICS_URL: postgres.url, REDIS_URL: wire.url },
      ...{ RATE_LIMIT_KEY: '40', QUERY_BUDGET_SECONDS: '1', SQL_API_PORT: '0' },
    };
    const first = await TestServer.start({ dataDir: join(folder, 'first'), env });
    servers = [first];
    servers = [first, await TestServer.start({ dataDir: join(folder, 'second'), env })];
    // The administrator has a limit, too.
    for (let index = 0; index < 35; index++) {
      const { body } = await first.json<{ key: string }>('/api/keys', { name: `key ${index}`, role: 'analyst' });
      keys.push(body.key);
    }
  }, 120_000);
  afterAll(async () => {
    for (const server of servers) await server.stop();
    await engine?.close();
    const left = await redis.keys('*');
    if (left.length > 0) await redis.del(...left);
    redis.disconnect();
    await wire.cut();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const server = (index: number): TestServer => servers[index % servers.length] as TestServer;
  /** Keys that were never used. */
  const keys: string[] = [];
  const freshKey = (): string => keys.pop() as string;
  /** @returns how many of so many requests, sent to both by turns, each server answered */
  const answered = async (key: string, requests: number): Promise<number[]> => {
    const counts = servers.map(() => 0);
    for (let index = 0; index < requests; index++) {
      const response = await server(index).fetch('/api/plan', {}, key);
      if (response.status === 200) counts[index % servers.length]! += 1;
      else {
        const refusal = (await response.json()) as { code: string; retry_after_seconds: number };
        expect(refusal.code).toBe('too_many_requests');
        expect(response.headers.get('retry-after')).toBe(String(refusal.retry_after_seconds));
      }
    }
    return counts;
  };

  /** A question that no other one shares its answer with, by its limit. */
  const ask = (index: number, key: string, limit: number, signal: AbortSignal | null = null): Promise<Response> =>
    server(index).fetch(
      '/api/query',
      {
        method: 'POST',
        body: JSON.stringify({ metrics: ['spend'], dimensions: ['data_source'], limit }),
        headers: { 'content-type': 'application/json' },
        signal,
      },
      key,
    );

  it('count the requests of a key together', async () => {
    expect(await answered(freshKey(), 60)).toEqual([20, 20]);
  });

  it('count wrong guesses together, and shut out who guesses', async () => {
    const statusOf = async (index: number): Promise<number> =>
      (await server(index).fetch('/api/me', {}, 'trb_guessed0000_wrongwrongwrongwrongwrong')).status;
    const statuses: number[] = [];
    for (let guess = 0; guess < 10; guess++) statuses.push(await statusOf(guess));
    expect(new Set(statuses)).toEqual(new Set([401]));
    // The tenth went to the second; the first learns of it by the next wrong one.
    expect([await statusOf(1), await statusOf(0), await statusOf(0)]).toEqual([429, 401, 429]);
  });

  it('share the engine time of an organisation', async () => {
    // At the same time, so that each waits for the others in the engine: that is what is counted.
    let limit = 0;
    const codeOf = async (response: Response): Promise<unknown> => ((await response.json()) as { code?: string }).code;
    let isSpent = false;
    for (let used = 0; used < 15 && !isSpent; used++) {
      const key = freshKey();
      const asked = await Promise.all(Array.from({ length: 38 }, () => ask(0, key, (limit += 1)).then(codeOf)));
      isSpent = asked.includes('query_budget_spent');
      if (!isSpent) continue;
      const refused = await ask(1, key, (limit += 1));
      expect(refused.status).toBe(429);
      expect(await refused.json()).toMatchObject({ code: 'query_budget_spent' });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
    }
    expect(isSpent).toBe(true);
  }, 120_000);

  it('go on without Redis, each by itself, and together again when it is back', async () => {
    const key = freshKey();
    await wire.cut();
    expect(await answered(key, 100)).toEqual([40, 40]);
    for (const { printed } of servers)
      expect(printed.match(/Redis is lost; each process counts requests by itself/g)).toHaveLength(1);
    await wire.open();
    await until(
      async () => {
        const fresh = freshKey();
        for (const each of servers) await each.fetch('/api/plan', {}, fresh);
        const [counted] = await redis.keys(`tributary:count:asker:*:${fresh.split('_')[1] ?? ''}:`);
        return counted && (await redis.get(counted)) === '2' ? counted : undefined;
      },
      { seconds: 30, everyMs: 2_000, what: 'both servers to count in Redis again' },
    );
  }, 60_000);

  it('share an organisation’s turns at the engine, and take back those of a process that was killed', async () => {
    const { running } = LANES.interactive;
    const key = freshKey();
    const held = (engine = await HeldEngine.open(postgres.url));
    // Its time at the engine is spent otherwise.
    await held.sql(
      `INSERT INTO plans SELECT 'patient', label, features, NULL, 1000000 FROM plans WHERE name = 'enterprise'`,
    );
    await held.sql(`UPDATE organizations SET plan = 'patient'`);
    await held.hold();
    const one = new AbortController();
    const gone = ask(0, key, 10_000, one.signal).catch(() => 'gone');
    const lost = Array.from({ length: running - 1 }, (_, index) => ask(0, key, 10_001 + index).catch(() => 'lost'));
    await held.untilHeld(running);
    const refused = await ask(1, key, 20_000);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await refused.json()).toMatchObject({ code: 'too_many_queries', retry_after_seconds: 5 });
    expect(await held.held()).toHaveLength(running);

    one.abort();
    expect(await gone).toBe('gone');
    await held.untilHeld(running - 1);
    const first = ask(1, key, 20_001);
    await held.untilHeld(running);
    await server(0).end('SIGKILL');
    expect(await Promise.all(lost)).toEqual(lost.map(() => 'lost'));
    // Postgres goes on with statements of the dead until they have their lock.
    const others = Array.from({ length: running - 1 }, async (_, index) => {
      for (;;) {
        const response = await ask(1, key, 20_002 + index);
        if (response.status !== 429) return response;
      }
    });
    await until(async () => ((await held.held()).length === 2 * running - 1 ? true : undefined), {
      seconds: 40,
      what: 'the turns of the process that was killed',
    });
    await held.release();
    const answers = await Promise.all([first, ...others]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await until(async () => ((await redis.keys('tributary:turns:*')).length === 0 ? true : undefined));
  }, 120_000);
});
