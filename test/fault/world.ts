/** The system of record of a fault run: what is due in it, and what has become of it. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { BEHAVIOURS } from './witness.js';

export const STEP_MINUTES = 5;
export const SCHEDULES = 44;

export interface OccurrenceRow {
  readonly id: string;
  readonly schedule_id: string;
  readonly due_at: Date;
  readonly due_local: string;
  readonly state: string;
}
export interface DeliveryRow {
  readonly id: string;
  readonly occurrence_id: string;
  readonly recipient: string;
  readonly kind: string;
  readonly state: string;
  readonly evidence: readonly { readonly outcome: string }[];
}

export class World {
  private readonly organization = randomUUID();
  private readonly user = randomUUID();
  private readonly view = randomUUID();
  private client: pg.Client | null = null;

  /** @param url of the Postgres, which may be restarted */
  constructor(private readonly url: () => string) {}

  async query<T extends object>(sql: string, values: unknown[] = []): Promise<T[]> {
    const client = (this.client ??= await this.connect());
    return (await client.query<T>(sql, values)).rows;
  }

  async close(): Promise<void> {
    await this.client?.end().catch(() => undefined);
  }

  /** One connection for all, as long as the Postgres at its other end lives. */
  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url() });
    client.once('end', () => (this.client = null));
    client.on('error', () => (this.client = null));
    await client.connect();
    return client;
  }

  /** Schedules that were last planned a while before `now`, as after a night with the server down, each for two recipients. */
  async prepare(now: number, minutes: number): Promise<void> {
    await this.query(
      `INSERT INTO organizations (id, name, slug, currency, time_zone, week_start) VALUES ($1, 'Fault', 'fault', 'USD', 'UTC', 1)`,
      [this.organization],
    );
    await this.query(`INSERT INTO users (id, email, display_name) VALUES ($1, 'ok.owner@example.com', 'Owner')`, [
      this.user,
    ]);
    await this.query(`INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'organization_admin')`, [
      this.organization,
      this.user,
    ]);
    await this.query(
      `INSERT INTO marketing_report_views (id, organization_id, created_by_user, report_name, report_category, dimensions, metrics, totals, visibility)
       VALUES ($1, $2, $3, 'Fault', 'roas_analysis', '{}', '{spend}', true, 'organization')`,
      [this.view, this.organization, this.user],
    );
    for (let at = 0; at < SCHEDULES; at++) {
      const behaviour = BEHAVIOURS[at % BEHAVIOURS.length] ?? 'ok';
      await this.query(
        `INSERT INTO report_schedules (id, organization_id, view_id, owner_user_id, recurrence, time_zone, formats,
           recipients, period, is_active, active_until, planned_until)
         VALUES ($1, $2, $3, $4, $5, 'UTC', '{csv}', $6, 'as_saved', true, $7, $8)`,
        [
          randomUUID(),
          this.organization,
          this.view,
          this.user,
          JSON.stringify({ cron: `*/${STEP_MINUTES} * * * *`, short_months: 'skip' }),
          JSON.stringify([
            { email: `ok.${at}@a${at}.example.com` },
            { email: `${behaviour}.${at}@b${at}.example.net` },
          ]),
          new Date(now),
          new Date(now - minutes * 60_000),
        ],
      );
    }
  }

  /** More to send, to those whom the mail host treats well, so that each fault finds work. */
  async feed(): Promise<void> {
    await this.query(
      `INSERT INTO occurrences (id, organization_id, view_id, schedule_id, report_name, due_at, due_local, formats)
       SELECT gen_random_uuid(), organization_id, view_id, id, 'Fault', clock_timestamp(), gen_random_uuid()::text, formats
       FROM report_schedules, generate_series(1, 3) WHERE recipients::text LIKE '%"ok.%"ok.%'`,
    );
  }

  async count(): Promise<{ open: number; finished: number; waiting: number }> {
    const [row] = await this.query<{ open: number; finished: number; waiting: number }>(
      `SELECT (SELECT count(*) FROM occurrences WHERE state IN ('planned', 'running', 'sending'))::int AS open,
         (SELECT count(*) FROM occurrences WHERE state = 'finished')::int AS finished,
         (SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending'))::int AS waiting`,
    );
    return row ?? { open: 0, finished: 0, waiting: 0 };
  }

  occurrences(): Promise<OccurrenceRow[]> {
    return this.query<OccurrenceRow>('SELECT id, schedule_id, due_at, due_local, state FROM occurrences');
  }

  deliveries(): Promise<DeliveryRow[]> {
    return this.query<DeliveryRow>('SELECT id, occurrence_id, recipient, kind, state, evidence FROM deliveries');
  }
}
