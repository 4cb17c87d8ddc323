import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';

describe('the embedded Postgres', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-embedded-'));
  const dataDir = join(directory, 'postgres');
  let server: EmbeddedPostgres;

  async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ dataDir });
    await ask(server.url, "CREATE TABLE kept AS SELECT 'ünï' AS word");
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 30_000);

  test('speaks UTF-8 and UTC, and keeps its password to its owner', async () => {
    expect(
      await ask(
        server.url,
        "SELECT current_setting('TimeZone') AS zone, current_setting('server_encoding') AS encoding",
      ),
    ).toEqual([{ zone: 'UTC', encoding: 'UTF8' }]);
    expect(statSync(join(dataDir, 'connection.json')).mode & 0o777).toBe(0o600);
    const { port } = new URL(server.url);
    await expect(ask(`postgres://tributary:wrong@127.0.0.1:${port}/postgres`, 'SELECT 1')).rejects.toThrow('password');
  });

  test('is shared with whoever starts it again, and goes on when that one stops', async () => {
    const guest = await startEmbeddedPostgres({ dataDir });
    expect(guest.pid).toBe(server.pid);
    await guest.stop();
    expect(await ask(server.url, 'SELECT word FROM kept')).toEqual([{ word: 'ünï' }]);
  });

  test('is the same after a restart', async () => {
    await server.stop();
    server = await startEmbeddedPostgres({ dataDir });
    expect(await ask(server.url, 'SELECT word FROM kept')).toEqual([{ word: 'ünï' }]);
  }, 30_000);

  test('recovers when it was killed, its pid has come round again and its port is taken', async () => {
    const { port } = new URL(server.url);
    const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
    process.kill(server.pid, 'SIGKILL');
    await server.stop();
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(process.pid)));
    const squatter = createServer((socket) => socket.destroy());
    // The killed server's children let go of the port a moment after it.
    for (;;) {
      squatter.listen(Number(port), '127.0.0.1');
      if (
        await once(squatter, 'listening').then(
          () => true,
          () => false,
        )
      )
        break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    server = await startEmbeddedPostgres({ dataDir });
    squatter.close();
    expect(new URL(server.url).port).not.toBe(port);
    expect(await ask(server.url, 'SELECT word FROM kept')).toEqual([{ word: 'ünï' }]);
  }, 60_000);
});
