import pg from 'pg';

/** How far an import is, seen from the system of record. */
export type ImportMoment = 'staging' | 'counting' | 'committing' | 'done' | 'failed' | 'aborted';

/** Short beside counting and committing; each look costs the machine something, too. */
const POLL_MS = 3;

const ORDER: readonly ImportMoment[] = ['staging', 'counting', 'committing', 'done'];

/** Its state, and whether it holds the lock under which rows are counted and made visible. */
const NEWEST = `
  SELECT id, state, EXISTS (
    SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND ((classid::bigint << 32) | objid::bigint) = hashtextextended('tributary import ' || organization_id, 0)
  ) AS holds_lock
  FROM imports ORDER BY created_at DESC, id DESC LIMIT 1`;

/** Watches imports from outside of the server, so that a test can strike at a moment that it has seen. */
export class ImportWatch {
  private constructor(private readonly client: pg.Client) {}

  static async open(databaseUrl: string): Promise<ImportWatch> {
    const client = new pg.Client({ connectionString: databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    return new ImportWatch(client);
  }

  /** Id of the newest import; null when there is none. */
  async newest(): Promise<string | null> {
    return (await this.look())?.id ?? null;
  }

  /** Waits until the import after `previous` has come as far as `moment`, or is over. @returns how far it is */
  async reaches(moment: ImportMoment, previous: string | null): Promise<ImportMoment> {
    for (;;) {
      const seen = await this.look();
      if (seen && seen.id !== previous) {
        const now = seen.state === 'staging' && seen.holds_lock ? 'counting' : seen.state;
        if (!ORDER.includes(now) || ORDER.indexOf(now) >= ORDER.indexOf(moment)) return now;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async look(): Promise<{ id: string; state: ImportMoment; holds_lock: boolean } | undefined> {
    const { rows } = await this.client.query<{ id: string; state: ImportMoment; holds_lock: boolean }>(NEWEST);
    return rows[0];
  }
}
