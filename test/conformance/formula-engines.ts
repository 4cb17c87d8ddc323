import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '../../src/common/package-root.js';
import { startEmbeddedPostgres } from '../../src/engine/embedded-postgres.js';

export type Rows = readonly (readonly (string | null)[])[];

/** Runs statements on an embedded ClickHouse in a child process. */
export async function onClickhouse(statements: readonly string[]): Promise<readonly Rows[]> {
  const child = spawn(process.execPath, [join(packageRoot, 'test/conformance/run-on-chdb.js')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.stdin.end(JSON.stringify(statements));
  if ((await ended) !== 0) throw new Error(errors.slice(-2_000));
  return JSON.parse(output) as Rows[];
}

/** Runs statements on an embedded Postgres that lives as long as they do. */
export async function onPostgres(statements: readonly string[]): Promise<readonly Rows[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tributary-formula-'));
  const server = await startEmbeddedPostgres({ dataDir });
  const client = new pg.Client(server.url);
  try {
    await client.connect();
    const results: Rows[] = [];
    for (const text of statements) {
      results.push((await client.query<(string | null)[]>({ text, rowMode: 'array' })).rows);
    }
    return results;
  } finally {
    await client.end();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
