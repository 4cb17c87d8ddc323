import type { DataSource, EntityManager } from 'typeorm';
import { ownWork } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { installationKeys, openInstallationKey, sealInstallationKeys } from './installation-keys.js';
import type { KeyRing } from './key-ring.js';
import { seal } from './sealed.js';
import { openRow } from './secret-store.js';

interface StoredSecret {
  readonly organization_id: string;
  readonly slug: string;
  readonly name: string;
  readonly key_id: string;
  readonly sealed: Buffer;
}

/** Stored secrets at a time. */
const BATCH = 200;

async function* storedSecrets(manager: EntityManager): AsyncGenerator<StoredSecret[]> {
  for (let after = ['00000000-0000-0000-0000-000000000000', '']; ;) {
    const rows = await manager.query<StoredSecret[]>(
      `SELECT s.organization_id, o.slug, s.name, s.key_id, s.sealed FROM secrets s JOIN organizations o ON o.id = s.organization_id
       WHERE (s.organization_id, s.name COLLATE "C") > ($1, $2) ORDER BY s.organization_id, s.name COLLATE "C" LIMIT ${BATCH}`,
      after,
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = [last.organization_id, last.name];
  }
}

/** Stands where an organisation's slug does, for keys of the installation itself. No slug is like it. */
export const INSTALLATION = '-';

/** What is stored, and what of it does not open. */
export interface SecretsState {
  readonly total: number;
  /** Secrets by the key that they are sealed under. */
  readonly byKey: ReadonlyMap<string, number>;
  /** `<organisation>: <why>`. */
  readonly closed: readonly string[];
}

/** Opens every stored secret, as proof that the keys at hand are the right ones. */
export async function checkSecrets(database: DataSource, keys: KeyRing): Promise<SecretsState> {
  const byKey = new Map<string, number>();
  const closed: string[] = [];
  let total = 0;
  const check = (slug: string, keyId: string, open: () => unknown): void => {
    total += 1;
    byKey.set(keyId, (byKey.get(keyId) ?? 0) + 1);
    try {
      open();
    } catch (error) {
      closed.push(`${slug}: ${(error as Error).message}`);
    }
  };
  for (const row of await installationKeys(database))
    if (row.key_id !== null) check(INSTALLATION, row.key_id, () => openInstallationKey(keys, row));
  for await (const rows of storedSecrets(database.manager))
    for (const row of rows) check(row.slug, row.key_id, () => openRow(keys, row));
  return { total, byKey, closed };
}

/** Why a server does not start with these keys; null when all is well. */
export function secretsFault({ total, closed }: SecretsState, keys: KeyRing): string | null {
  if (closed.length === 0) return null;
  const head =
    keys.length === 0
      ? `${total} secrets are stored, and SECRETS_KEY is missing.`
      : `${closed.length} of ${total} stored secrets do not open with SECRETS_KEY.`;
  const shown = closed.slice(0, 5).map((line) => `  - ${line}`);
  const more = closed.length > shown.length ? [`  - and ${closed.length - shown.length} more`] : [];
  const advice =
    'Set SECRETS_KEY to the keys that sealed them, or take them away: tributary secrets forget <organisation, or -> <name>.';
  return [head, ...shown, ...more, advice].join('\n');
}

/**
 * Seals every secret, and every key of the installation, under the first key that is not yet. Each is changed in a transaction of its own with its audit
 * entry, so a run that was cut short is carried on by the next one.
 * @returns how many were sealed anew
 * @throws Error when one does not open; those before it are done
 */
export async function rotateSecrets(database: DataSource, keys: KeyRing): Promise<number> {
  const [key] = keys;
  if (!key) throw new Error('Set SECRETS_KEY to the new key and the old ones: <new>,<old>.');
  const audit = new AuditTrail(database);
  let rotated = await sealInstallationKeys(database, keys, true);
  for await (const rows of storedSecrets(database.manager)) {
    for (const { organization_id, name } of rows.filter((row) => row.key_id !== key.id)) {
      await database.transaction(async (manager) => {
        // Read again under a lock: it may have been replaced meanwhile.
        const [row] = await manager.query<Omit<StoredSecret, 'slug'>[]>(
          'SELECT organization_id, name, key_id, sealed FROM secrets WHERE organization_id = $1 AND name = $2 FOR UPDATE',
          [organization_id, name],
        );
        if (!row || row.key_id === key.id) return;
        const sealed = seal(key, { organizationId: organization_id, name }, openRow(keys, row));
        await manager.query('UPDATE secrets SET key_id = $3, sealed = $4 WHERE organization_id = $1 AND name = $2', [
          organization_id,
          name,
          key.id,
          sealed,
        ]);
        await audit.record(manager, {
          organizationId: organization_id,
          actor: ownWork('command_line'),
          action: 'secret.rotate',
          entity: ['secret', name],
          before: { key_id: row.key_id },
          after: { key_id: key.id },
        });
        rotated += 1;
      });
    }
  }
  return rotated;
}
