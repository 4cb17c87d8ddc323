import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource, type EntityManager } from 'typeorm';
import { ownWork } from '../audit/actor.js';
import type { ErasedSet, ErasureMode } from '../ingestion/erased-set.js';
import { SecretStore } from '../secrets/secret-store.js';

/** The organisation's own key; sealed, so that hashes can't be tried out by who has the database alone. */
const KEY_NAME = 'tributary.erasure_key';

const NOBODY: ErasedSet = { size: 0, modeOf: () => null };

/**
 * Who was erased, as HMAC-SHA-256 of the customer's id under a key of the organisation: enough to recognise the customer
 * when an import brings it again, and nothing else.
 */
@Injectable()
export class ErasedCustomers {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly secrets: SecretStore,
  ) {}

  /** All of the organisation's, for one import. */
  async load(organizationId: string): Promise<ErasedSet> {
    const rows = await this.database.query<{ customer_hash: string; mode: ErasureMode }[]>(
      'SELECT customer_hash, mode FROM erased_customers WHERE organization_id = $1',
      [organizationId],
    );
    if (rows.length === 0) return NOBODY;
    const key = await this.key(organizationId);
    const modes = new Map(rows.map(({ customer_hash, mode }) => [customer_hash, mode]));
    const known = new LRUCache<string, { readonly mode: ErasureMode | null }>({ max: 50_000 });
    return {
      size: rows.length,
      modeOf: (customerId) => {
        let found = known.get(customerId);
        if (!found) known.set(customerId, (found = { mode: modes.get(hashOf(key, customerId)) ?? null }));
        return found.mode;
      },
    };
  }

  async count(organizationId: string): Promise<number> {
    const [row] = await this.database.query<{ count: string }[]>(
      'SELECT count(*) AS count FROM erased_customers WHERE organization_id = $1',
      [organizationId],
    );
    return Number(row?.count);
  }

  /** A keyed hash of an id or an address of the organisation. @throws Problem 409 `secrets_key_missing` */
  async hash(organizationId: string, text: string): Promise<string> {
    return hashOf(await this.key(organizationId), text);
  }

  /** From here on no import brings these customers back. Who was erased before is erased in the latest way. */
  async add(
    manager: EntityManager,
    organizationId: string,
    jobId: string,
    mode: ErasureMode,
    customers: readonly string[],
  ): Promise<void> {
    const key = await this.key(organizationId);
    await manager.query(
      `INSERT INTO erased_customers (organization_id, customer_hash, mode, job_id)
       SELECT $1, hash, $3, $4 FROM unnest($2::text[]) AS hash
       ON CONFLICT (organization_id, customer_hash) DO UPDATE SET mode = excluded.mode, job_id = excluded.job_id`,
      [organizationId, customers.map((id) => hashOf(key, id)), mode, jobId],
    );
  }

  /** Whether any of the organisation's customers was erased, so that there is a key. */
  async addressHash(organizationId: string, address: string): Promise<string | null> {
    const key = await this.secrets.open(organizationId, KEY_NAME);
    return key === null ? null : erasedAddress(hashOf(Buffer.from(key, 'hex'), address.toLowerCase()));
  }

  private async key(organizationId: string): Promise<Buffer> {
    const known = await this.secrets.open(organizationId, KEY_NAME);
    if (known !== null) return Buffer.from(known, 'hex');
    return this.database.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
        `tributary erasure key ${organizationId}`,
      ]);
      const made = await this.secrets.open(organizationId, KEY_NAME);
      if (made !== null) return Buffer.from(made, 'hex');
      const key = randomBytes(32);
      await this.secrets.put(organizationId, KEY_NAME, key.toString('hex'), { actor: ownWork('job'), manager });
      return key;
    });
  }
}

const hashOf = (key: Buffer, text: string): string => createHmac('sha256', key).update(text).digest('hex');

/** What stands in place of an address that was erased and must still be recognised. */
export const erasedAddress = (hash: string): string => `erased:${hash}`;
