/** Short answers, as they are kept. */
import type { EngineValue } from '../engine/engine.js';
import { CACHE_LIMITS, MOST_KEPT_ROWS } from './limits.js';

/** Parts of an answer, until there are too many to keep. */
export interface Gathered<T> {
  add(part: T): void;
  /** All of them; null where there were too many. */
  bytes(): Buffer | null;
}

/** Lists of values, as JSON. */
export class GatheredRows implements Gathered<readonly (readonly EngineValue[])[]> {
  private rows: (readonly EngineValue[])[] | null = [];

  add(batch: readonly (readonly EngineValue[])[]): void {
    if (this.rows !== null && this.rows.length + batch.length > MOST_KEPT_ROWS) this.rows = null;
    this.rows?.push(...batch);
  }

  bytes(): Buffer | null {
    return this.rows && Buffer.from(JSON.stringify(this.rows), 'utf8');
  }
}

/** Text as it is. */
export class GatheredText implements Gathered<Uint8Array> {
  private parts: Uint8Array[] | null = [];
  private size = 0;

  add(part: Uint8Array): void {
    this.size += part.length;
    if (this.size > CACHE_LIMITS.resultBytes) this.parts = null;
    this.parts?.push(part);
  }

  bytes(): Buffer | null {
    return this.parts && Buffer.concat(this.parts);
  }
}
