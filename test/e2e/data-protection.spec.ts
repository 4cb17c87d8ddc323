/**
 * What an organisation keeps for how long, and what becomes of a person who wants to be told, or forgotten: through the
 * doors, on both engines, over a server that is killed in the middle.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '../../src/common/package-root.js';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import type { ErasureDto, RetentionPreviewItemDto, RetentionRunDto } from '../../src/protection/protection.dto.js';
import { ANN, ANNS, BOB, BOBS, OLD, PHONE, daysAgo, order, touch } from '../support/customers-story.js';
import { OwnRedis, hasRedisServer } from '../support/own-redis.js';
import { startPreparedPostgres } from '../support/prepared-data.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

if (!hasRedisServer) process.stderr.write('SKIPPED: erasure from a shared cache, since there is no redis-server\n');

/** A step of the story; the engine needs its time to let go for good. */
const step = (name: string, tell: () => Promise<void>, ms = 180_000): void => it(name, tell, ms);

const EVERYTHING = { metrics: ['revenue', 'spend', 'clicks'], dimensions: ['data_source'] };

describe.each(['chdb', 'postgres'])('data protection on %s', (engine) => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-protection-'));
  const key = randomBytes(32).toString('base64');
  let postgres: EmbeddedPostgres;
  let database: pg.Client;
  let server: TestServer;
  let redis: OwnRedis | null = null;
  let people: string;
  const start = (): Promise<TestServer> =>
    TestServer.start({
      readySeconds: 180,
      dataDir: join(folder, 'data'),
      env: {
        ...{ DATABASE_URL: postgres.url, SECRETS_KEY: key, ...(redis ? { REDIS_URL: redis.url } : {}) },
        ...(engine === 'postgres' ? { ANALYTICS_URL: postgres.url } : {}),
      },
    });
  const numbers = async (): Promise<Record<string, unknown>[]> =>
    (await server.json<{ rows: Record<string, unknown>[] }>('/api/query', EVERYTHING)).body.rows;
  const exported = async (customer: string): Promise<{ store: string; record: Record<string, unknown> }[]> => {
    const response = await server.fetch('/api/customers/export', {
      method: 'POST',
      body: JSON.stringify({ customer }),
      headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    });
    expect(response.status).toBe(200);
    const text = await response.text();
    return text.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as never)));
  };
  const stores = (records: readonly { store: string }[]): Record<string, number> =>
    Object.fromEntries(
      [...new Set(records.map(({ store }) => store))].map((store) => [
        store,
        records.filter((each) => each.store === store).length,
      ]),
    );
  /** Sends the report that names people, and waits for its end. @returns id of the occurrence */
  const delivered = async (recipients: readonly string[]): Promise<string> => {
    const path = `/api/reports/views/${people}/deliver`;
    const { body } = await server.json<{ occurrence_id: string }>(path, { recipients, formats: ['xlsx', 'csv'] });
    await until(
      async () => {
        const sql = `SELECT FROM occurrences WHERE id = $1 AND state = 'finished'`;
        return (await database.query(sql, [body.occurrence_id])).rowCount === 1 ? true : undefined;
      },
      { what: 'the report to be sent' },
    );
    return body.occurrence_id;
  };
  const count = async (sql: string): Promise<number> =>
    Number((await database.query<{ count: string }>(`SELECT count(*) AS count FROM ${sql}`)).rows[0]?.count);
  /** Every table of every schema that has the word somewhere, in bytes too. */
  const tablesWith = async (word: string): Promise<string[]> => {
    const { rows } = await database.query<{ name: string }>(
      `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY name`,
    );
    const found: string[] = [];
    for (const { name } of rows) {
      const sql = `${name} AS t WHERE t::text ILIKE '%${word}%' OR t::text ILIKE '%${Buffer.from(word).toString('hex')}%'`;
      if ((await count(sql)) > 0) found.push(name.replace(/^public\./, ''));
    }
    return found;
  };
  const cachedKeys = async (): Promise<string[]> => (redis ? redis.keys('tributary:result:*') : []);
  /** What a rollup says of each source, once it is filled. */
  const rolledUp = (): Promise<Record<string, unknown>[]> =>
    until(
      async () => {
        const { body } = await server.json<{ rows: Record<string, unknown>[]; meta: { rollup: string | null } }>(
          '/api/query?explain=true',
          { ...EVERYTHING, date_range: { last: 900, unit: 'day' } },
        );
        return body.meta.rollup === 'by_source' ? body.rows : undefined;
      },
      { what: 'the rollup' },
    );
  const credits = async (): Promise<unknown> =>
    (await server.json('/api/query', { metrics: ['attributed_revenue'], attribution_model: 'linear' })).body.rows;
  const erased = (id: string): Promise<ErasureDto> =>
    until(
      async () => {
        const { body } = await server.json<ErasureDto>(`/api/customers/erasures/${id}`);
        return body.state === 'done' ? body : undefined;
      },
      { seconds: 180 },
    );

  beforeAll(async () => {
    postgres = await startPreparedPostgres(join(folder, 'postgres'));
    database = new pg.Client({ connectionString: postgres.url });
    await database.connect();
    redis = hasRedisServer ? await OwnRedis.start() : null;
    server = await start();
    await server.rows([...ANNS, ...BOBS, ...OLD]);
    // A restated row leaves its older version behind in some engines.
    await server.rows([order('o1', ANN, 10, '100.50')]);
    await server.rows([{ ...order('o3', ANN, 7, 'a hundred'), data_payload: { revenue: 'a hundred', who: ANN } }]);
    await server.json('/api/customers/merges', { from: PHONE, to: ANN });
    await server.json('/api/reports/suppressions', { address: ANN });
    const email = { metric_key: 'email', display_label: 'E-mail', category: 'platform', metric_type: 'dimension' };
    expect((await server.json('/api/marketing/metrics', { ...email, data_type: 'string' })).status).toBe(201);
    const rollup = { dimensions: ['data_source'], grain: 'daily', time_zone: 'UTC' };
    expect((await server.json('/api/marketing/rollups/by_source', rollup, 'PUT')).status).toBe(200);
    const view = {
      report_name: 'People',
      report_category: 'roas_analysis',
      metrics: ['clicks'],
      dimensions: ['email'],
    };
    people = (await server.json<{ id: string }>('/api/reports/views', view)).body.id;
  }, 180_000);
  afterAll(async () => {
    await server?.stop();
    await database?.end();
    await postgres?.stop();
    await redis?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  step('says what is refused: the trail, derived data, nonsense', async () => {
    const put = async (rules: unknown): Promise<unknown> =>
      (await server.json('/api/retention', { rules }, 'PUT')).body.code;
    expect(await put([{ type: 'audit', keep_days: 30 }])).toBe('retention_not_possible');
    expect(await put([{ type: 'journeys', keep_days: 30 }])).toBe('retention_not_possible');
    expect(await put([{ type: 'rows', keep_days: 0 }])).toBe('invalid_request');
    expect(await put([{ type: 'rejects', data_source: 'shop', keep_days: 1 }])).toBe('invalid_request');
    expect(
      await put([
        { type: 'rows', keep_days: 9 },
        { type: 'rows', keep_days: 10 },
      ]),
    ).toBe('invalid_request');
    const none = await server.json('/api/retention/runs', {});
    expect(none).toMatchObject({ status: 409, body: { code: 'no_retention_rules' } });
  });

  step(
    'takes what a dry run told, and nothing else',
    async () => {
      const rules = [
        { type: 'rows', keep_days: 395 },
        { type: 'rows', data_source: 'shop', keep_days: 3_000 },
        { type: 'report_files', keep_days: 10 },
      ];
      const set = await server.json<{ next_run_at: string }>('/api/retention', { rules }, 'PUT');
      expect(set.status).toBe(200);
      expect(Date.parse(set.body.next_run_at)).toBeGreaterThan(Date.now());
      const before = await numbers();
      const { body } = await server.json<{ data: RetentionPreviewItemDto[] }>('/api/retention/preview');
      expect(body.data).toMatchObject([
        { type: 'rows', data_source: 'meta_ads', count: 2, oldest: `${daysAgo(400)}T08:00:00.000Z` },
        { type: 'rows', data_source: 'shop', count: 0 },
        { type: 'report_files', count: 0 },
      ]);
      expect(body.data[0]?.newest).toBe(`${daysAgo(399)}T08:00:00.000Z`);
      expect(await numbers()).toEqual(before);

      const started = await server.graphql<{ runRetention: { id: string } }>('mutation { runRetention { id state } }');
      const run = await until(
        async () => {
          const { body: each } = await server.json<RetentionRunDto>(
            `/api/retention/runs/${started.data?.runRetention.id ?? ''}`,
          );
          return each.state === 'done' ? each : undefined;
        },
        { seconds: 60 },
      );
      expect(run.evidence).toMatchObject([
        { store: 'rows', data_source: 'meta_ads', before: 2, after: 0 },
        { store: 'rows', data_source: 'shop', before: 0, after: 0 },
        { store: 'report_files', before: 0, after: 0 },
      ]);
      const after = await numbers();
      expect(after.find((row) => row.data_source === 'meta_ads')).toMatchObject({ spend: '5.00', clicks: 12 });
      expect(after.find((row) => row.data_source === 'shop')).toEqual(before.find((row) => row.data_source === 'shop'));
      // The journey of a customer whose only row went is gone as well.
      const gone = await server.json('/api/analytics/customer-journey/carla-3321');
      expect(gone.status).toBe(404);
      const trail = await server.json<{ data: { after: unknown }[] }>('/api/audit?action=retention.run');
      expect(trail.body.data).toHaveLength(1);
    },
    120_000,
  );

  step(
    'runs by itself when it is due',
    async () => {
      await server.rows([touch('t7', null, 500)]);
      await database.query(`UPDATE retention_policies SET next_run_at = now() - interval '1 minute'`);
      const run = await until(
        async () => {
          const { body } = await server.json<{ data: RetentionRunDto[] }>('/api/retention/runs');
          return body.data.length === 2 && body.data[0]?.state === 'done' ? body.data[0] : undefined;
        },
        { seconds: 60 },
      );
      expect(run.evidence[0]).toMatchObject({ before: 1, after: 0 });
      const { rows } = await database.query<{ next_run_at: Date }>('SELECT next_run_at FROM retention_policies');
      expect(rows[0]?.next_run_at.getTime()).toBeGreaterThan(Date.now());
    },
    120_000,
  );

  step('hands out everything about a person, whichever id one asks by', async () => {
    const records = await exported(ANN);
    expect(stores(records)).toMatchObject({
      ...{ subject: 1, unified_marketing_data: 3, customer_journey_tracking: 1, customer_identities: 1 },
      ...{ customer_merges: 1, import_rejects: 1, mail_suppressions: 1 },
    });
    const rows = records.filter(({ store }) => store === 'unified_marketing_data').map(({ record }) => record);
    expect(rows.map((row) => (row.data_payload as Record<string, unknown>).revenue ?? null).sort()).toEqual([
      ...[expect.stringMatching(/^100\.50*$/), null, null],
    ]);
    expect(stores(await exported(PHONE))).toMatchObject({ unified_marketing_data: 3, customer_merges: 1 });
    const trail = await server.json('/api/audit?action=customer.export');
    expect(JSON.stringify(trail.body)).not.toContain('ann.lee');
  });

  step('counts the person in rollups, credits, reports that were sent, and answers that are kept', async () => {
    await server.json('/api/analytics/attribution/calculate', { models: ['linear'], by: 'data_source', wait: true });
    expect(await until(async () => ((await credits()) as unknown[])[0])).toEqual({ attributed_revenue: '140.50' });
    expect((await rolledUp()).find((row) => row.data_source === 'shop')).toMatchObject({ revenue: '140.50' });
    await delivered([ANN, 'boss@example.com']);
    const named = await server.json('/api/query', { metrics: ['clicks'], dimensions: ['email'] });
    expect(JSON.stringify(named.body)).toContain(ANN);
    const told = stores(await exported(ANN));
    expect(told).toMatchObject({ deliveries: 1, report_files: 4 });
    expect(told.revenue_attribution).toBeGreaterThan(0);
    expect(await tablesWith('ann.lee')).toEqual(
      expect.arrayContaining([
        'audit_log',
        'deliveries',
        'import_rejects',
        'mail_suppressions',
        'occurrences',
        'report_files',
      ]),
    );
    if (redis) expect(await cachedKeys()).not.toEqual([]);
  });

  step(
    'erases a person in every store, though the server is killed meanwhile, and names nobody in the evidence',
    async () => {
      const preview = await server.json<{ data: { store: string; before: number }[] }>(
        '/api/customers/erasures/preview',
        {
          customer: ANN,
        },
      );
      const counts = new Map(preview.body.data.map(({ store, before }) => [store, before]));
      expect(counts.get('unified_marketing_data')).toBeGreaterThanOrEqual(3);
      expect(counts.get('import_rejects')).toBe(1);
      expect([counts.get('report_files'), counts.get('deliveries')]).toEqual([1, 1]);
      const ids = (await exported(ANN))[0]?.record.ids as string[];
      expect(ids).toHaveLength(2);
      const cached = await cachedKeys();

      const asked = await server.json<ErasureDto>('/api/customers/erasures', { customer: ANN, mode: 'delete' });
      expect(asked.status).toBe(202);
      await server.end('SIGKILL');
      server = await start();
      const done = await erased(asked.body.id);

      const left = done.evidence.filter(({ after, note }) => after !== null && after > 0 && !note?.startsWith('Stays'));
      expect(left).toEqual([]);
      expect(done.evidence.find(({ store }) => store === 'unified_marketing_data')?.before).toBeGreaterThanOrEqual(3);
      expect((await cachedKeys()).filter((each) => cached.includes(each))).toEqual([]);
      const named = await server.json('/api/query', { metrics: ['clicks'], dimensions: ['email'] });
      expect(JSON.stringify(named.body)).not.toContain(ANN);
      expect(await tablesWith('ann.lee')).toEqual(['audit_log']);
      const ledger = await server.json<{ data: { recipient: string }[] }>('/api/reports/deliveries');
      expect(ledger.body.data.map(({ recipient }) => recipient).sort()).toEqual([
        'boss@example.com',
        expect.stringMatching(/^erased:[0-9a-f]{64}$/),
      ]);
      const text = JSON.stringify(done);
      for (const word of [ANN, 'ann', PHONE, ...ids]) expect(text).not.toContain(word);
      expect(stores(await exported(ANN))).toEqual({ subject: 1 });
      expect(await numbers()).toMatchObject([
        { data_source: 'shop', revenue: '40.00' },
        { data_source: 'meta_ads', spend: '2.50', clicks: 6 },
      ]);
      expect((await rolledUp()).find((row) => row.data_source === 'shop')).toMatchObject({ revenue: '40.00' });
      expect(await until(async () => ((await credits()) as unknown[])[0])).toEqual({ attributed_revenue: '40.00' });
      const sealed = await database.query(`SELECT FROM secrets WHERE name LIKE 'tributary.erasure.%'`);
      expect(sealed.rowCount).toBe(0);
      const { rows } = await database.query<{ address: string }>('SELECT address FROM mail_suppressions');
      expect(rows.map(({ address }) => address)).toEqual([expect.stringMatching(/^erased:[0-9a-f]{64}$/)]);
      const verified = await server.json<{ fault: unknown }>('/api/audit/verify');
      expect(verified.body.fault).toBeNull();
    },
    300_000,
  );

  step('keeps the person out of later imports, and counts what it left out', async () => {
    const { body } = await server.rows<Record<string, unknown>>([...ANNS, order('o9', 'dora-9', 3, '1.00')]);
    expect(body).toMatchObject({ read: 4, loaded: 1, rejected: 3 });
    expect(body.warnings).toMatchObject([{ code: 'customer_erased', count: 3 }]);
    expect(stores(await exported(ANN))).toEqual({ subject: 1 });
    const { rows } = await database.query(`SELECT content FROM import_rejects WHERE content LIKE '%ann.lee%'`);
    expect(rows).toEqual([]);
  });

  step(
    'keeps the numbers of a person who is unlinked, now and in later imports',
    async () => {
      const before = await numbers();
      const { data } = await server.graphql<{ eraseCustomer: { id: string } }>(
        `mutation { eraseCustomer(customer: "${BOB}", mode: "anonymise") { id } }`,
      );
      await erased(data?.eraseCustomer.id ?? '');
      expect(await numbers()).toEqual(before);
      expect(stores(await exported(BOB))).toEqual({ subject: 1 });
      const again = await server.rows<Record<string, unknown>>(BOBS);
      expect(again.body).toMatchObject({ read: 2, unchanged: 2, loaded: 0, replaced: 0, rejected: 0 });
      expect(again.body.warnings).toMatchObject([{ code: 'customer_unlinked', count: 2 }]);
      expect(await numbers()).toEqual(before);
      const out = spawnSync(
        process.execPath,
        [join(packageRoot, 'dist/app/cli.js'), 'customer', 'erasures', '--server', server.base],
        {
          encoding: 'utf8',
          env: { ...process.env, TRIBUTARY_API_KEY: ADMIN_KEY },
        },
      ).stdout;
      expect(out).toContain('anonymise done');
      expect(out).toContain('unified_marketing_data: 2 → 0');
    },
    300_000,
  );

  step(
    'lets records of each other type go by their rules, and keeps what is still read',
    async () => {
      const rejected = { ...order('o8', 'dora-9', 2, '1.00'), data_payload: { revenue: 'nothing' } };
      const imported = async (): Promise<string> =>
        (await server.rows<{ import_id: string }>([rejected])).body.import_id;
      const [aged, ancient, fresh] = [await imported(), await imported(), await imported()];
      const calculate = async (): Promise<string> => {
        const wanted = { models: ['linear'], by: 'data_source', wait: true };
        return (await server.json<{ run_id: string }>('/api/analytics/attribution/calculate', wanted)).body.run_id;
      };
      const [superseded, live] = [await calculate(), await calculate()];
      const [first, latest] = [await delivered(['boss@example.com']), await delivered(['boss@example.com'])];
      await database.query(
        `UPDATE imports SET finished_at = now() - interval '1 day' * CASE id WHEN $1 THEN 40 ELSE 100 END
        WHERE id IN ($1, $2)`,
        [aged, ancient],
      );
      await database.query(
        `UPDATE attribution_runs SET finished_at = now() - interval '40 days' WHERE id IN ($1, $2)`,
        [superseded, live],
      );
      await database.query(`UPDATE occurrences SET finished_at = now() - interval '100 days' WHERE id IN ($1, $2)`, [
        first,
        latest,
      ]);
      await database.query(`UPDATE report_files SET created_at = now() - interval '15 days' WHERE occurrence_id = $1`, [
        latest,
      ]);

      const rules = [
        ...[
          { type: 'rejects', keep_days: 30 },
          { type: 'imports', keep_days: 60 },
        ],
        ...[
          { type: 'attribution_runs', keep_days: 30 },
          { type: 'report_files', keep_days: 10 },
        ],
        { type: 'deliveries', keep_days: 90 },
      ];
      expect((await server.json('/api/retention', { rules }, 'PUT')).status).toBe(200);
      const inStores = async (): Promise<number[]> => [
        await count(`import_rejects WHERE import_id IN ('${aged}', '${ancient}', '${fresh}')`),
        await count(`imports WHERE id IN ('${aged}', '${ancient}', '${fresh}')`),
        await count(`attribution_runs WHERE id IN ('${superseded}', '${live}')`),
        await count(
          `(SELECT DISTINCT occurrence_id, name FROM report_files WHERE occurrence_id IN ('${first}', '${latest}')) AS files`,
        ),
        await count(`occurrences WHERE id IN ('${first}', '${latest}')`),
      ];
      const before = await inStores();
      const [, , , files = 0] = before;
      expect(before).toEqual([3, 3, 2, files, 2]);
      expect(files).toBeGreaterThan(4);
      // The same report twice: half of them are of the latest one, which stays without them.
      const { body } = await server.json<{ data: RetentionPreviewItemDto[] }>('/api/retention/preview');
      const preview = Object.fromEntries(body.data.map(({ type, count: items }) => [type, items]));
      expect(preview).toEqual({ rejects: 2, imports: 1, attribution_runs: 1, report_files: files / 2, deliveries: 1 });
      expect(await inStores()).toEqual(before);

      const started = await server.json<RetentionRunDto>('/api/retention/runs', {});
      const run = await until(
        async () => {
          const { body: each } = await server.json<RetentionRunDto>(`/api/retention/runs/${started.body.id}`);
          return each.state === 'done' ? each : undefined;
        },
        { seconds: 60 },
      );
      expect(Object.fromEntries(run.evidence.map(({ store, before: was }) => [store, was]))).toEqual(preview);
      expect(run.evidence.map(({ after }) => after)).toEqual([0, 0, 0, 0, 0]);
      // One reject is left, of the fresh import; files of an occurrence that is gone went with it.
      expect(await inStores()).toEqual([1, 2, 1, 0, 1]);
      const found = async (path: string): Promise<number> => (await server.fetch(path)).status;
      expect(await found(`/api/integrations/imports/${ancient}`)).toBe(404);
      expect(await found(`/api/integrations/imports/${aged}`)).toBe(200);
      expect(await found(`/api/analytics/attribution/runs/${superseded}`)).toBe(404);
      expect(await found(`/api/analytics/attribution/runs/${live}`)).toBe(200);
    },
    240_000,
  );
});
