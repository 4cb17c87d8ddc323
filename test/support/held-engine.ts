import pg from 'pg';
import { DATA_TABLE } from '../../src/engine/postgres/tables.js';
import { until } from './until.js';

/**
 * A Postgres engine seen from outside: can hold every query for as long as a test likes, without any timing, and tells
 * which statements run in it.
 */
export class HeldEngine {
  private constructor(
    private readonly holder: pg.Client,
    private readonly watcher: pg.Client,
  ) {}

  static async open(url: string): Promise<HeldEngine> {
    const clients = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })] as const;
    await Promise.all(clients.map((client) => client.connect()));
    return new HeldEngine(...clients);
  }

  /** From here on every query waits in the engine. */
  async hold(): Promise<void> {
    await this.holder.query(`BEGIN; LOCK TABLE ${DATA_TABLE} IN ACCESS EXCLUSIVE MODE`);
  }

  async release(): Promise<void> {
    await this.holder.query('ROLLBACK');
  }

  /** Statements that wait in the engine. */
  async held(): Promise<string[]> {
    const { rows } = await this.watcher.query<{ query: string }>(
      `SELECT query FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'tributary-engine' AND wait_event_type = 'Lock'`,
    );
    return rows.map(({ query }) => query);
  }

  /** Waits until exactly so many statements wait in the engine. */
  async untilHeld(count: number): Promise<string[]> {
    const what = `${count} statements in the engine`;
    return until(async () => await this.held().then((held) => (held.length === count ? held : undefined)), {
      what,
      everyMs: 20,
    });
  }

  /** Runs SQL on the system of record, which is the same database. */
  async sql(text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    return this.watcher.query(text, values);
  }

  async close(): Promise<void> {
    await Promise.all([this.holder.end(), this.watcher.end()]);
  }
}
