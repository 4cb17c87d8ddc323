/** The SQL API as tools use it: node-postgres and, where it is installed, psql. */
import { spawnSync } from 'node:child_process';
import type pg from 'pg';
import { embeddedDatabaseUrl } from '../support/records.js';
import { definition, type GivenDefinition } from '../support/definition.js';
import { TestServer } from '../support/server.js';
import { connect, DATABASE, PASSWORD, USER_NAME } from './clients.js';
import { answered, corpusOf, TOOLS, writeCorpus, type CorpusStatement } from './corpus.js';
import { flatDatabase, isSorted, plainNumber, readsRows } from './flat-table.js';

let server: TestServer;
let client: pg.Client;

const ROWS = [
  ['a1', '2026-01-05T03:30:00Z', 'meta_ads', 'spring', '100.10', '300', 10],
  ['a2', '2026-01-05T18:00:00Z', 'meta_ads', 'summer', '50.05', '0', 5],
  ['a3', '2026-01-20T12:00:00Z', 'google_ads', 'spring', '25', '100', null],
  ['a4', '2026-02-01T02:00:00Z', 'google_ads', null, '0.01', '1', 1],
  ['a5', '2026-02-10T12:00:00Z', 'tiktok_ads', 'sp%ring\\tab', null, null, 7],
] as const;
const METRICS = [
  { metric_key: 'typical_spend', aggregation: 'median', expression: 'spend', additivity: 'non_additive' },
  { metric_key: 'spend_so_far', window: { kind: 'cumulative', metric: 'spend' } },
  { metric_key: 'spend_20_days', window: { kind: 'rolling', metric: 'spend', count: 20, unit: 'day' } },
  { metric_key: 'spend_share', window: { kind: 'share', metric: 'spend', within: [] } },
].map((given) => definition(given as GivenDefinition));
const customer = (number: number): string => `5f0c1f0e-0000-4000-8000-00000000000${number}`;
const CUSTOMERS: Readonly<Record<string, string>> = {
  a1: customer(1),
  a2: customer(2),
  a3: customer(1),
  a5: customer(2),
};

beforeAll(async () => {
  server = await TestServer.start();
  const { status } = await server.rows(
    ROWS.map(([external_id, recorded_at, data_source, campaign_name, spend, revenue, clicks]) => ({
      external_id,
      recorded_at,
      data_source,
      source_category: 'external_marketing',
      customer_id: CUSTOMERS[external_id] ?? null,
      currency: 'USD',
      data_payload: { campaign_name, spend, revenue, clicks },
    })),
  );
  expect(status).toBe(201);
  for (const metric of METRICS) expect((await server.json('/api/marketing/metrics', metric)).status).toBe(201);
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

  it('of any kind are calculated for each set of several groupings', async () => {
    const sets = `ROLLUP (date_trunc('year', recorded_at), date_trunc('month', recorded_at), data_source)`;
    const levels = (measure: string): Promise<unknown[][]> =>
      rows(`SELECT extract(year FROM date_trunc('year', m.recorded_at))::int AS y, date_trunc('month', recorded_at)::date::text, coalesce(data_source, 'all') AS s,
          GROUPING(date_trunc('month', recorded_at), m.data_source) AS level, ${measure}, COUNT(*), rank() OVER (ORDER BY SUM(spend) DESC NULLS LAST)
        FROM marketing AS m WHERE data_source ~ 'a' AND 1 = 1 GROUP BY ${sets} HAVING COUNT(*) > 0 ORDER BY 4, 2, 3 NULLS LAST`);
    expect(await levels('MEASURE(frequency)')).toEqual(await levels('NULL'));
    expect(
      await rows(`SELECT data_source, campaign_name, COUNT(*), MEASURE(frequency), GROUPING(campaign_name, data_source) FROM marketing
        GROUP BY GROUPING SETS ((data_source), (campaign_name, data_source), ()) HAVING SUM(spend) > 60 ORDER BY 5, 1`),
    ).toEqual([
      ['meta_ads', 'spring', '1', null, 0],
      ['meta_ads', null, '2', null, 2],
      [null, null, '5', null, 3],
    ]);
    expect(
      await rows(`SELECT data_source, COUNT(*), MEASURE(frequency) FROM marketing WHERE 1 = 0 GROUP BY CUBE (1)`),
    ).toEqual([[null, '0', null]]);
    for (const sql of [
      `SELECT upper(data_source), MEASURE(frequency) FROM marketing GROUP BY ROLLUP (1)`,
      `SELECT data_source, MEASURE(frequency), COUNT(DISTINCT data_source) FROM marketing GROUP BY ROLLUP (1)`,
      `SELECT data_source, MEASURE(frequency) FROM marketing WHERE data_source < campaign_name GROUP BY CUBE (1, campaign_name)`,
    ])
      expect(await refusal(sql)).toMatchObject({ code: '0A000' });
  });

  it('that look at other rows stand beside a count of rows', async () => {
    const counted = [
      ['google_ads', '2'],
      ['meta_ads', '2'],
      ['tiktok_ads', '1'],
    ];
    for (const measure of ['spend', 'frequency', 'ltv_cac_ratio', 'acquisition_cost', 'cost_per_acquired_customer'])
      expect(
        await rows(`SELECT d, n FROM (
          SELECT data_source AS d, COUNT(*) AS n, MEASURE(${measure}) FROM marketing GROUP BY 1) AS t WHERE n > 0 ORDER BY 1`),
      ).toEqual(counted);
  });

  it('are refused rather than wrong where parts do not add up', async () => {
    for (const sql of [
      `SELECT data_source || campaign_name, MEASURE(frequency) FROM marketing GROUP BY 1`,
      `SELECT data_source < 'm', MEASURE(frequency) FROM marketing WHERE data_source < campaign_name GROUP BY 1`,
      `SELECT upper(data_source), MEASURE(frequency) FILTER (WHERE data_source = 'meta_ads') FROM marketing GROUP BY 1`,
      `SELECT extract(hour FROM recorded_at), MEASURE(frequency) FROM marketing GROUP BY 1`,
      `SELECT extract(month FROM recorded_at), MEASURE(spend_share) FROM marketing GROUP BY 1`,
    ]) {
      const { code, hint } = await refusal(sql);
      expect(code).toBe('0A000');
      expect(hint).toContain('Group by columns as they are');
    }
  });

  it('of any kind are calculated for groups by an expression over one column, from the rows of the group', async () => {
    expect(
      await rows(
        `SELECT CASE WHEN data_source IN ('meta_ads', 'tiktok_ads') THEN 'social' END AS kind, extract(month FROM recorded_at)::int AS month,
          MEASURE(typical_spend), MEASURE(roas), COUNT(*)
        FROM marketing WHERE recorded_at < $1 GROUP BY 1, 2 ORDER BY 1, 2`,
        ['2026-03-01'],
      ),
    ).toEqual([
      ['social', 1, '75.075', '1.998001998', '2'],
      ['social', 2, null, null, '1'],
      [null, 1, '25', '4', '1'],
      [null, 2, '0.01', '100', '1'],
    ]);
    // Null is a value like any other, and a group of several has one share of the whole.
    expect(
      await rows(
        `SELECT coalesce(campaign_name, 'spring'), MEASURE(spend_share), MEASURE(typical_spend) FROM marketing GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual([
      ['sp%ring\\tab', null, null],
      ['spring', '0.714261247', '25'],
      ['summer', '0.285738753', '50.05'],
    ]);
    expect(
      await rows(
        `SELECT left(data_source, $1), MEASURE(typical_spend) FROM marketing WHERE upper(campaign_name) ~ 'S' GROUP BY left(data_source, $1) ORDER BY 1`,
        [0],
      ),
    ).toEqual([['', '50.05']]);
    expect(
      await rows(`SELECT upper(data_source), MEASURE(typical_spend) FROM marketing WHERE 1 = 0 GROUP BY 1`),
    ).toEqual([]);
  });

  it('may be left out: buckets of the time alone', async () => {
    const months = [['2026-01-01'], ['2026-02-01']];
    for (const select of [
      `SELECT DISTINCT date_trunc('month', recorded_at)::date::text FROM marketing ORDER BY 1`,
      `SELECT DATE(date_trunc('month', recorded_at))::text FROM marketing GROUP BY 1 ORDER BY 1`,
      `SELECT DISTINCT date_trunc('month', recorded_at)::date::text FROM campaign_performance WHERE DATE(recorded_at) > '2025-01-01' ORDER BY 1`,
    ])
      expect(await rows(select)).toEqual(months);
  });

  it('that are shares are of the rows that meet all conditions, whoever judges them', async () => {
    for (const condition of [`campaign_name LIKE 's%'`, `upper(campaign_name) ~ '^S[PU]' AND campaign_name !~ '%'`])
      expect(
        await rows(
          `SELECT campaign_name, MEASURE(spend_share) FROM marketing WHERE ${condition} AND data_source = 'meta_ads' GROUP BY 1 ORDER BY 1`,
        ),
      ).toEqual([
        ['spring', '0.666666667'],
        ['summer', '0.333333333'],
      ]);
    for (const condition of ['campaign_name > data_source', 'extract(day FROM recorded_at) < 8'])
      expect(
        await refusal(
          `SELECT campaign_name, data_source, recorded_at::date, MEASURE(spend_share) FROM marketing WHERE ${condition} GROUP BY 1, 2, 3`,
        ),
      ).toMatchObject({ code: '0A000' });
  });

  it('over windows stand by a bucket in any type', async () => {
    for (const key of [`CAST(date_trunc('month', recorded_at) AS date)`, `date(date_trunc('month', recorded_at))`])
      expect(await rows(`SELECT ${key}::text, MEASURE(spend_share) FROM marketing GROUP BY ${key} ORDER BY 1`)).toEqual(
        [
          ['2026-01-01', '0.999942909'],
          ['2026-02-01', '0.000057091'],
        ],
      );
  });

  it('over windows look back from the bounds of the time, as from a range at the other doors', async () => {
    const [from, to] = ['2026-01-20', '2026-02-02'];
    const within = `recorded_at >= '${from}' AND recorded_at < '${to}'`;
    // Of January 5 there are 150.15, of the 20th 25, of February 1 0.01.
    expect(
      await rows(
        `SELECT date_trunc('month', recorded_at)::date::text, MEASURE(spend), MEASURE(spend_so_far), MEASURE(spend_20_days) FROM marketing WHERE ${within} GROUP BY date_trunc('month', recorded_at) ORDER BY 1`,
      ),
    ).toEqual([
      ['2026-01-01', '25.00', '175.15', '25.00'],
      ['2026-02-01', '0.01', '175.16', '25.01'],
    ]);
    const asked = await server.json<{ rows: Record<string, unknown>[] }>('/api/query', {
      ...{ metrics: ['spend', 'spend_so_far', 'spend_20_days'], dimensions: ['data_source'] },
      date_range: { from, to: '2026-02-01' },
      order: [{ member: 'data_source', direction: 'asc' }],
    });
    for (const condition of [within, `recorded_at BETWEEN '${from}' AND '2026-02-01 23:59:59.9999'`])
      expect(
        await rows(
          `SELECT data_source, MEASURE(spend), MEASURE(spend_so_far), MEASURE(spend_20_days) FROM marketing WHERE ${condition} GROUP BY 1 ORDER BY 1`,
        ),
      ).toEqual(
        asked.body.rows.map((row) => [row['data_source'], row['spend'], row['spend_so_far'], row['spend_20_days']]),
      );
    const open = `SELECT recorded_at::date, MEASURE(spend_so_far) FROM marketing WHERE recorded_at >= '${from}' GROUP BY 1`;
    expect(await refusal(open)).toMatchObject({ code: '22023', hint: expect.stringContaining('on both sides') });
    expect(
      await rows(`SELECT MEASURE(spend_20_days) FROM marketing WHERE ${within} AND recorded_at < '${from}'`),
    ).toEqual([[null]]);
  });

  it('of distinct customers are counted anew for groups of any kind', async () => {
    const levels = await rows(
      `SELECT left(data_source, 1) AS letter, MEASURE(customers), COUNT(DISTINCT customers) FROM marketing GROUP BY ROLLUP (1) ORDER BY 1 NULLS LAST`,
    );
    expect(levels).toEqual([
      ['g', '1', '1'],
      ['m', '2', '2'],
      ['t', '1', '1'],
      [null, '2', '2'],
    ]);
    expect(
      await rows(`SELECT MEASURE(customers), MEASURE(roas) FROM marketing WHERE spend > 20 AND spend < 60`),
    ).toEqual([['2', '1.332445037']]);
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
    const perSource = 'SELECT data_source, MAX(clicks) FROM marketing GROUP BY 1 ORDER BY 1';
    const most = [
      ['google_ads', '1'],
      ['meta_ads', '10'],
      ['tiktok_ads', '7'],
    ];
    expect(await rows(perSource)).toEqual(most);
    expect(await rows(perSource.replace('SELECT', 'SELECT DISTINCT'))).toEqual(most);
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
    // As Sequelize sets it, and as psycopg2 may.
    for (const [offset, days] of [
      [`INTERVAL '+00:00' HOUR TO MINUTE`, [['2026-01-05', '2']]],
      [
        `INTERVAL '-05:00' HOUR TO MINUTE`,
        [
          ['2026-01-04', '1'],
          ['2026-01-05', '1'],
        ],
      ],
      [`INTERVAL '+05:30' HOUR TO MINUTE`, [['2026-01-05', '2']]],
      [
        '6.5',
        [
          ['2026-01-05', '1'],
          ['2026-01-06', '1'],
        ],
      ],
      // A name of one's own, and what leads to UTC.
      [
        `'XYZ+03:45'`,
        [
          ['2026-01-04', '1'],
          ['2026-01-05', '1'],
        ],
      ],
      [
        '+10',
        [
          ['2026-01-05', '1'],
          ['2026-01-06', '1'],
        ],
      ],
    ] as const) {
      await client.query(`SET TIME ZONE ${offset}`);
      expect(await rows(sql, ['2026-01-10'])).toEqual(days);
    }
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

describe('relations for people', () => {
  it('has the same numbers by area as in the wide relation', async () => {
    for (const relation of ['marketing', 'campaign_performance', 'assets'])
      expect(
        await rows(`SELECT data_source, SUM(spend), MEASURE(clicks) FROM ${relation} GROUP BY 1 ORDER BY 1`),
      ).toEqual(await rows(`SELECT data_source, SUM(spend), SUM(clicks) FROM marketing GROUP BY 1 ORDER BY 1`));
    const columns = await rows(
      `SELECT table_name, column_name FROM information_schema.columns WHERE column_name IN ('asset_roi', 'roas', 'attributed_roas', 'ltv_cac_ratio') AND table_schema = 'public' AND table_name <> 'marketing' ORDER BY 2, 1`,
    );
    expect(columns).toEqual([
      ['assets', 'asset_roi'],
      ['attribution', 'attributed_roas'],
      ['journeys', 'ltv_cac_ratio'],
      ['assets', 'roas'],
      ['campaign_performance', 'roas'],
    ]);
  });

  it('shows saved reports as they are, to whom they are shown, under safe and different names', async () => {
    const save = async (name: string, more: object): Promise<string> => {
      const { status, body } = await server.json<{ id: string }>('/api/reports/views', {
        report_name: name,
        report_category: 'campaign_performance',
        metrics: ['spend', 'roas'],
        dimensions: ['data_source'],
        ...more,
      });
      expect({ status, body }).toMatchObject({ status: 201 });
      return body.id;
    };
    const first = await save('Spend & ROAS, je Quelle ü!', { visibility: 'organization' });
    const second = await save('spend — roas: je Quelle Ü', {
      visibility: 'private',
      limit: 1,
      order: [{ member: 'spend', direction: 'desc' }],
    });
    await save('2026', { visibility: 'organization', time_grain: 'monthly', time_zone: 'UTC' });
    const name = 'spend_roas_je_quelle_ü';
    const other = `${name}_${second.replaceAll('-', '').slice(-8)}`;
    expect(
      await rows(
        `SELECT relname, obj_description(oid) FROM pg_class WHERE relnamespace = 'reports'::regnamespace ORDER BY 1`,
      ),
    ).toEqual([
      ['_2026', '2026. A saved report, as it is shown.'],
      [name, 'Spend & ROAS, je Quelle ü!. A saved report, as it is shown.'],
      [other, 'spend — roas: je Quelle Ü. A saved report, as it is shown.'],
    ]);
    expect(await rows(`SELECT * FROM reports.${name} ORDER BY spend DESC NULLS LAST`)).toEqual([
      ['meta_ads', '150.15', '1.998001998'],
      ['google_ads', '25.01', '4.038384646'],
      ['tiktok_ads', null, null],
    ]);
    expect(await rows(`SELECT * FROM reports.${other}`)).toEqual([['meta_ads', '150.15', '1.998001998']]);
    expect(
      await rows(`SELECT recorded_at::text, data_source, spend FROM reports._2026 WHERE data_source = 'meta_ads'`),
    ).toEqual([['2026-01-01', 'meta_ads', '150.15']]);
    // What adds up may be added up; a ratio may not, however it is written.
    expect(await rows(`SELECT SUM(spend), MAX(roas), COUNT(*) FROM reports.${name}`)).toEqual([
      ['175.16', '4.038384646', '3'],
    ]);
    expect(await rows(`SELECT data_source, roas FROM reports.${name} WHERE roas > 2 GROUP BY 1`)).toEqual([
      ['google_ads', '4.038384646'],
    ]);
    expect(await rows(`SELECT data_source, MEASURE(roas) FROM reports.${name} GROUP BY 1 ORDER BY 1 LIMIT 1`)).toEqual([
      ['google_ads', '4.038384646'],
    ]);
    for (const ratio of ['SUM(roas)', 'AVG(roas)', 'SUM(roas * 2)', 'MEASURE(roas)'])
      expect(await refusal(`SELECT ${ratio} FROM reports.${name}`)).toMatchObject({
        code: '0A000',
        hint: expect.stringContaining('marketing') as string,
      });
    // An analyst does not see what an administrator keeps private.
    const { body } = await server.json<{ key: string }>('/api/keys', { name: 'Analyst', role: 'analyst' });
    const [, user = '', ...secret] = body.key.split('_');
    const analyst = await connect(server, { user, password: secret.join('_') });
    const seen = await analyst.query<{ tablename: string }>(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'reports' ORDER BY 1`,
    );
    expect(seen.rows.map((row) => row.tablename)).toEqual(['_2026', name]);
    await expect(analyst.query(`SELECT * FROM reports.${other}`)).rejects.toMatchObject({ code: '42P01' });
    // A change of the report is seen by statements that were prepared before.
    const prepared = {
      name: 'kept',
      text: `SELECT data_source FROM reports.${name} ORDER BY 1`,
      rowMode: 'array' as const,
    };
    expect((await analyst.query(prepared)).rows).toHaveLength(3);
    await server.json(
      `/api/reports/views/${first}`,
      { filters: { member: 'data_source', operator: 'equals', values: ['meta_ads'] } },
      'PATCH',
    );
    expect((await analyst.query(prepared)).rows).toEqual([['meta_ads']]);
    await analyst.end();
  });
});

describe('the protocol', () => {
  it('prepares and executes by statements, too', async () => {
    await client.query(
      `PREPARE by_source (text, numeric) AS SELECT data_source, SUM(spend) FROM marketing WHERE data_source = $1 AND spend > $2 GROUP BY 1`,
    );
    expect(await rows(`EXECUTE by_source ('meta' || '_ads', 60)`)).toEqual([['meta_ads', '100.10']]);
    expect(await rows(`EXECUTE by_source ('google_ads', 0.5)`)).toEqual([['google_ads', '25.00']]);
    expect(await refusal('EXECUTE by_source (1)')).toMatchObject({ code: '42601' });
    expect(await refusal('EXECUTE by_source ((SELECT 1), 2)')).toMatchObject({ code: '0A000' });
    expect(await refusal('PREPARE by_source AS SELECT 1')).toMatchObject({ code: '42P05' });
    expect(await refusal('PREPARE other AS DELETE FROM marketing')).toMatchObject({ code: '25006' });
    await client.query('DEALLOCATE by_source');
    expect(await refusal(`EXECUTE by_source ('a', 1)`)).toMatchObject({ code: '26000' });
  });

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

describe('the SQL that tools write', () => {
  it.each(TOOLS)(
    '%s',
    async (tool) => {
      const statements = corpusOf(tool);
      const answers: CorpusStatement[] = [];
      const own = await connect(server, { application_name: tool });
      for (const statement of statements) {
        await own.query(`SET timezone = 'UTC'`);
        answers.push(await answered(own, statement));
      }
      await own.end();
      if (process.env.UPDATE_CORPUS === '1') writeCorpus(tool, answers);
      else expect(answers).toEqual(statements);
    },
    60_000,
  );

  it('has the answers that a plain Postgres gives over a flat table of the same rows', async () => {
    const flat = await flatDatabase(
      embeddedDatabaseUrl(server.dataDir),
      DATABASE,
      ROWS.map(([id, recorded_at, data_source, campaign_name, spend, revenue, clicks]) => ({
        ...{ recorded_at, data_source, campaign_name, spend, revenue, clicks },
        customer_id: CUSTOMERS[id] ?? null,
      })),
    );
    let compared = 0;
    try {
      for (const tool of TOOLS)
        for (const { what, sql, ...expected } of corpusOf(tool)) {
          if (expected.error !== undefined || !(await readsRows(sql))) continue;
          const { rows: found = [], count, error } = await answered(flat, { sql, ...expected });
          const inOrder = (all: CorpusStatement['rows'] = []): unknown[] => {
            const shown = all.map((row) => row.map(plainNumber));
            return isSorted(sql) ? shown : shown.sort();
          };
          expect({ tool, what, sql, count, error, rows: inOrder(found) }).toEqual({
            ...{ tool, what, sql, count: expected.count, error: undefined, rows: inOrder(expected.rows) },
          });
          compared++;
        }
    } finally {
      await flat.end();
    }
    expect(compared).toBeGreaterThan(60);
  }, 60_000);
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
    expect(await rows('SELECT rolname FROM pg_roles ORDER BY 1')).toEqual([[USER_NAME], ['tributary']]);
    expect(await rows('SELECT DISTINCT table_catalog FROM information_schema.tables')).toEqual([[DATABASE]]);
    expect(await rows('SELECT current_database(), current_catalog, current_user')).toEqual([
      [DATABASE, DATABASE, USER_NAME],
    ]);
    expect(
      await rows(
        `SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'reports')`,
      ),
    ).toEqual(
      ['marketing', 'campaign_performance', 'attribution', 'journeys', 'assets'].map((name) => ['public', name]),
    );
    expect(await rows('SELECT nspname FROM pg_namespace ORDER BY 1')).toEqual([
      ['information_schema'],
      ['pg_catalog'],
      ['public'],
      ['reports'],
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
