/** Starting, stopping, being killed and starting again: on one data directory, as an operator does it. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { startPreparedPostgres } from '../support/prepared-data.js';
import { embeddedPostmaster } from '../support/records.js';
import { familyOf, stillRunning } from '../support/processes.js';
import { ndjson, sumsOf, type RowBatch } from '../support/row-batch.js';
import { sendStream } from '../support/send-stream.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const BATCH: RowBatch = { name: 'Spring sale', rows: 700, revision: 0 };
const secondsToReady = (server: TestServer): number => Number(/Ready in (\S+) s/.exec(server.printed)?.[1]);

describe('a server and its data directory', () => {
  let dataDir: string;
  let server: TestServer;
  const start = async (env: Record<string, string> = {}): Promise<TestServer> => {
    server = await TestServer.start({ dataDir, env });
    return server;
  };
  /** What was imported, by source. */
  const spend = async (from = server): Promise<unknown> => {
    const { body } = await from.json<{ rows: { data_source: string; spend: string }[] }>('/api/query', {
      metrics: ['spend'],
      dimensions: ['data_source'],
    });
    return Object.fromEntries(body.rows.map((row) => [row.data_source, row.spend]));
  };
  const expected = Object.fromEntries(Object.entries(sumsOf(BATCH)).map(([source, sum]) => [source, sum.spend]));

  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tributary-life-'));
  });
  afterAll(async () => {
    await server?.end();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it('is ready within a minute on an empty directory, and leaves no process behind after SIGTERM', async () => {
    await start();
    expect(secondsToReady(server)).toBeLessThanOrEqual(60);
    const { status } = await sendStream(server.base, '/api/integrations/rows', ndjson(BATCH), {
      contentType: 'application/x-ndjson',
    });
    expect(status).toBe(201);
    // A delivery, so that a browser has been at work, too.
    const view = await server.json<{ id: string }>('/api/reports/views', {
      report_name: 'Spend by source',
      report_category: 'campaign_performance',
      dimensions: ['data_source'],
      metrics: ['spend'],
      visibility: 'organization',
    });
    expect(view.status).toBe(201);
    await server.json(`/api/reports/views/${view.body.id}/deliver`, { recipients: ['boss@example.com'] });
    const family = await until(() => {
      const now = familyOf(server.process.pid ?? 0);
      return now.some(({ command }) => command.includes('chromium')) ? now : undefined;
    });
    expect(family.some(({ command }) => command.includes('postgres'))).toBe(true);
    await until(() => (mails(dataDir).length > 0 ? true : undefined), { what: 'the mail' });

    const atTheEnd = familyOf(server.process.pid ?? 0);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(stillRunning([...family, ...atTheEnd])).toEqual([]);
    expect(server.printed).toContain('Stopped.');
  }, 180_000);

  it('finds all of it again within ten seconds, and stops as well on Ctrl-C', async () => {
    await start();
    expect(secondsToReady(server)).toBeLessThanOrEqual(10);
    expect(await spend()).toEqual(expected);
    const { body } = await server.json<{ data: { report_name: string }[] }>('/api/reports/views');
    expect(body.data.map((view) => view.report_name)).toEqual(['Spend by source']);
    const family = familyOf(server.process.pid ?? 0);
    expect(await server.end('SIGINT')).toBe(0);
    expect(stillRunning(family)).toEqual([]);
  }, 120_000);

  it('starts again after kill -9, over the Postgres that was left running', async () => {
    await start();
    const postmaster = embeddedPostmaster(dataDir);
    await server.end('SIGKILL');
    await start();
    expect(secondsToReady(server)).toBeLessThanOrEqual(10);
    expect(embeddedPostmaster(dataDir)).toBe(postmaster);
    expect(await spend()).toEqual(expected);
  }, 120_000);

  it('starts again after Postgres was killed, too', async () => {
    const postmaster = embeddedPostmaster(dataDir);
    await server.end('SIGKILL');
    process.kill(postmaster, 'SIGKILL');
    await start();
    expect(embeddedPostmaster(dataDir)).not.toBe(postmaster);
    expect(await spend()).toEqual(expected);
  }, 120_000);

  it('refuses a second server on the same directory, and serves on', async () => {
    const { code, printed } = await TestServer.expectEnd(dataDir);
    expect(code).toBe(1);
    expect(printed).toContain(`in use by process ${server.process.pid ?? 0}`);
    expect(printed).toContain('DATA_DIR');
    expect(printed).not.toMatch(/\n\s+at /);
    expect(await spend()).toEqual(expected);
    const { status } = await server.rows([
      { ...ROW, external_id: 'after', data_payload: { spend: '0.01' }, data_source: 'late' },
    ]);
    expect(status).toBe(201);
    expect(await spend()).toEqual({ ...expected, late: '0.01' });
  }, 120_000);

  it('says that its port is taken, and stops what it had started', async () => {
    await server.end('SIGTERM');
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    try {
      const { code, printed } = await TestServer.expectEnd(dataDir, { PORT: String(port) });
      expect(code).toBe(1);
      expect(printed).toMatch(new RegExp(`Could not start: .*port ${port}.*PORT`, 'i'));
      expect(readdirSync(join(dataDir, 'postgres', 'cluster'))).not.toContain('postmaster.pid');
    } finally {
      other.close();
    }
  }, 120_000);

  it('logs a failure that nobody waited for, and serves on', async () => {
    const drop = `process.on('SIGUSR2', () => void Promise.reject(new Error('nobody’s')))`;
    await start({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(drop)}` });
    server.process.kill('SIGUSR2');
    await until(() => server.printed.includes('Error: nobody’s') || undefined, { what: 'the failure in the log' });
    expect(await spend()).toEqual({ ...expected, late: '0.01' });
    expect(await server.end('SIGTERM')).toBe(0);
  }, 120_000);

  it('waits for a stalled upload only so long when it is told to stop, and keeps nothing of it', async () => {
    await start();
    let stalled!: () => void;
    const began = new Promise<void>((resolve) => (stalled = resolve));
    const upload = sendStream(server.base, '/api/integrations/rows', endless(), {
      contentType: 'application/x-ndjson',
      onSent: async () => {
        stalled();
        await once(server.process, 'exit');
      },
    }).catch((error: unknown) => error);
    await began;
    expect(await server.end('SIGTERM')).toBe(0);
    expect(await upload).not.toMatchObject({ status: 201 });
    await start();
    expect(await spend()).toEqual({ ...expected, late: '0.01' });
    await server.end();
  }, 120_000);
});

describe('a server whose Postgres goes away', () => {
  it('says that it can’t answer now, lives on, and answers when Postgres is back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-away-'));
    const directory = join(folder, 'postgres');
    let postgres = await startPreparedPostgres(directory);
    const env = { DATABASE_URL: postgres.url, ANALYTICS_URL: postgres.url };
    const server = await TestServer.start({ env });
    try {
      expect((await server.json('/api/me')).status).toBe(200);
      await postgres.stop();
      for (const path of ['/api/me', '/api/marketing/metrics']) {
        const answer = await server.fetch(path);
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
        expect(await answer.json()).toMatchObject({ code: 'unavailable', retry_after_seconds: 1 });
      }
      const told = await server.graphql('{ me { role } }');
      expect(told.errors).toMatchObject([{ extensions: { code: 'unavailable' } }]);
      postgres = await startEmbeddedPostgres({ dataDir: directory });
      expect((await server.json('/api/me')).status).toBe(200);
      expect(server.process.exitCode).toBeNull();
    } finally {
      await server.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

describe('bad settings', () => {
  it('stop the process with code 2 and are all named, without their values', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-life-'));
    const dataDir = join(folder, 'never-made');
    try {
      const { code, printed } = await TestServer.expectEnd(dataDir, {
        PORT: 'secret-70000',
        DATABASE_URL: 'mysql://me:secret-password@db/x',
        ANALYTICS_URL: 'secret-analytics',
        REDIS_URL: 'secret-redis',
        SMTP_URL: 'secret-smtp',
        ADMIN_API_KEY: 'secret-key',
        SAMPLE_DATA: 'secret-maybe',
        LOG_LEVEL: 'secret-loud',
        PUBLIC_URL: 'secret-url',
        MAIL_FROM: 'secret-nobody',
        SQL_API_PORT: '99999',
      });
      expect(code).toBe(2);
      for (const key of [
        'PORT',
        'DATABASE_URL',
        'ANALYTICS_URL',
        'REDIS_URL',
        'SMTP_URL',
        'ADMIN_API_KEY',
        'SAMPLE_DATA',
        'LOG_LEVEL',
        'PUBLIC_URL',
        'MAIL_FROM',
        'SQL_API_PORT',
      ]) {
        expect(printed).toMatch(new RegExp(`^ +- ${key} `, 'm'));
      }
      expect(printed).not.toContain('secret-');
      expect(printed).not.toContain('99999');
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 30_000);
});

const ROW = {
  recorded_at: '2026-01-05T00:00:00Z',
  source_category: 'external_marketing',
  currency: 'USD',
};

const mails = (dataDir: string): string[] => {
  try {
    return readdirSync(join(dataDir, 'outbox')).filter((name) => name.endsWith('.eml'));
  } catch {
    return [];
  }
};

function* endless(): Generator<Buffer> {
  for (let index = 0; ; index++) {
    yield Buffer.from(
      `${JSON.stringify({ ...ROW, external_id: `endless:${index}`, data_source: 'endless', data_payload: { spend: '1' } })}\n`,
    );
  }
}
