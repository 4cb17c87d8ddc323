import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { packageRoot } from '../../src/common/package-root.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

interface Entry {
  readonly seq: number;
  readonly action: string;
  readonly entity_type: string;
  readonly entity_id: string | null;
  readonly actor_key_id: string | null;
  readonly door: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}
interface Page {
  readonly data: Entry[];
  readonly next_cursor: string | null;
}

const METRIC = {
  metric_key: 'profit',
  display_label: 'Profit',
  category: 'calculated',
  metric_type: 'metric',
  data_type: 'currency',
  formula: 'revenue - spend',
};
const ROW = {
  recorded_at: '2026-01-05T00:00:00Z',
  data_source: 'meta_ads',
  source_category: 'external_marketing',
  currency: 'USD',
  data_payload: { spend: '120.50', clicks: 40, note: 'nobody may read this in the trail' },
};

describe('the audit trail', () => {
  let server: TestServer;
  let postgres: EmbeddedPostgres;
  let database: pg.Client;

  const trail = async (query = ''): Promise<Entry[]> => {
    const entries: Entry[] = [];
    let cursor: string | null = null;
    do {
      const page: { body: Page } = await server.json<Page>(
        `/api/audit?limit=7${query}${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      entries.push(...page.body.data);
      cursor = page.body.next_cursor;
    } while (cursor !== null);
    return entries.reverse();
  };
  const actions = async (query = ''): Promise<string[]> => (await trail(query)).map(({ action }) => action);
  const cli = (...args: string[]): Promise<{ stdout: string }> =>
    promisify(execFile)(process.execPath, [join(packageRoot, 'dist/app/cli.js'), ...args], {
      env: { ...process.env, TRIBUTARY_API_KEY: ADMIN_KEY, TRIBUTARY_URL: server.base },
    });

  beforeAll(async () => {
    server = await TestServer.start();
    postgres = await startEmbeddedPostgres({ dataDir: join(server.dataDir, 'postgres') });
    database = new pg.Client({ connectionString: postgres.url });
    await database.connect();
  }, 120_000);
  afterAll(async () => {
    await database.end();
    await postgres.stop();
    await server.stop();
  }, 60_000);

  it('tells of a definition’s whole life: what it was, what it became, by whom, through which door', async () => {
    const created = await server.json<{ id: string }>('/api/marketing/metrics', METRIC);
    expect(created.status).toBe(201);
    const { id } = created.body;
    await server.json(`/api/marketing/metrics/${id}`, { display_label: 'Gross profit' }, 'PATCH');
    await server.graphql('mutation ($id: ID!) { deactivateMetric(id: $id) { metric { id } } }', { id });
    const entries = await trail(`&entity=metric:${id}`);
    expect(entries.map(({ action, door }) => [action, door])).toEqual([
      ['metric.create', 'rest'],
      ['metric.update', 'rest'],
      ['metric.deactivate', 'graphql'],
    ]);
    expect(entries[0]).toMatchObject({ before: null, after: { formula: 'revenue - spend', is_active: true } });
    expect(entries[1]).toMatchObject({
      actor_key_id: 'testadmin0',
      before: { display_label: 'Profit' },
      after: { display_label: 'Gross profit' },
    });
    expect(entries[2]).toMatchObject({ before: { is_active: true }, after: { is_active: false } });
  });

  it('has no entry for what was refused', async () => {
    const before = await trail();
    const refused = await server.json('/api/marketing/metrics', {
      ...METRIC,
      metric_key: 'bad',
      formula: 'no_such / 2',
    });
    expect(refused.status).toBe(422);
    expect(await trail()).toEqual(before);
  });

  it('tells of imports, saved reports, exports and deliveries, and of no row’s content', async () => {
    await server.rows([ROW, { ...ROW, data_source: 'Not a source' }]);
    const view = await server.json<{ id: string }>('/api/reports/views', {
      report_name: 'Spend',
      report_category: 'roas_analysis',
      metrics: ['spend'],
      dimensions: ['data_source'],
      visibility: 'organization',
    });
    const { id } = view.body;
    await server.json(`/api/reports/views/${id}`, { report_name: 'Spend by source' }, 'PATCH');
    for (const format of ['json', 'csv', 'html'])
      await (await server.fetch(`/api/reports/views/${id}/data?format=${format}`)).text();
    await server.json('/api/query?format=xlsx', { metrics: ['spend'] }).catch(() => undefined);
    const sent = await server.json(`/api/reports/views/${id}/deliver`, {
      recipients: ['ann@example.com'],
      formats: ['csv'],
    });
    expect(sent.status).toBe(202);
    await until(async () => (await actions('&action=delivery.*')).length > 0 || undefined);
    expect((await server.fetch(`/api/reports/views/${id}`, { method: 'DELETE' })).status).toBe(204);

    expect(await actions(`&entity=report_view:${id}`)).toEqual([
      'report_view.create',
      'report_view.update',
      'report.export',
      'report.export',
      'report.deliver',
      'report_view.delete',
    ]);
    expect((await trail('&action=data.*')).map(({ action, after }) => ({ action, ...after }))).toMatchObject([
      { action: 'data.import', preset: 'rows', read: 2, loaded: 1, rejected: 1 },
      { action: 'data.export', format: 'xlsx' },
    ]);
    expect(await trail('&action=delivery.accepted')).toMatchObject([
      { door: 'job', after: { recipient: 'ann@example.com' } },
    ]);
    const { rows } = await database.query<{ whole: string }>('SELECT audit_log::text AS whole FROM audit_log');
    expect(rows.length).toBeGreaterThan(8);
    expect(rows.filter(({ whole }) => whole.includes('nobody may read'))).toEqual([]);
  });

  it('holds when many write at once, and each entry has its number', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `Report ${index}`);
    await Promise.all(
      names.map((report_name) =>
        server.json('/api/reports/views', {
          report_name,
          report_category: 'roas_analysis',
          metrics: ['spend'],
          visibility: 'organization',
        }),
      ),
    );
    const entries = await trail();
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    const { body } = await server.json('/api/audit/verify');
    expect(body).toMatchObject({ valid: true, entries: entries.length, seq: entries.length, fault: null });
    const { data } = await server.graphql<{ verifyAuditTrail: unknown; auditTrail: Page }>(
      '{ verifyAuditTrail { valid entries } auditTrail(action: "report_view.create", limit: 2) { data { action after } next_cursor } }',
    );
    expect(data?.verifyAuditTrail).toEqual({ valid: true, entries: entries.length });
    expect(data?.auditTrail.data).toHaveLength(2);
    expect(data?.auditTrail.next_cursor).not.toBeNull();
  });

  it('is exported as a file that checks by itself, and a file that was touched does not', async () => {
    const file = join(server.dataDir, 'audit.ndjson');
    await cli('audit', 'export', file);
    expect((await cli('audit', 'verify', '--file', file)).stdout).toMatch(/^\d+ entries, whole and unchanged/);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('Gross profit', 'Net profit'));
    await expect(cli('audit', 'verify', '--file', file)).rejects.toThrow('Its content was changed');
    const csv = await (await server.fetch('/api/audit/export?format=csv&action=audit.export')).text();
    expect(csv.trim().split('\r\n')).toHaveLength(3);
  });

  it('refuses to be changed, also by the owner of the database', async () => {
    for (const sql of [
      `UPDATE audit_log SET after = '{}'`,
      'DELETE FROM audit_log WHERE seq = 1',
      'TRUNCATE audit_log',
      'DELETE FROM audit_heads',
      'UPDATE audit_heads SET seq = seq - 1',
    ]) {
      await expect(database.query(sql)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('shows what was changed all the same: an entry, the last ones, or the whole chain', async () => {
    const noted = await server.json<{ seq: number; hash: string }>('/api/audit/verify');
    const disarmed = async (...statements: string[]): Promise<void> => {
      for (const sql of ['SET session_replication_role = replica', ...statements, 'RESET session_replication_role']) {
        await database.query(sql);
      }
    };
    const verdict = async (query = '') => (await server.json<{ fault: unknown }>(`/api/audit/verify${query}`)).body;

    await disarmed(`UPDATE audit_log SET actor_key_id = 'somebody' WHERE seq = 2`);
    expect(await verdict()).toMatchObject({
      valid: false,
      fault: { seq: 2, reason: expect.stringMatching('changed') as string },
    });
    await expect(cli('audit', 'verify')).rejects.toThrow('entry 2');
    await disarmed(`UPDATE audit_log SET actor_key_id = 'testadmin0' WHERE seq = 2`);
    expect(await verdict()).toMatchObject({ valid: true });

    await disarmed('DELETE FROM audit_log WHERE seq = (SELECT max(seq) FROM audit_log)');
    expect(await verdict()).toMatchObject({
      valid: false,
      fault: { reason: expect.stringMatching('newest') as string },
    });
    await disarmed(
      'UPDATE audit_heads SET seq = last.seq, hash = last.hash FROM (SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1) AS last',
    );
    expect(await verdict()).toMatchObject({ valid: true });
    expect(await verdict(`?seq=${noted.body.seq}&hash=${noted.body.hash}`)).toMatchObject({
      valid: false,
      fault: { reason: expect.stringMatching('written anew') as string },
    });
  });
});
