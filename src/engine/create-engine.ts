import { constrainedMemory } from 'node:process';
import { totalmem } from 'node:os';
import type { Engine } from './engine.js';
import { checkTypedFields, type TypedField } from './typed-field.js';

export interface EngineOptions {
  /** `chdb:PATH`, `clickhouse://user:password@host:8123/db`, `clickhouses://…` (TLS) or `postgres://…`. */
  readonly url: string;
  /** Payload fields that get a typed column; the metric library's standard numbers. */
  readonly typedFields: readonly TypedField[];
  /**
   * Memory that one query may take in ClickHouse. When absent: {@link shareOfMemory} in this process; on a server, what
   * its user's profile says. Postgres has bounds of its own, which spill to disk.
   */
  readonly queryMemoryBytes?: number | null;
}

/** Several queries run at once, beside the rest of the process and perhaps a database. */
const SHARE = 1 / 8;
const LEAST_BYTES = 1_000_000_000;

/** What one query may take of the memory of this machine, or of what this process may have of it. */
const shareOfMemory = (): number =>
  Math.max(LEAST_BYTES, Math.floor(SHARE * Math.min(totalmem(), constrainedMemory() || Infinity)));

/**
 * Opens the engine that `url` names. Only that engine's driver is loaded.
 * @throws Problem `data_directory_in_use` when another process has the embedded engine's directory open
 */
export async function createEngine({ url, typedFields, queryMemoryBytes = null }: EngineOptions): Promise<Engine> {
  const fields = checkTypedFields(typedFields);
  const scheme = url.slice(0, url.indexOf(':'));
  switch (scheme) {
    case 'chdb': {
      const { ClickHouseEngine } = await import('./clickhouse/clickhouse-engine.js');
      const { ChdbTransport } = await import('./clickhouse/chdb-transport.js');
      return new ClickHouseEngine(
        ChdbTransport.start(url.slice('chdb:'.length)),
        fields,
        queryMemoryBytes ?? shareOfMemory(),
      );
    }
    case 'clickhouse':
    case 'clickhouses': {
      const { ClickHouseEngine } = await import('./clickhouse/clickhouse-engine.js');
      const { HttpTransport } = await import('./clickhouse/http-transport.js');
      return new ClickHouseEngine(new HttpTransport(new URL(url)), fields, queryMemoryBytes);
    }
    case 'postgres':
    case 'postgresql': {
      const { PostgresEngine } = await import('./postgres/postgres-engine.js');
      return new PostgresEngine(url, fields);
    }
    default:
      throw new Error('The analytics URL must begin with chdb:, clickhouse://, clickhouses:// or postgres://');
  }
}
