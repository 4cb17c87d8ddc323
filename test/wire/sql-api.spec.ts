/** The SQL API as tools use it: node-postgres and, where it is installed, psql. */
import { spawnSync } from 'node:child_process';
import type pg from 'pg';
import { TestServer } from '../support/server.js';
import { connect, DATABASE, PASSWORD, USER_NAME } from './clients.js';

let server: TestServer;
let client: pg.Client;

const ROWS = [
  ['a1', '2026-01-05T03:30:00Z', 'meta_ads', 'spring', '100.10', '300', 10],
  ['a2', '2026-01-05T18:00:00Z', 'meta_ads', 'summer', '50.05', '0', 5],
  ['a3', '2026-01-20T12:00:00Z', 'google_ads', 'spring', '25', '100', null],
  ['a4', '2026-02-01T02:00:00Z', 'google_ads', null, '0.01', '1', 1],
  ['a5', '2026-02-10T12:00:00Z', 'tiktok_ads', 'sp%ring\\tab', null, null, 7],
] as const;

beforeAll(async () => {
  server = await TestServer.start();
  const { status } = await server.rows(
    ROWS.map(([external_id, recorded_at, data_source, campaign_name, spend, revenue, clicks]) => ({
      external_id,
      recorded_at,
      data_source,
      source_category: 'external_marketing',
      currency: 'USD',
      data_payload: { campaign_name, spend, revenue, clicks },
    })),
  );
  expect(status).toBe(201);
  client = await connect(server);
  await client.query(`SET timezone = 'UTC'`);
}, 180_000);

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const rows = async (sql: string, values?: unknown[]): Promise<unknown[][]> =>
  (await client.query({ text: sql, rowMode: 'array', ...(values ? { values } : {}) })).rows;
const refusal = async (sql: string): Promise<{ code?: string; message: string; hint?: string }> =>
  client.query(sql).then(
    () => {
      throw new Error(`Not refused: ${sql}`);
    },
    (error: unknown) => error as { code?: string; message: string; hint?: string },
  );

describe('measures by name', () => {
  it('are calculated for the groups of the query, not summed from ratios', async () => {
    expect(
      await rows(
        'SELECT data_source, MEASURE(spend) AS spend, MEASURE(roas) AS roas FROM marketing GROUP BY 1 ORDER BY 1',
      ),
    ).toEqual([
      ['google_ads', '25.01', '4.038384646'],
      ['meta_ads', '150.15', '1.998001998'],
      ['tiktok_ads', null, null],
    ]);
  });

  it('may be written bare, or by the aggregate of their kind', async () => {
    const expected = [
      ['google_ads', '25.01'],
      ['meta_ads', '150.15'],
    ];
    for (const measure of ['spend', 'SUM(spend)', 'MEASURE(spend)'])
      expect(
        await rows(`SELECT data_source, ${measure} FROM marketing WHERE spend IS NOT NULL GROUP BY 1 ORDER BY 1`),
      ).toEqual(expected);
  });

  it('keep their meaning through the sub-selects that BI tools write', async () => {
    expect(
      await rows(`SELECT "t"."ds" AS "ds", SUM("t"."roas") AS "m" FROM
        (SELECT data_source AS ds, roas, spend FROM (SELECT * FROM "public"."marketing") AS x WHERE data_source <> 'tiktok_ads') AS t
        WHERE 1 = 1 GROUP BY "t"."ds" HAVING COUNT(1) > 0 ORDER BY 2 DESC LIMIT 1001`),
    ).toEqual([
      ['google_ads', '4.038384646'],
      ['meta_ads', '1.998001998'],
    ]);
    expect(
      await rows(`WITH base AS (SELECT * FROM marketing WHERE campaign_name = 'spring')
        SELECT CAST(date_trunc('month', recorded_at) AS date) AS m, MEASURE(roas) FROM base GROUP BY 1`),
    ).toEqual([[new Date(2026, 0, 1), '3.197442046']]);
  });

  it('of formulas are put together from parts where groups are expressions', async () => {
    expect(
      await rows(`SELECT CASE WHEN data_source LIKE 'm%' THEN 'm' ELSE 'rest' END AS kind, MEASURE(roas), COUNT(*)
        FROM marketing GROUP BY 1 ORDER BY 1`),
    ).toEqual([
      ['m', '1.998001998', '2'],
      ['rest', '4.038384646', '3'],
    ]);
  });

  it('are refused rather than wrong where parts do not add up', async () => {
    const { code, hint } = await refusal(`SELECT upper(data_source), MEASURE(customers) FROM marketing GROUP BY 1`);
    expect(code).toBe('0A000');
    expect(hint).toContain('Group by columns as they are');
  });

  it('follow a filter that only Postgres can judge', async () => {
    expect(await rows(`SELECT MEASURE(roas) FROM marketing WHERE campaign_name ~ '^s.*g$'`)).toEqual([['3.197442046']]);
  });
});

describe('SQL over rows', () => {
  it('sees the rows themselves', async () => {
    expect(
      await rows(`SELECT campaign_name, spend, clicks FROM marketing WHERE data_source = 'meta_ads' ORDER BY spend`),
    ).toEqual([
      ['summer', '50.05', '5'],
      ['spring', '100.10', '10'],
    ]);
    expect(await rows('SELECT AVG(spend), MAX(clicks), COUNT(spend) FROM marketing')).toEqual([
      ['43.7900000000000000', '10', '4'],
    ]);
    expect(await rows(`SELECT campaign_name FROM marketing WHERE campaign_name LIKE 'sp\\%%'`)).toEqual([
      ['sp%ring\\tab'],
    ]);
  });

  it('shows every column, more than one request holds', async () => {
    const { fields, rows: all } = await client.query('SELECT * FROM marketing LIMIT 3');
    expect(all).toHaveLength(3);
    expect(fields.length).toBeGreaterThan(60);
  });

  it('buckets time in the zone of the session', async () => {
    const sql = `SELECT date_trunc('day', recorded_at)::date::text AS day, COUNT(*) FROM marketing WHERE recorded_at < $1 GROUP BY 1 ORDER BY 1`;
    expect(await rows(sql, ['2026-01-10'])).toEqual([['2026-01-05', '2']]);
    await client.query(`SET timezone = 'America/New_York'`);
    expect(await rows(sql, ['2026-01-10'])).toEqual([
      ['2026-01-04', '1'],
      ['2026-01-05', '1'],
    ]);
    await client.query(`SET timezone = 'UTC'`);
  });

  it('joins, windows, sets and lists like Postgres, being Postgres', async () => {
    expect(
      await rows(`SELECT v.label, SUM(m.spend), rank() OVER (ORDER BY SUM(m.spend) DESC NULLS LAST)
        FROM (VALUES ('meta_ads', 'Meta'), ('google_ads', 'Google')) AS v(source, label)
        JOIN marketing AS m ON m.data_source = v.source GROUP BY 1 ORDER BY 3`),
    ).toEqual([
      ['Meta', '150.15', '1'],
      ['Google', '25.01', '2'],
    ]);
    expect(
      await rows(`SELECT data_source, SUM(clicks) FROM marketing GROUP BY ROLLUP (data_source) ORDER BY 1 NULLS LAST`),
    ).toEqual([
      ['google_ads', '1'],
      ['meta_ads', '15'],
      ['tiktok_ads', '7'],
      [null, '23'],
    ]);
    expect(await rows(`SELECT DISTINCT data_source FROM marketing UNION ALL SELECT 'all' ORDER BY 1`)).toHaveLength(4);
  });
});

describe('the protocol', () => {
  it('infers parameters, and answers in text and in binary', async () => {
    const named = {
      name: 'by-source',
      text: 'SELECT COUNT(*) AS n FROM marketing WHERE data_source = $1 AND recorded_at >= $2',
    };
    for (let run = 0; run < 12; run++)
      expect((await client.query({ ...named, values: ['meta_ads', new Date('2026-01-01')] })).rows).toEqual([
        { n: '2' },
      ]);
    const binary = await client.query({
      text: 'SELECT COUNT(*)::int4 AS n FROM marketing',
      values: [],
      binary: true,
    } as pg.QueryConfig);
    expect(binary.rows).toEqual([{ n: 5 }]);
  });

  it('hands out a cursor in pieces, and reads what a transaction has seen', async () => {
    await client.query('BEGIN READ ONLY');
    await client.query('DECLARE c CURSOR FOR SELECT campaign_name FROM marketing ORDER BY 1 NULLS LAST');
    expect((await client.query('FETCH 2 FROM c')).rows).toEqual([
      { campaign_name: 'sp%ring\\tab' },
      { campaign_name: 'spring' },
    ]);
    expect((await client.query('FETCH ALL FROM c')).rows).toHaveLength(3);
    await client.query('CLOSE c');
    await client.query('SAVEPOINT s');
    await refusal('SELECT nothing FROM marketing');
    expect((await refusal('SELECT 1')).code).toBe('25P02');
    await client.query('ROLLBACK TO s');
    expect(await rows('SELECT 1')).toEqual([[1]]);
    await client.query('COMMIT');
  });

  it('says what is wrong in the words of Postgres, and goes on', async () => {
    expect(await refusal('SELECT spendd FROM marketing')).toMatchObject({ code: '42703' });
    expect(await refusal('SELECT 1 FROM markting')).toMatchObject({
      code: '42P01',
      hint: expect.stringContaining('marketing') as string,
    });
    expect(await refusal('SELEC 1')).toMatchObject({ code: '42601' });
    expect(await rows('SELECT 1')).toEqual([[1]]);
  });

  it('stops a statement that its asker cancels', async () => {
    const other = await connect(server);
    const { processID, secretKey } = other as unknown as { processID: number; secretKey: number };
    const slow = other.query('SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b').then(
      () => null,
      (error: { code: string }) => error.code,
    );
    const { Connection } = await import('pg').then(({ default: each }) => each);
    const stop = async (secret: number): Promise<void> => {
      const connection = new Connection({}) as unknown as {
        connect(port: number, host: string): void;
        once(event: string, done: () => void): void;
        cancel(id: number, secret: number): void;
      };
      connection.connect(server.sqlPort, '127.0.0.1');
      await new Promise<void>((resolve) => connection.once('connect', resolve));
      connection.cancel(processID, secret);
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    await stop(secretKey ^ 1);
    await stop(secretKey);
    expect(await slow).toBe('57014');
    expect((await other.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await other.end();
  });

  it('lets in nobody without the secret, nor to another organisation', async () => {
    await expect(connect(server, { password: 'wrong-wrong-wrong' })).rejects.toMatchObject({ code: '28P01' });
    await expect(connect(server, { user: 'nobodynobody' })).rejects.toMatchObject({ code: '28P01' });
    await expect(connect(server, { database: 'postgres' })).rejects.toMatchObject({ code: '3D000' });
  });

  it('shuts out who guesses, for that key only', async () => {
    const guess = (): Promise<unknown> =>
      connect(server, { user: 'guessedguess', password: 'wrong-wrong-wrong' }).catch((error: unknown) => error);
    const first = await Promise.all(Array.from({ length: 10 }, guess));
    expect(first).toEqual(Array.from({ length: 10 }, () => expect.objectContaining({ code: '28P01' })));
    expect(await guess()).toMatchObject({ code: '53300', message: expect.stringContaining('Too many wrong keys') });
    const client = await connect(server);
    await client.end();
  });
});

describe('safety', () => {
  it.each([
    ['DELETE FROM marketing', '25006'],
    ['SELECT 1; DROP TABLE marketing', '25006'],
    ['WITH x AS (DELETE FROM marketing RETURNING 1) SELECT * FROM x', '25006'],
    ['SELECT * INTO t FROM marketing', '25006'],
    ['CREATE TEMP TABLE t (a int)', '25006'],
    [`SELECT set_config('role', 'postgres', false)`, '42501'],
    ['SET ROLE tributary', '42501'],
    ['SET session_authorization = tributary', '42501'],
    ['SELECT pg_sleep(10)', '42501'],
    [`SELECT pg_read_file('/etc/passwd')`, '42501'],
    [`SELECT lo_import('/etc/passwd')`, '42501'],
    [`SELECT pg_ls_dir('/')`, '42501'],
    [`SELECT query_to_xml('select 1', true, true, '')`, '42501'],
    [`COPY marketing FROM '/etc/passwd'`, '25006'],
    [`COPY (SELECT 1) TO PROGRAM 'id'`, '42501'],
    [`COPY (SELECT 1) TO '/tmp/x'`, '42501'],
    ['SELECT * FROM pg_stat_activity', '42501'],
    ['SELECT * FROM pg_authid', '42501'],
    ['SELECT * FROM pg_catalog.pg_shadow', '42501'],
    ['SELECT * FROM tributary.pg_roles', '42P01'],
    [`SELECT tributary.measure(1)`, '42501'],
    ['DO $$ BEGIN END $$', '0A000'],
    ['LOCK TABLE marketing', '0A000'],
    ['SELECT * FROM marketing FOR UPDATE', '42501'],
    ['VACUUM', '25006'],
  ])('%s', async (sql, code) => {
    expect((await refusal(sql)).code).toBe(code);
  });

  it('shows the asker’s own database, and no other', async () => {
    expect(await rows('SELECT datname FROM pg_database')).toEqual([[DATABASE]]);
    expect(await rows('SELECT rolname FROM pg_roles')).toEqual([['tributary']]);
    expect(await rows('SELECT DISTINCT table_catalog FROM information_schema.tables')).toEqual([[DATABASE]]);
    expect(await rows('SELECT current_database(), current_catalog, current_user')).toEqual([
      [DATABASE, DATABASE, USER_NAME],
    ]);
    expect(
      await rows(
        `SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
      ),
    ).toEqual([['public', 'marketing']]);
    expect(await rows('SELECT nspname FROM pg_namespace ORDER BY 1')).toEqual([
      ['information_schema'],
      ['pg_catalog'],
      ['public'],
    ]);
  });
});

const hasPsql = spawnSync('psql', ['--version']).status === 0;
if (!hasPsql) console.warn('SKIPPED: psql is not installed, so the SQL API is not tried with it.');
(hasPsql ? describe : describe.skip)('psql', () => {
  const psql = (...commands: string[]): { stdout: string; stderr: string } =>
    spawnSync(
      'psql',
      [
        '-X',
        '-h',
        '127.0.0.1',
        '-p',
        String(server.sqlPort),
        '-U',
        USER_NAME,
        DATABASE,
        ...commands.flatMap((each) => ['-c', each]),
      ],
      { encoding: 'utf8', env: { ...process.env, PGPASSWORD: PASSWORD, PGTZ: 'UTC' } },
    );

  it.each([
    ['\\l', 'main'],
    ['\\dt', 'marketing'],
    ['\\d', 'marketing'],
    ['\\d marketing', 'numeric'],
    ['\\d+ marketing', 'Measure: SUM.'],
    ['\\dt+', 'marketing'],
    ['\\dn', 'public'],
    ['\\du', 'tributary'],
    ['\\df', 'List of functions'],
    ['\\dv', 'Did not find'],
    ['\\conninfo', 'main'],
  ])('%s', (command, expected) => {
    const { stdout, stderr } = psql(command);
    expect(`${stdout}${stderr}`).toContain(expected);
    expect(stderr).not.toContain('ERROR');
  });

  it('copies a query out', () => {
    expect(
      psql(`COPY (SELECT data_source, SUM(clicks) FROM marketing GROUP BY 1 ORDER BY 1) TO STDOUT WITH CSV HEADER`)
        .stdout,
    ).toBe('data_source,sum\ngoogle_ads,1\nmeta_ads,15\ntiktok_ads,7\n');
  });

  it('explains what is read', () => {
    expect(psql('EXPLAIN SELECT data_source, MEASURE(roas) FROM marketing GROUP BY 1').stdout).toContain(
      '"metrics":["roas"]',
    );
  });
});
