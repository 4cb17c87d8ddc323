import type { Engine } from './engine.js';
import { checkTypedFields, type TypedField } from './typed-field.js';

export interface EngineOptions {
  /** `chdb:PATH`, `clickhouse://user:password@host:8123/db`, `clickhouses://…` (TLS) or `postgres://…`. */
  readonly url: string;
  /** Payload fields that get a typed column; the metric library's standard numbers. */
  readonly typedFields: readonly TypedField[];
}

/**
 * Opens the engine that `url` names. Only that engine's driver is loaded.
 * @throws Problem `data_directory_in_use` when another process has the embedded engine's directory open
 */
export async function createEngine({ url, typedFields }: EngineOptions): Promise<Engine> {
  const fields = checkTypedFields(typedFields);
  const scheme = url.slice(0, url.indexOf(':'));
  switch (scheme) {
    case 'chdb': {
      const { ClickHouseEngine } = await import('./clickhouse/clickhouse-engine.js');
      const { ChdbTransport } = await import('./clickhouse/chdb-transport.js');
      return new ClickHouseEngine(ChdbTransport.start(url.slice('chdb:'.length)), fields);
    }
    case 'clickhouse':
    case 'clickhouses': {
      const { ClickHouseEngine } = await import('./clickhouse/clickhouse-engine.js');
      const { HttpTransport } = await import('./clickhouse/http-transport.js');
      return new ClickHouseEngine(new HttpTransport(new URL(url)), fields);
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
