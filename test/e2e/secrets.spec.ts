import { spawnSync } from 'node:child_process';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { secretKey } from '../../src/secrets/sealed.js';
import { BehindTheDoors } from '../support/behind-the-doors.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';

const VALUE = 'EAAB-connector-token-0815';

describe('secrets of an organisation', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tributary-secrets-'));
  const [old, next] = [randomBytes(32), randomBytes(32)];
  const [oldKey, nextKey] = [old.toString('base64'), next.toString('base64')];
  let server: TestServer;
  const tributary = (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    input = '',
  ): { code: number | null; out: string; err: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(packageRoot, 'dist/app/cli.js'), ...args], {
      encoding: 'utf8',
      input,
      env: { ...process.env, DATA_DIR: dataDir, TRIBUTARY_API_KEY: ADMIN_KEY, ...env },
    });
    return { code: status, out: stdout, err: stderr };
  };

  beforeAll(async () => {
    server = await TestServer.start({ dataDir, env: { SECRETS_KEY: oldKey } });
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it('are put through each door, and shown by name only', async () => {
    const put = await server.json('/api/secrets/connector.meta_ads.token', { value: VALUE }, 'PUT');
    expect(put).toMatchObject({
      status: 200,
      body: { name: 'connector.meta_ads.token', key_id: secretKey(old).id },
    });
    const { data } = await server.graphql('mutation { putSecret(name: "smtp.password", value: "h2") { name } }');
    expect(data).toEqual({ putSecret: { name: 'smtp.password' } });
    const cli = tributary(['secrets', 'put', 'connector.tiktok.token', '--server', server.base], {}, `${VALUE}\n`);
    expect(cli.out).toBe('Kept connector.tiktok.token.\n');

    const list = await server.fetch('/api/secrets');
    const text = await list.text();
    expect((JSON.parse(text) as { data: { name: string }[] }).data.map(({ name }) => name)).toEqual([
      'connector.meta_ads.token',
      'connector.tiktok.token',
      'smtp.password',
    ]);
    expect(text).not.toContain(VALUE);
    const shown = await server.graphql('{ secrets { name key_id updated_at } }');
    expect((shown.data as { secrets: unknown[] }).secrets).toHaveLength(3);
    expect(tributary(['secrets', 'list', '--server', server.base]).out).toMatch(/smtp\.password {2}key /);
  });

  it('refuses what is no secret’s name, is empty, or is the product’s own', async () => {
    const refusal = async (name: string, value: unknown): Promise<unknown> =>
      (await server.json(`/api/secrets/${name}`, { value }, 'PUT')).body.code;
    expect(await refusal('Not%20a%20name', 'x')).toBe('invalid_secret');
    expect(await refusal('smtp.password', '')).toBe('invalid_request');
    expect(await refusal('smtp.password', 'ü'.repeat(65_000))).toBe('invalid_secret');
    expect(await refusal('tributary.own', 'x')).toBe('reserved_secret');
    const gone = await server.json('/api/secrets/nothing', undefined, 'DELETE');
    expect(gone).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('leave no trace of their values in the database or the audit trail', async () => {
    const database = await BehindTheDoors.of(server);
    try {
      const rows = await database.query<{ sealed: Buffer }>('SELECT * FROM secrets');
      const trail = await database.query<{ action: string }>(
        `SELECT action, entity_id, before, after FROM audit_log WHERE entity_type = 'secret' ORDER BY seq`,
      );
      expect(rows).toHaveLength(3);
      expect(trail.map(({ action }) => action)).toEqual(['secret.put', 'secret.put', 'secret.put']);
      const whole = JSON.stringify([rows.map((row) => ({ ...row, sealed: row.sealed.toString('latin1') })), trail]);
      expect(whole).not.toContain(VALUE);
    } finally {
      await database.close();
    }
  });

  const clear = randomBytes(32);
  /** What a link to a report that is not there answers: its signature is looked at first. */
  const linkOpens = async (): Promise<unknown> => {
    const payload = Buffer.from(JSON.stringify(['r', randomUUID(), Math.floor(Date.now() / 1_000) + 3_600, '']));
    const signature = createHmac('sha256', clear).update(payload).digest('base64url');
    const path = `/r/${payload.toString('base64url')}.${signature}`;
    return (await server.json(path, undefined, 'GET', null)).body.code;
  };

  it('are joined by the key that signs links in mails, which lay there in clear before', async () => {
    const database = await BehindTheDoors.of(server);
    expect(await linkOpens()).toBe('link_invalid');
    await database.query(`DELETE FROM installation_keys`);
    await database.query(`INSERT INTO installation_keys (name, value) VALUES ('signed-links', $1)`, [clear]);
    await database.close();
    await server.end();
    server = await TestServer.start({ dataDir, env: { SECRETS_KEY: oldKey } });
    expect(await linkOpens()).toBe('report_gone');
    const again = await BehindTheDoors.of(server);
    const rows = await again.query<{ key_id: string; value: Buffer }>('SELECT key_id, value FROM installation_keys');
    await again.close();
    expect(rows).toMatchObject([{ key_id: secretKey(old).id }]);
    expect(rows[0]?.value.includes(clear)).toBe(false);
  }, 60_000);

  it('keep a server from starting without the key that opens them', async () => {
    await server.end();
    const { code, printed } = await TestServer.expectEnd(dataDir, { SECRETS_KEY: nextKey });
    expect(code).toBe(1);
    expect(printed).toContain('4 of 4 stored secrets do not open with SECRETS_KEY');
    expect(printed).toContain(`sealed under the key ${secretKey(old).id}`);
    const bad = await TestServer.expectEnd(dataDir, { SECRETS_KEY: 'letmein' });
    expect(bad).toMatchObject({ code: 2 });
    expect(bad.printed).toContain('SECRETS_KEY must be 32 bytes in base64');
    expect(bad.printed).not.toContain('letmein');
  }, 120_000);

  it('move to a new key, each with its entry in the trail, after which the old key can go', async () => {
    const env = { SECRETS_KEY: `${nextKey},${oldKey}` };
    server = await TestServer.start({ dataDir, env });
    expect(tributary(['secrets', 'check'], env).out).toContain('rotate them before it is dropped');
    expect(tributary(['secrets', 'rotate'], env).out).toContain(`Sealed 4 secrets under the key ${secretKey(next).id}`);
    expect(tributary(['secrets', 'rotate'], env).out).toContain('Sealed 0 secrets');
    await server.end();
    server = await TestServer.start({ dataDir, env: { SECRETS_KEY: nextKey } });
    expect(await linkOpens()).toBe('report_gone');
    const trail = await server.json<{ data: { action: string; before: unknown; after: unknown }[] }>(
      '/api/audit?action=secret.rotate',
    );
    expect(trail.body.data).toHaveLength(3);
    expect(trail.body.data[0]).toMatchObject({
      before: { key_id: secretKey(old).id },
      after: { key_id: secretKey(next).id },
    });
    expect(tributary(['secrets', 'check'], { SECRETS_KEY: nextKey }).out).toContain('All 4 secrets open.');
    expect(tributary(['secrets', 'forget', 'main', 'smtp.password']).out).toBe('Forgot smtp.password of main.\n');
    expect(tributary(['secrets', 'forget', '-', 'signed-links']).out).toContain('Forgot signed-links');
    expect(tributary(['secrets', 'forget', '-', 'signed-links']).err).toContain('The installation has no key');
    const removed = await server.graphql('mutation { removeSecret(name: "connector.tiktok.token") }');
    expect(removed.data).toEqual({ removeSecret: true });
    const { body } = await server.json<{ data: unknown[] }>('/api/secrets');
    expect(body.data).toHaveLength(1);
  }, 120_000);
});
