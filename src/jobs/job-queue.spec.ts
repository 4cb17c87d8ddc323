import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { startEmbeddedPostgres } from '../engine/embedded-postgres.js';
import { createJobQueue } from './create-job-queue.js';
import type { JobQueue } from './job-queue.js';

const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

const answers = async (url: string): Promise<boolean> => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const reached = await Promise.race([
    once(socket, 'connect').then(
      () => true,
      () => false,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1_000).unref()),
  ]);
  socket.destroy();
  return reached;
};

interface Store {
  readonly name: string;
  readonly available: boolean;
  open(): Promise<{ queue(): JobQueue; drop(): Promise<void> }>;
}

const stores: Store[] = [
  {
    name: 'BullMQ on Redis',
    available: await answers(REDIS_URL),
    open: async () => {
      const prefix = `test-${randomUUID()}`;
      return {
        queue: () => createJobQueue({ redisUrl: REDIS_URL, databaseUrl: null, prefix }),
        drop: async () => {
          const redis = new Redis(REDIS_URL);
          const keys = await redis.keys(`${prefix}:*`);
          if (keys.length > 0) await redis.del(...keys);
          redis.disconnect();
        },
      };
    },
  },
  {
    name: 'pg-boss on Postgres',
    available: true,
    open: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'jobs-'));
      const postgres = await startEmbeddedPostgres({ dataDir: folder });
      return {
        queue: () => createJobQueue({ redisUrl: null, databaseUrl: postgres.url }),
        drop: async () => {
          await postgres.stop();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  },
];

for (const store of stores) {
  if (!store.available) {
    process.stderr.write(`\n*** SKIPPED: job queue over ${store.name}: nothing answers there. ***\n\n`);
    continue;
  }
  describe(`job queue over ${store.name}`, () => {
    let opened: Awaited<ReturnType<Store['open']>>;
    let queue: JobQueue;
    beforeAll(async () => {
      opened = await store.open();
    }, 90_000);
    afterAll(() => opened.drop(), 60_000);
    beforeEach(() => {
      queue = opened.queue();
    });
    afterEach(() => queue.stop({ timeoutMs: 0 }));

    test('hands the payload to the handler', async () => {
      const seen = new Promise<unknown>((resolve) => {
        queue.register('hello', async ({ payload, attempt, lastAttempt }) =>
          resolve({ payload, attempt, lastAttempt }),
        );
      });
      await queue.start();
      await queue.enqueue('hello', { view_id: 'v1' });
      expect(await seen).toEqual({ payload: { view_id: 'v1' }, attempt: 1, lastAttempt: false });
    });

    test('tries again after an error, up to the limit', async () => {
      const attempts: number[] = [];
      const done = new Promise<void>((resolve) => {
        queue.register(
          'flaky',
          async ({ attempt, lastAttempt }) => {
            attempts.push(attempt);
            if (lastAttempt) resolve();
            throw new Error('no luck');
          },
          { attempts: 3, backoffMs: 10 },
        );
      });
      await queue.start();
      await queue.enqueue('flaky', {});
      await done;
      await settled(queue, 'flaky');
      expect(attempts).toEqual([1, 2, 3]);
    });

    test('an id that waits is not queued twice, and may come again once it is done', async () => {
      const seen: unknown[] = [];
      queue.register('once', async ({ payload }) => void seen.push(payload.n));
      await queue.enqueue('once', { n: 1 }, { id: 'a:1' });
      await queue.enqueue('once', { n: 2 }, { id: 'a:1' });
      await queue.enqueue('once', { n: 3 }, { id: 'a:2' });
      expect((await queue.stats()).once).toEqual({ waiting: 2, active: 0 });
      await queue.start();
      await settled(queue, 'once');
      await queue.enqueue('once', { n: 4 }, { id: 'a:1' });
      await settled(queue, 'once');
      expect(seen.sort()).toEqual([1, 3, 4]);
    });

    test('a delayed job does not run before its time', async () => {
      const order: string[] = [];
      const done = new Promise<void>((resolve) => {
        queue.register('order', async ({ payload }) => {
          order.push(String(payload.name));
          if (order.length === 2) resolve();
        });
      });
      await queue.start();
      await queue.enqueue('order', { name: 'later' }, { delayMs: 1_500 });
      await queue.enqueue('order', { name: 'now' });
      await done;
      expect(order).toEqual(['now', 'later']);
    });

    test('stop waits for the running job and leaves the rest for the next start', async () => {
      const finished: unknown[] = [];
      const started = new Promise<void>((resolve) => {
        queue.register('slow', async ({ payload }) => {
          resolve();
          await new Promise((next) => setTimeout(next, 300));
          finished.push(payload.n);
        });
      });
      await queue.start();
      await queue.enqueue('slow', { n: 1 });
      await started;
      await queue.enqueue('slow', { n: 2 });
      await queue.stop();
      expect(finished).toEqual([1]);

      queue = opened.queue();
      queue.register('slow', async ({ payload }) => void finished.push(payload.n));
      await queue.start();
      await settled(queue, 'slow');
      expect(finished).toEqual([1, 2]);
    });

    test('a job whose time is up is told so', async () => {
      const reason = new Promise<string>((resolve) => {
        queue.register(
          'endless',
          ({ signal }) =>
            new Promise(() => signal.addEventListener('abort', () => resolve((signal.reason as Error).message))),
          { timeoutSeconds: 1, attempts: 1 },
        );
      });
      await queue.start();
      await queue.enqueue('endless', {});
      expect(await reason).toBe('Job "endless" ran longer than 1 s.');
    });

    test('start refuses a name without a handler, register a name with two', async () => {
      queue.declare('deliver', 'orphan', 'lost');
      queue.register('deliver', async () => undefined);
      expect(() => queue.register('deliver', async () => undefined)).toThrow('Job "deliver" has two handlers');
      await expect(queue.start()).rejects.toThrow('No handler for the jobs lost, orphan.');
      await expect(queue.enqueue('orphan', {})).rejects.toThrow('Job "orphan" has no handler');
    });
  });
}

test('without Redis and Postgres it says what to set', () => {
  expect(() => createJobQueue({ redisUrl: null, databaseUrl: null })).toThrow('set REDIS_URL or DATABASE_URL');
});

/** Polls until nothing of that name waits or runs. */
async function settled(queue: JobQueue, name: string): Promise<void> {
  for (;;) {
    const counts = (await queue.stats())[name];
    if (counts && counts.waiting === 0 && counts.active === 0) return;
    await new Promise((next) => setTimeout(next, 50));
  }
}
