import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppConfig } from '../config/config.js';
import { readSecretKey, type SecretKey } from './sealed.js';

/** Keys for secrets: the first one seals, all of them open. */
export type KeyRing = readonly SecretKey[];

/**
 * The keys of an installation: those of `SECRETS_KEY`. An embedded database has a key of its own beside it, in
 * `DATA_DIR/secrets.key`, made at the first start; it keeps secrets out of backups of the database, not from who has the
 * folder. With a database elsewhere, no key is made up: each process would have another one.
 */
export function keyRingOf({
  secretKeys,
  databaseUrl,
  dataDir,
}: Pick<AppConfig, 'secretKeys' | 'databaseUrl' | 'dataDir'>): KeyRing {
  if (databaseUrl !== null) return secretKeys;
  const own = keyFile(dataDir);
  return secretKeys.some(({ id }) => id === own.id) ? secretKeys : [...secretKeys, own];
}

/** Reads the key file, or makes it; several processes may start at once. */
function keyFile(dataDir: string): SecretKey {
  const path = join(dataDir, 'secrets.key');
  for (let attempt = 0; ; attempt++) {
    try {
      const key = readSecretKey(readFileSync(path, 'utf8').trim());
      if (key === null) throw new Error(`${path} must hold 32 bytes in base64; put back the file that was there.`);
      return key;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt > 0) throw error;
    }
    // Whole or not at all: written elsewhere, then linked, which fails where another process was first.
    const draft = `${path}.${process.pid}`;
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
}
