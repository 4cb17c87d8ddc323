import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ResultSet } from '@clickhouse/client';
import type { EngineValue } from '../engine.js';
import { queryCancelled } from '../engine-error.js';
import { parseRows } from './rows.js';
import {
  BASE_SETTINGS,
  type ClickHouseTransport,
  type RowBatches,
  type StartedStatement,
  type StreamRequest,
} from './transport.js';

const FORMAT = 'JSONCompactEachRow';
/** Statements are limited by the engine (`max_execution_time`), a socket only by this. */
const SOCKET_TIMEOUT_MS = 6 * 3_600_000;
const MAX_CONNECTIONS = 32;

/** A ClickHouse server, reached by its official client. */
export class HttpTransport implements ClickHouseTransport {
  readonly exclusive = false;
  private readonly client: ClickHouseClient;

  /** @param url `clickhouse://user:password@host:8123/database`, or `clickhouses://…` for TLS */
  constructor(url: URL) {
    const tls = url.protocol === 'clickhouses:';
    this.client = createClient({
      url: `${tls ? 'https' : 'http'}://${url.hostname}:${url.port || (tls ? '8443' : '8123')}`,
      username: decodeURIComponent(url.username) || 'default',
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)) || 'default',
      application: 'tributary',
      request_timeout: SOCKET_TIMEOUT_MS,
      max_open_connections: MAX_CONNECTIONS,
      // Errors are ours to report; the client would print SQL.
      log: { level: ClickHouseLogLevel.OFF },
      clickhouse_settings: {
        ...BASE_SETTINGS,
        session_timezone: 'UTC',
        // A reader that leaves in the middle closes its socket; the statement ends with it.
        cancel_http_readonly_queries_on_client_close: 1,
      },
    });
  }

  async command(
    sql: string,
    stop?: { readonly tag: string; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const { tag, signal } = stop ?? {};
    if (signal?.aborted) throw queryCancelled();
    const kill = (): void => this.kill(tag ?? '');
    signal?.addEventListener('abort', kill, { once: true });
    try {
      await this.client.command({ query: sql, ...(tag === undefined ? {} : { query_id: tag }) });
    } finally {
      signal?.removeEventListener('abort', kill);
    }
  }

  async select(sql: string): Promise<readonly (readonly EngineValue[])[]> {
    const result = await this.client.query({ query: sql, format: FORMAT });
    return parseRows(await result.text());
  }

  async insert(table: string, columns: readonly string[], lines: string | Buffer): Promise<void> {
    const text = lines.toString();
    await this.client.command({ query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT ${FORMAT}\n${text}` });
  }

  async stream({ sql, params, tag, signal }: StreamRequest): Promise<StartedStatement> {
    if (signal?.aborted) throw queryCancelled();
    const kill = (): void => this.kill(tag);
    const forget = (): void => signal?.removeEventListener('abort', kill);
    signal?.addEventListener('abort', kill, { once: true });
    try {
      const result = await this.client.query({
        query: sql(),
        query_params: params,
        query_id: tag,
        format: FORMAT,
        abort_signal: signal,
      });
      return {
        batches: rowsOf(result, forget),
        abandon: () => {
          forget();
          result.close();
        },
      };
    } catch (error) {
      forget();
      throw error;
    }
  }

  private kill(id: string): void {
    const query = 'KILL QUERY WHERE query_id = {id:String} ASYNC';
    // Should this fail, the statement ends by its max_execution_time.
    this.client.command({ query, query_params: { id } }).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

async function* rowsOf(result: ResultSet<typeof FORMAT>, forget: () => void): RowBatches {
  try {
    for await (const rows of result.stream<readonly EngineValue[]>()) {
      yield parseRows(rows.map((row) => row.text).join('\n'));
    }
  } finally {
    forget();
    result.close();
  }
}
