import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { hasRedisAt, REDIS_URL } from '../../test/support/redis.js';
import { RedisResults } from './redis-results.js';
import { ResultCache, type CachedResult } from './result-cache.js';

const hasRedis = await hasRedisAt(REDIS_URL);
if (!hasRedis) process.stderr.write(`SKIPPED: results in Redis, since there is no Redis at ${REDIS_URL}\n`);

const result: CachedResult = {
  rows: Buffer.from(`[{"campaign":"Größe\\n","spend":"1.50"},${'{"spend":"2.00"},'.repeat(5_000)}{}]`, 'utf8'),
  totals: '{"spend":"1.50"}',
  truncated: true,
  dataAsOf: { meta_ads: '2026-01-05T00:00:00.000Z' },
};
const limits = { bytes: 1_000_000, resultBytes: 500_000 };
const noTrouble = (error: Error): void => {
  throw error;
};

(hasRedis ? describe : describe.skip)('results in Redis', () => {
  /** Connects; until then everything is a miss. */
  async function connected(): Promise<RedisResults> {
    const results = new RedisResults(REDIS_URL, noTrouble);
    const probe = randomUUID();
    for (;;) {
      await results.set(probe, result);
      if (await results.get(probe)) return results;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('come back as they were, in another process’s cache as well', async () => {
    const [mine, theirs] = [await connected(), await connected()];
    const key = randomUUID();
    await mine.set(key, result);
    expect(await theirs.get(key)).toEqual(result);
    const cache = new ResultCache(limits, theirs);
    expect(await cache.get(key)).toEqual(result);
    expect(await cache.get(randomUUID())).toBeNull();
    await Promise.all([mine.close(), cache.onApplicationShutdown()]);
  });

  it('that are damaged are not there', async () => {
    const results = await connected();
    const redis = new Redis(REDIS_URL);
    const key = randomUUID();
    await redis.set(`tributary:result:1:${key}`, 'nonsense', 'EX', 60);
    expect(await results.get(key)).toBeNull();
    redis.disconnect();
    await results.close();
  });
});

describe('a Redis that is lost', () => {
  it('is a cache that finds nothing, and is told of once', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const told: string[] = [];
    const results = new RedisResults(`redis://127.0.0.1:${port}`, (error) => told.push(error.message));
    for (let round = 0; round < 20; round++) {
      await results.set('a', result);
      expect(await results.get('a')).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(told).toHaveLength(1);
    const cache = new ResultCache(limits, results);
    cache.set('a', result);
    expect(await cache.get('a')).toBe(result);
    await cache.onApplicationShutdown();
  });
});
