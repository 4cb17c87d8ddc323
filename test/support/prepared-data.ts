/**
 * Data directories in which everything embedded is set up and migrated already. Setting Postgres up takes longer than
 * copying what was set up; so it is done once for each state of the sources, by the product's own `migrate`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';

const FOLDER = join(packageRoot, 'node_modules', '.cache', 'tributary-prepared-data');
/** What a data directory looks like depends on these, as built. */
const MAKERS = [
  'dist/migrations',
  'dist/src/engine',
  'dist/src/access/tenancy',
  'dist/src/database.js',
  'package-lock.json',
];

/** Puts the stores into an empty data directory, where this system can copy them with their owner. */
export async function prepareData(dataDir: string): Promise<void> {
  if (process.platform === 'win32') return;
  mkdirSync(dataDir, { recursive: true });
  copy(join(preparedOnce(), 'clickhouse'), join(dataDir, 'clickhouse'));
  await preparePostgres(join(dataDir, 'postgres'));
}

/** Starts a Postgres of a test's own, migrated already, with its data in `dataDir`, which is not there yet. */
export async function startPreparedPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  if (process.platform !== 'win32') await preparePostgres(dataDir);
  return startEmbeddedPostgres({ dataDir });
}

async function preparePostgres(directory: string): Promise<void> {
  copy(join(preparedOnce(), 'postgres'), directory);
  // Each server has a port of its own.
  const access = join(directory, 'connection.json');
  const { password } = JSON.parse(readFileSync(access, 'utf8')) as { password: string };
  writeFileSync(access, JSON.stringify({ port: await freePort(), password }), { mode: 0o600 });
}

function preparedOnce(): string {
  const prepared = join(FOLDER, stateOfSources());
  if (existsSync(prepared)) return prepared;
  mkdirSync(FOLDER, { recursive: true });
  for (const old of readdirSync(FOLDER))
    if (old !== stateOfSources() && !old.startsWith('new-')) rmSync(join(FOLDER, old), { recursive: true });
  const fresh = mkdtempSync(join(FOLDER, 'new-'));
  const { PATH, HOME } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [join(packageRoot, 'dist/app/cli.js'), 'migrate'], {
    env: { PATH, HOME, DATA_DIR: fresh, LOG_LEVEL: 'warn' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The data directory of tests could not be prepared: ${stderr}`);
  try {
    renameSync(fresh, prepared);
  } catch (error) {
    // Another worker was faster.
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(prepared)) throw error;
  }
  return prepared;
}

let state: string | undefined;

function stateOfSources(): string {
  if (state !== undefined) return state;
  const hash = createHash('sha256');
  for (const maker of MAKERS) {
    const path = join(packageRoot, maker);
    const files = maker.includes('.') ? [path] : filesIn(path);
    for (const file of files) hash.update(file).update(readFileSync(file));
  }
  return (state = hash.digest('hex').slice(0, 16));
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** With owner and rights: Postgres insists on both. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Could not copy ${from}: ${stderr}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
