import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import type { EngineValue } from '../engine.js';
import { queryCancelled } from '../engine-error.js';
import { parseRows } from './rows.js';
import { BASE_SETTINGS, type ClickHouseTransport, type RowBatches, type StreamRequest } from './transport.js';

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
      clickhouse_settings: { ...BASE_SETTINGS, session_timezone: 'UTC' },
    });
  }

  async command(sql: string): Promise<void> {
    await this.client.command({ query: sql });
  }

  async select(sql: string): Promise<readonly (readonly EngineValue[])[]> {
    const result = await this.client.query({ query: sql, format: FORMAT });
    return parseRows(await result.text());
  }

  async insert(table: string, columns: readonly string[], lines: string): Promise<void> {
    await this.client.command({ query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT ${FORMAT}\n${lines}` });
  }

  async stream({ sql, params, tag, signal }: StreamRequest): Promise<RowBatches> {
    if (signal?.aborted) throw queryCancelled();
    const queryId = tag;
    const kill = (): void => {
      this.client
        .command({ query: 'KILL QUERY WHERE query_id = {id:String} ASYNC', query_params: { id: queryId } })
        .catch(
          () => undefined, // The statement ends by its max_execution_time then.
        );
    };
    signal?.addEventListener('abort', kill, { once: true });
    try {
      const result = await this.client.query({
        query: sql(),
        query_params: params,
        query_id: queryId,
        format: FORMAT,
        abort_signal: signal,
      });
      const rows = result.stream<readonly EngineValue[]>();
      return (async function* () {
        try {
          for await (const batch of rows) {
            yield parseRows(batch.map((row) => row.text).join('\n'));
          }
        } finally {
          signal?.removeEventListener('abort', kill);
          result.close();
        }
      })();
    } catch (error) {
      signal?.removeEventListener('abort', kill);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}
