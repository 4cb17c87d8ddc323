import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { Redis } from 'ioredis';
import type { CachedResult, SharedResults } from './result-cache.js';

/** After this a result is forgotten, wanted or not. */
const KEEP_SECONDS = 3_600;
/** A cache that is slower than this is no help. */
const PATIENCE_MS = 250;
const PREFIX = 'tributary:result:1:';
const NEWLINE = 0x0a;

const compress = promisify(deflateRaw);
const decompress = promisify(inflateRaw);

/** Results in Redis, compressed. Whatever goes wrong there is a miss, never an error. */
export class RedisResults implements SharedResults {
  private readonly redis: Redis;

  /** @param onError told when Redis is lost; each time only once until it is back */
  constructor(url: string, onError: (error: Error) => void) {
    this.redis = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: PATIENCE_MS,
      connectTimeout: 5_000,
    });
    let told = false;
    this.redis.on('error', (error: Error) => {
      if (!told) onError(error);
      told = true;
    });
    this.redis.on('ready', () => (told = false));
  }

  async get(key: string): Promise<CachedResult | null> {
    try {
      const stored = await this.redis.getBuffer(PREFIX + key);
      return stored && unpack(await decompress(stored));
    } catch {
      return null;
    }
  }

  async set(key: string, result: CachedResult): Promise<void> {
    try {
      await this.redis.set(PREFIX + key, await compress(pack(result), { level: 1 }), 'EX', KEEP_SECONDS);
    } catch {
      // It is asked of the engine again, then.
    }
  }

  async forget(prefix: string): Promise<number | null> {
    let count = 0;
    try {
      for (let cursor = '0'; ;) {
        const [next, keys] = await this.redis.scan(cursor, 'MATCH', `${PREFIX}${prefix}*`, 'COUNT', 1_000);
        if (keys.length > 0) count += await this.redis.unlink(...keys);
        if (next === '0') return count;
        cursor = next;
      }
    } catch {
      return null;
    }
  }

  async close(): Promise<void> {
    this.redis.disconnect();
  }
}

/** One line of JSON with all that is small, then the rows. */
function pack({ rows, ...rest }: CachedResult): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(rest)}\n`, 'utf8'), rows]);
}

function unpack(stored: Buffer): CachedResult {
  const end = stored.indexOf(NEWLINE);
  const rest = JSON.parse(stored.toString('utf8', 0, end)) as Omit<CachedResult, 'rows'>;
  return { ...rest, rows: stored.subarray(end + 1) };
}
