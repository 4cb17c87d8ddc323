/**
 * Servers that only answer and workers that only work, as separate processes over shared stores: a worker that is told to
 * stop ends what it began or hands it over, and without Redis everything still happens.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { JOB_NAMES } from '../../src/jobs/job-names.js';
import { hasRedisServer, OwnRedis } from '../support/own-redis.js';
import { startPreparedPostgres } from '../support/prepared-data.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

interface Delivery {
  readonly recipient: string;
  readonly state: string;
  readonly attempts: number;
  readonly evidence: readonly { readonly outcome: string; readonly reason?: string }[];
}

/** A mail host that answers a verb only when it is let; everything else at once. */
class SlowHost {
  readonly taken: string[] = [];
  /** Resolves when a conversation waits at the verb. */
  reached = new Promise<void>(() => undefined);
  private held: string | null = null;
  private release: () => void = () => undefined;
  private readonly server: Server;

  constructor() {
    this.server = createServer((socket) => {
      let isBody = false;
      let recipient = '';
      socket.on('error', () => undefined);
      socket.write('220 slow ESMTP\r\n');
      const answer = async (line: string): Promise<void> => {
        const verb = isBody ? (line === '.' ? 'DOT' : '') : line.slice(0, 4).toUpperCase();
        if (verb === '') return;
        if (verb === 'RCPT') recipient = /<([^>]*)>/.exec(line)?.[1] ?? '';
        if (verb === this.held) await this.wait();
        isBody = verb === 'DATA';
        if (verb === 'DOT') this.taken.push(recipient);
        socket.write(verb === 'DATA' ? '354 go\r\n' : verb === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
      };
      let rest = '';
      let turn = Promise.resolve();
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\r\n');
        rest = lines.pop() ?? '';
        for (const line of lines) turn = turn.then(() => answer(line));
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `smtp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on the next one to say the verb waits. */
  hold(verb: string): void {
    this.held = verb;
    this.reached = new Promise((resolve) => (this.arrived = resolve));
  }

  letGo(): void {
    this.release();
  }

  close(): void {
    this.server.close();
  }

  private arrived: () => void = () => undefined;
  private wait(): Promise<void> {
    this.held = null;
    return new Promise((resolve) => {
      this.release = resolve;
      this.arrived();
    });
  }
}

const stores = [
  { name: 'pg-boss on Postgres', hasRedis: false },
  ...(hasRedisServer ? [{ name: 'BullMQ on Redis', hasRedis: true }] : []),
];
if (!hasRedisServer) process.stderr.write('\n*** SKIPPED: workers over BullMQ: there is no redis-server. ***\n\n');

describe('workers apart from servers', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'workers-'));
  const host = new SlowHost();
  const running = new Set<TestServer>();
  let postgres: EmbeddedPostgres;
  let redis: OwnRedis | null = null;
  let smtpUrl: string;

  beforeAll(async () => {
    postgres = await startPreparedPostgres(join(dataDir, 'own-postgres'));
    smtpUrl = await host.listen();
    if (hasRedisServer) redis = await OwnRedis.start();
  }, 90_000);
  afterAll(async () => {
    for (const each of running) await each.end('SIGKILL');
    host.close();
    await redis?.stop();
    await postgres?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  const start = async (as: 'server' | 'worker', hasRedis: boolean): Promise<TestServer> => {
    const env = {
      DATABASE_URL: postgres.url,
      ANALYTICS_URL: postgres.url,
      SMTP_URL: smtpUrl,
      MAIL_FROM: 'reports@example.com',
      MAIL_SECONDS: '20',
      SCHEDULE_SPREAD_SECONDS: '0',
      ...(hasRedis && redis ? { REDIS_URL: redis.url } : {}),
      ...(as === 'server' ? { WORKERS: 'off' } : { PUBLIC_URL: 'https://reports.example.com' }),
    };
    const started = await TestServer.start({ dataDir, env, as });
    running.add(started);
    return started;
  };
  const stop = async (which: TestServer): Promise<number | null> => {
    running.delete(which);
    return which.end('SIGTERM');
  };

  test.each(stores)(
    '$name: what a server takes, a worker does; one that stops hands over',
    async ({ hasRedis }) => {
      const server = await start('server', hasRedis);
      const view = await server.json<{ id: string }>('/api/reports/views', {
        report_name: 'Spend',
        report_category: 'campaign_performance',
        metrics: ['spend'],
        dimensions: [],
        date_range: 'last_month',
      });
      expect(view.status).toBe(201);
      const deliver = async (recipient: string): Promise<void> => {
        const path = `/api/reports/views/${view.body.id}/deliver`;
        expect((await server.json(path, { recipients: [recipient], formats: ['csv'] })).status).toBe(202);
      };
      const find = async (recipient: string): Promise<Delivery | undefined> => {
        const { body } = await server.json<{ data: Delivery[] }>('/api/reports/deliveries');
        return body.data.find((each) => each.recipient === recipient);
      };
      const ended = (recipient: string): Promise<Delivery> =>
        until(async () => {
          const found = await find(recipient);
          return found && !['pending', 'sending'].includes(found.state) ? found : undefined;
        });
      const tag = hasRedis ? 'redis' : 'postgres';

      // Nobody works yet; what is wanted waits in the ledger, and metrics say so.
      await deliver(`first.${tag}@a.example`);
      expect(await find(`first.${tag}@a.example`)).toBeUndefined();
      const waiting = await (await server.fetch('/metrics')).text();
      expect(waiting).toMatch(/tributary_jobs\{name="run-occurrence",state="waiting"\} 1\n/);
      expect(waiting).toMatch(/tributary_delivery_open\{kind="occurrence"\} 1\n/);
      expect(waiting).toMatch(
        new RegExp(`tributary_job_store_up\\{backend="${hasRedis ? 'bullmq' : 'pg-boss'}"\\} 1\n`),
      );

      const worker = await start('worker', hasRedis);
      expect(await ended(`first.${tag}@a.example`)).toMatchObject({ state: 'accepted', attempts: 1 });
      // A worker has the doors for operators only.
      expect((await worker.fetch('/health/ready')).status).toBe(200);
      expect(await worker.json('/api/query', { metrics: ['spend'] })).toMatchObject({ status: 404 });
      expect(await worker.json('/graphql', { query: '{ __typename }' })).toMatchObject({ status: 404 });
      // What was started twice, by the request and by the sweep, is taken and found done: in the end nothing waits.
      const worked = await until(async () => {
        const told = await (await worker.fetch('/metrics')).text();
        const waits = (name: string): boolean => !told.includes(`tributary_job_lag_seconds{name="${name}"} 0\n`);
        return JOB_NAMES.some(waits) ? undefined : told;
      });
      expect(worked).toMatch(/tributary_job_seconds_count\{name="send-delivery",outcome="done"\} 1\n/);
      for (const name of JOB_NAMES) expect(worked).toContain(`tributary_job_failures_total{name="${name}"} 0\n`);

      if (hasRedis && redis) {
        // Redis dies under both: requests are taken as ever, the sweep finds what is due, and metrics say what is wrong.
        await redis.kill();
        await deliver('without.redis@a.example');
        expect(await ended('without.redis@a.example')).toMatchObject({ state: 'accepted', attempts: 1 });
        expect(await (await worker.fetch('/metrics')).text()).toContain('tributary_job_store_up{backend="bullmq"} 0\n');
      }

      // Told to stop while the message is on its way: it is brought to its end first.
      host.hold('DOT');
      await deliver(`draining.${tag}@a.example`);
      await host.reached;
      const stopping = stop(worker);
      await until(() => worker.printed.includes('finishing running work') || undefined);
      await until(async () => (await worker.fetch('/health/ready')).status === 503 || undefined);
      host.letGo();
      expect(await stopping).toBe(0);
      expect(await ended(`draining.${tag}@a.example`)).toMatchObject({ state: 'accepted', attempts: 1 });

      // Killed before the message has begun to leave: another one sends it, and it arrives once. Redis is not needed to start.
      const doomed = await start('worker', hasRedis);
      host.hold('RCPT');
      await deliver(`handed-over.${tag}@a.example`);
      await host.reached;
      await doomed.end('SIGKILL');
      running.delete(doomed);
      const next = await start('worker', hasRedis);
      host.letGo();
      const handedOver = await ended(`handed-over.${tag}@a.example`);
      expect(handedOver).toMatchObject({ state: 'accepted', attempts: 2, evidence: [{ outcome: 'retry' }, {}] });
      expect(host.taken.filter((recipient) => recipient.includes(tag)).sort()).toEqual(
        ['draining', 'first', 'handed-over', ...(hasRedis ? ['without'] : [])].map(
          (name) => `${name}.${tag}@a.example`,
        ),
      );
      expect(await stop(next)).toBe(0);
      expect(await stop(server)).toBe(0);
    },
    400_000,
  );

  test('a worker, and a server without workers, need stores that can be shared', async () => {
    for (const as of ['server', 'worker'] as const) {
      const { code, printed } = await TestServer.expectEnd(dataDir, as === 'server' ? { WORKERS: 'off' } : {}, as);
      expect(code).toBe(2);
      expect(printed).toContain('DATABASE_URL and ANALYTICS_URL of stores that workers can share');
      // The links in a worker's mails lead to the servers; it has no such doors itself.
      expect(printed.includes('PUBLIC_URL, the address of the servers')).toBe(as === 'worker');
    }
  }, 120_000);
});
