import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { KeyRing } from './key-ring.js';
import { seal, unseal, type SecretPlace } from './sealed.js';

/** A key of the installation itself, made once, which each process has to know. */
export interface InstallationKeyRow {
  readonly name: string;
  /** Sealed, when there is a `key_id`. */
  readonly value: Buffer;
  /** Fingerprint of the key that it is sealed under; null where the installation had none. */
  readonly key_id: string | null;
}

const KEY_BYTES = 32;
const COLUMNS = 'SELECT name, value, key_id FROM installation_keys';

const placeOf = (name: string): SecretPlace => ({ organizationId: 'installation', name });

/**
 * A key by its name, made when there is none; sealed where `SECRETS_KEY` gives something to seal it with. Over all
 * organisations.
 * @throws Error when it does not open
 */
export async function installationKey(database: DataSource, keys: KeyRing, name: string): Promise<Buffer> {
  const made = stored(keys, name, randomBytes(KEY_BYTES));
  await database.query(
    'INSERT INTO installation_keys (name, value, key_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [name, made.value, made.key_id],
  );
  const [row] = await database.query<InstallationKeyRow[]>(`${COLUMNS} WHERE name = $1`, [name]);
  if (!row) throw new Error(`The key ${name} of the installation can not be read.`);
  return openInstallationKey(keys, row);
}

export const installationKeys = (database: DataSource): Promise<InstallationKeyRow[]> =>
  database.query<InstallationKeyRow[]>(`${COLUMNS} ORDER BY name`);

/** @throws Error when none of the keys opens it */
export function openInstallationKey(keys: KeyRing, { name, value, key_id }: InstallationKeyRow): Buffer {
  if (key_id === null) return value;
  const key = keys.find(({ id }) => id === key_id);
  if (!key) throw new Error(`The key ${name} is sealed under the key ${key_id}, which SECRETS_KEY lacks.`);
  try {
    return Buffer.from(unseal(key, placeOf(name), value), 'base64');
  } catch (error) {
    throw new Error(`The key ${name} does not open: it was changed in the database.`, { cause: error });
  }
}

/**
 * Seals under the first key what lies there in clear, or, when `isRotated`, under any other key.
 * @returns how many were sealed
 */
export async function sealInstallationKeys(database: DataSource, keys: KeyRing, isRotated: boolean): Promise<number> {
  let sealed = 0;
  for (const row of await installationKeys(database)) {
    if (row.key_id === keys[0]?.id || (row.key_id !== null && !isRotated)) continue;
    const { value, key_id } = stored(keys, row.name, openInstallationKey(keys, row));
    const [, count] = await database.query<[unknown[], number]>(
      'UPDATE installation_keys SET value = $2, key_id = $3 WHERE name = $1 AND value = $4',
      [row.name, value, key_id, row.value],
    );
    sealed += count;
  }
  return sealed;
}

/** What is stored of a key: sealed where there is something to seal it with. */
function stored([key]: KeyRing, name: string, value: Buffer): InstallationKeyRow {
  if (!key) return { name, value, key_id: null };
  return { name, value: seal(key, placeOf(name), value.toString('base64')), key_id: key.id };
}
