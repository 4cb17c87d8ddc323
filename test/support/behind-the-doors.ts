import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { newId } from '../../src/common/uuid.js';
import { startEmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import type { TestServer } from './server.js';

/** The system of record of a test server, as its owner: for what a test arranges or looks at behind the doors. */
export class BehindTheDoors {
  private constructor(
    private readonly client: pg.Client,
    private readonly leave: () => Promise<void>,
  ) {}

  static async of(server: Pick<TestServer, 'dataDir'>): Promise<BehindTheDoors> {
    const postgres = await startEmbeddedPostgres({ dataDir: join(server.dataDir, 'postgres') });
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    return new BehindTheDoors(client, () => postgres.stop());
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(sql, values)).rows;
  }

  /** A further organisation. @returns its id, and an administrator's key */
  async addOrganization(slug: string): Promise<{ readonly id: string; readonly key: string }> {
    const id = newId();
    await this.query(
      `INSERT INTO organizations (id, slug, name, currency, time_zone, week_start) VALUES ($1, $2, $2, 'USD', 'UTC', 1)`,
      [id, slug],
    );
    return { id, key: await this.addKey(id, 'organization_admin') };
  }

  /** A machine's key with a role. */
  async addKey(organizationId: string, role: string): Promise<string> {
    const publicId = randomBytes(6).toString('hex');
    const secret = randomBytes(16).toString('hex');
    await this.query(
      `INSERT INTO api_keys (id, organization_id, name, public_id, secret_hash, role) VALUES ($1, $2, 'test', $3, $4, $5)`,
      [newId(), organizationId, publicId, createHash('sha256').update(secret).digest('hex'), role],
    );
    return `trb_${publicId}_${secret}`;
  }

  async close(): Promise<void> {
    await this.client.end();
    await this.leave();
  }
}
