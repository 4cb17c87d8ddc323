import { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { SharedTurns } from './shared-turns.js';

/** What was counted in the window that is open now. */
export interface Count {
  readonly used: number;
  /** Until the window ends and the count starts anew. */
  readonly msLeft: number;
}

/** Counts by name in windows of fixed length: over all processes where there is a Redis, else in this one. */
export interface Counter {
  add(name: string, points?: number): Promise<Count>;
  read(name: string): Promise<Count>;
}

/** A Redis that is slower than this is no help; the process then counts by itself. */
const PATIENCE_MS = 250;
/** We compare with limits of our own, which differ between organisations; the library only counts. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

export class Counters {
  private readonly redis: Redis | null;
  /** Null where processes share nothing. */
  readonly turns: SharedTurns | null;

  /** @param onError told when Redis is lost, once until it is back */
  constructor(redisUrl: string | null, onError: (error: Error) => void) {
    this.redis =
      redisUrl === null
        ? null
        : new Redis(redisUrl, {
            enableOfflineQueue: false,
            maxRetriesPerRequest: 0,
            commandTimeout: PATIENCE_MS,
            connectTimeout: 5_000,
          });
    this.turns = this.redis && new SharedTurns(this.redis);
    let told = false;
    this.redis?.on('error', (error: Error) => {
      if (!told) onError(error);
      told = true;
    });
    this.redis?.on('ready', () => (told = false));
  }

  /** @param name unique in the product; @param seconds length of a window */
  counter(name: string, seconds: number): Counter {
    const own = new RateLimiterMemory({ keyPrefix: name, points: NO_LIMIT, duration: seconds });
    const limiter: RateLimiterAbstract = this.redis
      ? new RateLimiterRedis({
          storeClient: this.redis,
          keyPrefix: `tributary:count:${name}`,
          points: NO_LIMIT,
          duration: seconds,
          insuranceLimiter: own,
        })
      : own;
    return {
      add: async (key, points = 1) => {
        const { consumedPoints, msBeforeNext } = await limiter.consume(key, points);
        return { used: consumedPoints, msLeft: msBeforeNext };
      },
      read: async (key) => {
        const found = await limiter.get(key);
        return { used: found?.consumedPoints ?? 0, msLeft: Math.max(0, found?.msBeforeNext ?? 0) };
      },
    };
  }

  close(): void {
    this.turns?.close();
    this.redis?.disconnect();
  }
}
