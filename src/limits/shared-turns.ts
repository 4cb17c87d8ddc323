import { nanoid } from 'nanoid';
import type { Redis, Result } from 'ioredis';

/** A process that dies gives its turns back after this long. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;

const NOW = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`;
/** KEYS: the turns, by when they end. ARGV: turn, most, lease. @returns 1 when the turn is taken */
const TAKE = `${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3] * 2)
return 1`;
/** ARGV: lease, turns. Those that a restart of Redis forgot are there again. */
const RENEW = `${NOW}
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1] * 2)
return 0`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    takeTurn(key: string, turn: string, most: number, leaseMs: number): Result<number, Context>;
    renewTurns(key: string, leaseMs: number, ...turns: string[]): Result<number, Context>;
  }
}

/**
 * Turns at something that several processes share through Redis: at most so many at a time over all of them. A turn is a
 * lease that its holder renews, so that one whose process was killed is free again within {@link LEASE_MS}. While Redis is
 * away every turn is given; who holds one then counts again once it is back.
 */
export class SharedTurns {
  private readonly held = new Map<string, Set<string>>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly redis: Redis) {
    redis.defineCommand('takeTurn', { numberOfKeys: 1, lua: TAKE });
    redis.defineCommand('renewTurns', { numberOfKeys: 1, lua: RENEW });
  }

  /** @returns gives the turn back; null when so many are taken now */
  async take(name: string, most: number): Promise<(() => void) | null> {
    const key = `tributary:turns:${name}`;
    const turn = nanoid();
    try {
      if ((await this.redis.takeTurn(key, turn, most, LEASE_MS)) === 0) return null;
    } catch {
      // Whoever counts requests has told the log that Redis is lost.
    }
    const turns = this.held.get(key) ?? new Set();
    this.held.set(key, turns.add(turn));
    this.timer ??= setInterval(() => this.renew(), RENEW_MS).unref();
    return () => this.giveBack(key, turn, turns);
  }

  close(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private giveBack(key: string, turn: string, turns: Set<string>): void {
    turns.delete(turn);
    if (turns.size === 0) this.held.delete(key);
    // Else it ends by itself.
    this.redis.zrem(key, turn).catch(() => undefined);
  }

  private renew(): void {
    for (const [key, turns] of this.held) this.redis.renewTurns(key, LEASE_MS, ...turns).catch(() => undefined);
  }
}
