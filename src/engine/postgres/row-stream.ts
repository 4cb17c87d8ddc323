import pg from 'pg';
import type { EngineValue } from '../engine.js';

const BATCH_ROWS = 2000;
/** Batches read ahead of the consumer before the socket is paused. */
const READ_AHEAD = 8;

/** Booleans and small numbers as such; all else as Postgres writes it, so that nothing is rounded or turned into a Date. */
const TYPES = {
  getTypeParser: (oid: number): ((text: string) => EngineValue) => {
    switch (oid) {
      case pg.types.builtins.BOOL:
        return (text) => text === 't';
      case pg.types.builtins.INT2:
      case pg.types.builtins.INT4:
      case pg.types.builtins.FLOAT4:
      case pg.types.builtins.FLOAT8:
        return finite;
      default:
        return (text) => text;
    }
  },
} as pg.CustomTypesConfig;

/** JSON has no NaN and no infinity; ClickHouse answers null for them too. */
function finite(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/**
 * Runs one statement and hands out its rows as they arrive. A plain query, not a cursor, so that Postgres may plan it
 * for its whole result and in parallel; a slow consumer pauses the socket.
 */
export async function* streamRows(
  client: pg.PoolClient,
  sql: string,
  values: readonly unknown[],
): AsyncGenerator<readonly (readonly EngineValue[])[]> {
  const socket = (client as unknown as { connection: { stream: { pause(): void; resume(): void } } }).connection.stream;
  const ready: EngineValue[][][] = [];
  let batch: EngineValue[][] = [];
  let ended = false;
  let failure: Error | null = null;
  let wake = (): void => undefined;
  const query = new pg.Query({ text: sql, values: [...values], rowMode: 'array', types: TYPES } as pg.QueryConfig);
  query.on('row', (row: unknown) => {
    batch.push(row as EngineValue[]);
    if (batch.length < BATCH_ROWS) return;
    ready.push(batch);
    batch = [];
    if (ready.length >= READ_AHEAD) socket.pause();
    wake();
  });
  query.on('end', () => {
    ended = true;
    wake();
  });
  query.on('error', (error: Error) => {
    failure = error;
    ended = true;
    wake();
  });
  client.query(query);
  for (;;) {
    const next = ready.shift();
    if (next) {
      if (ready.length < READ_AHEAD / 2) socket.resume();
      yield next;
    } else if (ended) {
      if (failure) throw failure;
      if (batch.length > 0) yield batch;
      return;
    } else {
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
}
