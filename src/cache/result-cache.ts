import { LRUCache } from 'lru-cache';

/** Rows of an answer as they were when the data had one known version. */
export interface CachedResult {
  /** The JSON text of the list of rows, in UTF-8. */
  readonly rows: Buffer;
  /** The JSON text of an object with what stands beside the rows: totals, subtotals, next_cursor. */
  readonly totals: string | null;
  readonly truncated: boolean;
  /** Data source → latest instant for which it had rows, at the same moment. */
  readonly dataAsOf: Readonly<Record<string, string>>;
}

/** Where several processes keep results. It may lose any of them, and fails by finding nothing. */
export interface SharedResults {
  get(key: string): Promise<CachedResult | null>;
  set(key: string, result: CachedResult): Promise<void>;
  /** @returns how many there were, or null where that can't be known now */
  forget(prefix: string): Promise<number | null>;
  close(): Promise<void>;
}

export interface ResultCacheLimits {
  /** Bytes that all results of this process may hold together. */
  readonly bytes: number;
  /** Bytes above which a result is not kept. */
  readonly resultBytes: number;
}

/** After this a result is forgotten, wanted or not. */
const KEEP_MS = 3_600_000;
/** Characters of a key and objects around a result, roughly. */
const OVERHEAD = 1_000;

/**
 * Results by a key that names all they depend on, so that none is ever out of date; old ones make room for new ones. In
 * the memory of this process, bounded in bytes, and behind it in a store that processes share, if there is one.
 */
export class ResultCache {
  private readonly results: LRUCache<string, CachedResult>;

  constructor(
    private readonly limits: ResultCacheLimits,
    private readonly shared: SharedResults | null,
  ) {
    this.results = new LRUCache({ maxSize: limits.bytes, ttl: KEEP_MS, ttlResolution: 1_000 });
  }

  /** What the memory of this process has. */
  known(key: string): CachedResult | null {
    return this.results.get(key) ?? null;
  }

  /** The same, or else what the shared store has. */
  async get(key: string): Promise<CachedResult | null> {
    const known = this.known(key);
    if (known) return known;
    const found = (await this.shared?.get(key)) ?? null;
    if (found) this.remember(key, found);
    return found;
  }

  /** Keeps a result; the shared store takes it on its own time. */
  set(key: string, result: CachedResult): void {
    if (sizeOf(result) > this.limits.resultBytes) return;
    this.remember(key, result);
    void this.shared?.set(key, result);
  }

  /**
   * Throws away what begins with the prefix: in the memory of this process, and in the shared store.
   * @returns how many there were; null where the shared store does not answer
   */
  async forget(prefix: string): Promise<number | null> {
    const keys = [...this.results.keys()].filter((key) => key.startsWith(prefix));
    for (const key of keys) this.results.delete(key);
    const shared = this.shared === null ? 0 : await this.shared.forget(prefix);
    return shared === null ? null : shared + keys.length;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.shared?.close();
  }

  private remember(key: string, result: CachedResult): void {
    this.results.set(key, result, { size: sizeOf(result) + OVERHEAD });
  }
}

const sizeOf = ({ rows, totals }: CachedResult): number => rows.length + 2 * (totals?.length ?? 0);
