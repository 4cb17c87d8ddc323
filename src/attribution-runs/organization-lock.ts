import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';

const POLL_MS = 100;

/**
 * One run of an organisation at a time, over all processes: an advisory lock on a connection of its own, which ends with
 * it, so that a dead process holds nothing.
 */
export async function withRunLock<T>(
  database: DataSource,
  organizationId: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const key = `tributary attribution ${organizationId}`;
  for (;;) {
    signal.throwIfAborted();
    const connection = database.createQueryRunner();
    try {
      const [row] = (await connection.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got', [key])) as {
        got: boolean;
      }[];
      if (row?.got) {
        try {
          return await work();
        } finally {
          await connection.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [key]).catch(() => undefined);
        }
      }
    } finally {
      await connection.release();
    }
    await sleep(POLL_MS);
  }
}
