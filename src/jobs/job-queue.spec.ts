import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasRedisServer, OwnRedis } from '../../test/support/own-redis.js';
import { packageRoot } from '../common/package-root.js';
import { startEmbeddedPostgres } from '../engine/embedded-postgres.js';
import { until } from '../../test/support/until.js';
import { createJobQueue } from './create-job-queue.js';
import type { JobRun } from './fallback-job-queue.js';
import type { JobQueue } from './job-queue.js';

interface Opened {
  queue(): JobQueue;
  /** The store dies… */
  away(): Promise<void>;
  /** …and is there again at the same address, with or without what it held. */
  back(): Promise<void>;
  drop(): Promise<void>;
}
interface Store {
  readonly name: string;
  readonly available: boolean;
  open(): Promise<Opened>;
}

const runs: JobRun[] = [];
const onRun = (run: JobRun): void => void runs.push(run);

const stores: Store[] = [
  {
    name: 'BullMQ on Redis',
    available: hasRedisServer,
    open: async () => {
      const redis = await OwnRedis.start();
      const prefix = `test-${randomUUID()}`;
      return {
        queue: () => createJobQueue({ redisUrl: redis.url, databaseUrl: null, prefix, onRun }),
        away: () => redis.kill(),
        back: () => redis.restart(),
        drop: () => redis.stop(),
      };
    },
  },
  {
    name: 'pg-boss on Postgres',
    available: true,
    open: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'jobs-'));
      let postgres = await startEmbeddedPostgres({ dataDir: folder });
      return {
        queue: () => createJobQueue({ redisUrl: null, databaseUrl: postgres.url, onRun }),
        away: () => postgres.stop(),
        back: async () => {
          postgres = await startEmbeddedPostgres({ dataDir: folder });
        },
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
    process.stderr.write(
      `\n*** SKIPPED: job queue over ${store.name}: there is no redis-server on this machine. ***\n\n`,
    );
    continue;
  }
  describe(`job queue over ${store.name}`, () => {
    let opened: Opened;
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
      expect((await queue.stats()).once).toEqual({ waiting: 2, active: 0, lagSeconds: expect.any(Number) as number });
      expect((await queue.stats()).once?.lagSeconds).toBeGreaterThan(0);
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

    test('every run is told of, with how it ended', async () => {
      runs.length = 0;
      queue.register('told', async ({ payload }) => (payload.bad ? Promise.reject(new Error('bad')) : undefined), {
        attempts: 1,
      });
      await queue.start();
      await queue.enqueue('told', { bad: true });
      await queue.enqueue('told', { bad: false });
      await until(() => runs.length === 2 || undefined);
      expect(runs.map(({ name, outcome }) => `${name} ${outcome}`).sort()).toEqual(['told done', 'told failed']);
      expect(runs.every(({ seconds }) => seconds >= 0)).toBe(true);
    });

    test('while its store is away the process runs its jobs itself, and the queue goes on when it is back', async () => {
      const seen: unknown[] = [];
      const flaky: number[] = [];
      queue.register('wake', async ({ payload }) => void seen.push(payload.n));
      queue.register(
        'again',
        async ({ attempt }) => {
          flaky.push(attempt);
          if (attempt < 3) throw new Error('no luck');
        },
        { attempts: 3, backoffMs: 10 },
      );
      await queue.start();
      await queue.enqueue('wake', { n: 'before' });
      await until(() => seen.length === 1 || undefined);
      await opened.away();
      try {
        await queue.enqueue('wake', { n: 'without' }, { id: 'w' });
        await queue.enqueue('wake', { n: 'later' }, { id: 'l', delayMs: 50 });
        await queue.enqueue('wake', { n: 'not twice' }, { id: 'l', delayMs: 50 });
        await queue.enqueue('again', {});
        await until(() => (seen.length === 3 && flaky.length === 3) || undefined);
        expect(seen).toEqual(['before', 'without', 'later']);
        expect(flaky).toEqual([1, 2, 3]);
        await expect(queue.stats()).rejects.toThrow();
      } finally {
        await opened.back();
      }
      await until(async () => {
        await queue.enqueue('wake', { n: 'after' }, { id: 'a' });
        const counts = await queue.stats().catch(() => null);
        return (counts?.wake?.waiting === 0 && seen.includes('after')) || undefined;
      });
    }, 60_000);

    test('starts and stops without its store', async () => {
      await opened.away();
      try {
        if (queue.backend === 'pg-boss') {
          // Where its store is away, so is the ledger: it says so, and stops as if nothing had been.
          queue.register('wake', () => Promise.resolve());
          await expect(queue.start()).rejects.toThrow(/ECONNREFUSED/);
          await queue.stop();
          return;
        }
        const seen: unknown[] = [];
        queue.register('wake', async ({ payload }) => void seen.push(payload.n));
        await queue.start();
        await queue.enqueue('wake', { n: 1 });
        await until(() => seen.length === 1 || undefined);
        await queue.stop();
      } finally {
        await opened.back();
      }
    }, 60_000);

    test('start refuses a name without a handler, register a name with two', async () => {
      queue.declare('deliver', 'orphan', 'lost');
      queue.register('deliver', async () => undefined);
      expect(() => queue.register('deliver', async () => undefined)).toThrow('Job "deliver" has two handlers');
      await expect(queue.start()).rejects.toThrow('No handler for the jobs lost, orphan.');
      await expect(queue.enqueue('orphan', {})).rejects.toThrow('Job "orphan" has no handler');
    });
  });
}

test('a process whose Redis is away ends by itself once its queue has stopped', async () => {
  const built = pathToFileURL(join(packageRoot, 'dist/src/jobs/create-job-queue.js')).href;
  const script = `
    import { createJobQueue } from ${JSON.stringify(built)};
    const queue = createJobQueue({ redisUrl: 'redis://127.0.0.1:1', databaseUrl: null });
    queue.register('wake', () => Promise.resolve());
    await queue.start();
    await queue.stop();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
  try {
    expect(await once(child, 'exit')).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
}, 60_000);

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
