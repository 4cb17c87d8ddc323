import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';

/** Imports of one process that are counted and made visible at the same time; each holds one connection meanwhile. */
const AT_ONCE = 3;
const POLL_MS = 25;

/**
 * Lets one piece of work of an organisation at a time, over all processes, do its part: an import counts what it changes
 * and makes it visible, journeys are computed anew. The lock
 * is a Postgres advisory lock on a connection of its own: it ends with the connection, so a dead process holds nothing.
 */
export class OrganizationLock {
  private readonly waiting = new Map<string, Promise<unknown>>();
  private free = AT_ONCE;

  /** @param name of the work; each has its own turns */
  constructor(
    private readonly database: DataSource,
    private readonly name: 'import' | 'journeys',
  ) {}

  /** Runs `work` on the connection that holds the organisation's lock. */
  async hold<T>(organizationId: string, work: (connection: QueryRunner) => Promise<T>): Promise<T> {
    const before = this.waiting.get(organizationId) ?? Promise.resolve();
    const mine = before.then(() => this.locked(organizationId, work));
    const settled = mine.catch(() => undefined);
    this.waiting.set(organizationId, settled);
    try {
      return await mine;
    } finally {
      if (this.waiting.get(organizationId) === settled) this.waiting.delete(organizationId);
    }
  }

  private async locked<T>(organizationId: string, work: (connection: QueryRunner) => Promise<T>): Promise<T> {
    const key = `tributary ${this.name} ${organizationId}`;
    for (;;) {
      if (this.free > 0) {
        this.free--;
        const connection = this.database.createQueryRunner();
        try {
          const [row] = (await connection.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got', [
            key,
          ])) as {
            got: boolean;
          }[];
          if (row?.got) {
            try {
              return await work(connection);
            } finally {
              // On a broken connection the lock is gone already.
              await connection
                .query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [key])
                .catch(() => undefined);
            }
          }
        } finally {
          this.free++;
          await connection.release();
        }
      }
      // A connection is not held while waiting, so that waiting imports can't use up the pool.
      await sleep(POLL_MS);
    }
  }
}
