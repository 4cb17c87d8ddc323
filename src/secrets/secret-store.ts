import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import type { Actor } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { Problem, badRequest } from '../common/problem.js';
import type { KeyRing } from './key-ring.js';
import { seal, unseal } from './sealed.js';

/** Whose doing a change is, for the audit trail; and the transaction that it is part of, if there is one. */
export interface SecretChange {
  readonly actor: Actor;
  readonly manager?: EntityManager;
}

/** What may be told of a secret: never its value. */
export interface SecretName {
  readonly name: string;
  /** Fingerprint of the key that it is sealed under. */
  readonly key_id: string;
  /** ISO 8601. */
  readonly updated_at: string;
}

interface SecretRow extends SecretName {
  readonly organization_id: string;
  readonly sealed: Buffer;
}

/** Names that the product keeps for itself; no door puts or removes them. */
const OWN = 'tributary.';
/** `smtp.password`, `connector.meta_ads.token`. */
const NAME = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/;
const LONGEST_NAME = 100;
const MOST_BYTES = 65_536;

/**
 * Secrets of organisations, such as a mail host's password or a connector's token, sealed in the system of record under
 * a key from the environment. Changes are audited by name; a value leaves this class through {@link open} alone, to the
 * code that needs it.
 */
@Injectable()
export class SecretStore {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditTrail,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'secretKeys'>,
  ) {}

  /**
   * Keeps a secret; one of the same name is replaced.
   * @throws Problem 400 `invalid_secret`; 409 `secrets_key_missing` where the installation has no key
   */
  async put(organizationId: string, name: string, value: string, change: SecretChange): Promise<void> {
    checkName(name);
    const bytes = Buffer.byteLength(value);
    if (bytes === 0 || bytes > MOST_BYTES) {
      throw badRequest('invalid_secret', `A secret has 1 to ${MOST_BYTES} bytes; this one has ${bytes}.`);
    }
    const [key] = this.keys;
    if (!key) throw keyMissing();
    const sealed = seal(key, { organizationId, name }, value);
    await this.within(change, async (manager) => {
      const [before] = await manager.query<{ key_id: string }[]>(
        'SELECT key_id FROM secrets WHERE organization_id = $1 AND name = $2 FOR UPDATE',
        [organizationId, name],
      );
      await manager.query(
        `INSERT INTO secrets (organization_id, name, key_id, sealed) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, name)
           DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed, updated_at = now()`,
        [organizationId, name, key.id, sealed],
      );
      await this.audit.record(manager, {
        organizationId,
        actor: change.actor,
        action: before ? 'secret.replace' : 'secret.put',
        entity: ['secret', name],
        before: before ?? null,
        after: { key_id: key.id },
      });
    });
  }

  /** The value; null where there is none. @throws Error naming the key that is missing, never the value */
  async open(organizationId: string, name: string): Promise<string | null> {
    const [row] = await this.database.query<SecretRow[]>(
      'SELECT organization_id, name, key_id, sealed FROM secrets WHERE organization_id = $1 AND name = $2',
      [organizationId, name],
    );
    return row ? openRow(this.keys, row) : null;
  }

  /** @returns false where there was none */
  async remove(organizationId: string, name: string, change: SecretChange): Promise<boolean> {
    if (!isName(name)) return false;
    return this.within(change, async (manager) => {
      const [rows] = await manager.query<[{ key_id: string }[], number]>(
        'DELETE FROM secrets WHERE organization_id = $1 AND name = $2 RETURNING key_id',
        [organizationId, name],
      );
      const [before] = rows;
      if (!before) return false;
      await this.audit.record(manager, {
        organizationId,
        actor: change.actor,
        action: 'secret.remove',
        entity: ['secret', name],
        before,
      });
      return true;
    });
  }

  /** What there is, by name. */
  async names(organizationId: string): Promise<SecretName[]> {
    const rows = await this.database.query<(Omit<SecretName, 'updated_at'> & { updated_at: Date })[]>(
      'SELECT name, key_id, updated_at FROM secrets WHERE organization_id = $1 ORDER BY name COLLATE "C"',
      [organizationId],
    );
    return rows.map((row) => ({ ...row, updated_at: row.updated_at.toISOString() }));
  }

  private get keys(): KeyRing {
    return this.config.secretKeys;
  }

  private within<T>({ manager }: SecretChange, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return manager?.queryRunner?.isTransactionActive ? work(manager) : this.database.transaction(work);
  }
}

/** @throws Error when none of the keys opens it */
export function openRow(keys: KeyRing, row: Omit<SecretRow, 'updated_at'>): string {
  const key = keys.find(({ id }) => id === row.key_id);
  if (!key) throw new Error(`The secret ${row.name} is sealed under the key ${row.key_id}, which SECRETS_KEY lacks.`);
  try {
    return unseal(key, { organizationId: row.organization_id, name: row.name }, row.sealed);
  } catch (error) {
    throw new Error(`The secret ${row.name} does not open: it was changed in the database.`, { cause: error });
  }
}

/** @throws Problem 403 `reserved_secret` for a secret that is the product's own */
export function refuseOwn(name: string): void {
  if (!name.startsWith(OWN)) return;
  throw new Problem(403, 'reserved_secret', `Secrets named ${OWN}… are the product’s own and can’t be changed.`);
}

const isName = (name: string): boolean => NAME.test(name) && name.length <= LONGEST_NAME;

/** @throws Problem 400 `invalid_secret` */
function checkName(name: string): void {
  if (isName(name)) return;
  throw badRequest(
    'invalid_secret',
    `A secret’s name is lower-case letters, digits and underscores with dots between, such as connector.meta_ads.token; at most ${LONGEST_NAME} characters.`,
  );
}

const keyMissing = (): Problem =>
  new Problem(
    409,
    'secrets_key_missing',
    'This installation has no key to seal secrets with. Whoever runs it sets SECRETS_KEY (openssl rand -base64 32) and starts it again.',
  );
