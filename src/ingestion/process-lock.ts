import pg from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { newId } from '../common/uuid.js';

const keyOf = (owner: string): string => `tributary process ${owner}`;

/**
 * Shows to the other processes on the same database that this one lives: an advisory lock on a connection outside of the
 * pool. When the process dies, however it dies, Postgres frees the lock at once.
 */
export class ProcessLock {
  private held: { readonly owner: string; readonly client: pg.Client } | null = null;
  private opening: Promise<string> | null = null;

  constructor(private readonly database: DataSource) {}

  /** Name under which this process holds its lock; a new one after the connection was lost. */
  async owner(): Promise<string> {
    if (this.held) return this.held.owner;
    this.opening ??= this.open().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  /** True when no process holds the lock of that name. */
  static async isDead(owner: string, manager: EntityManager): Promise<boolean> {
    const [row] = (await manager.query('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free', [
      keyOf(owner),
    ])) as { free: boolean }[];
    return row?.free === true;
  }

  async release(): Promise<void> {
    const { held } = this;
    this.held = null;
    await held?.client.end();
  }

  private async open(): Promise<string> {
    const { options } = this.database;
    const url = 'url' in options ? options.url : undefined;
    const client = new pg.Client({ connectionString: url, application_name: 'tributary process', keepAlive: true });
    const owner = newId();
    client.on('error', () => this.lose(client));
    client.on('end', () => this.lose(client));
    await client.connect();
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [keyOf(owner)]);
    this.held = { owner, client };
    return owner;
  }

  private lose(client: pg.Client): void {
    if (this.held?.client === client) this.held = null;
  }
}
