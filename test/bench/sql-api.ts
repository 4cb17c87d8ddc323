/** The SQL API against its neighbours: the same query over REST, and a plain Postgres that holds the same rows. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import pg from 'pg';
import { APP_CONFIG, type AppConfig } from '../../src/config/config.js';
import { SqlApi } from '../../src/sql-api/sql-api.service.js';
import { ask, overRows } from './over-rows.js';
import { median, progress, report, timedWhole } from './report.js';
import { KEY } from './server.js';

const ROWS = Number(process.env.BENCH_ROWS ?? 1_000_000);
const ROUNDS = 7;
/** Of one figure: short statements are told apart from noise only by many. */
const REPEATS = 40;
const IDLE = 200;
/** Fewer than may be unproven at a time. */
const AT_ONCE = 40;

const [, USER = '', ...SECRET] = KEY.split('_');

/** Reads with node-postgres on a thread of its own, as another process would: a statement in, its number of rows out. */
const READER = `
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
const client = new pg.Client(workerData);
await client.connect();
parentPort.on('message', async (sql) => {
  if (sql === null) { await client.end(); process.exit(0); }
  const { rows } = await client.query({ text: sql, rowMode: 'array' });
  parentPort.postMessage(rows.length);
});
parentPort.postMessage(0);
`;

class Reader {
  private constructor(private readonly worker: Worker) {}

  static async open(config: pg.ClientConfig): Promise<Reader> {
    const url = new URL(
      `data:text/javascript,${encodeURIComponent(READER.replace("'pg'", JSON.stringify(import.meta.resolve('pg'))))}`,
    );
    const worker = new Worker(url, { workerData: config });
    await once(worker, 'message');
    return new Reader(worker);
  }

  async read(sql: string): Promise<number> {
    this.worker.postMessage(sql);
    const [rows] = (await once(this.worker, 'message')) as [number];
    return rows;
  }

  close(): void {
    this.worker.postMessage(null);
  }
}

const request = (not: string) =>
  ({
    metrics: ['spend', 'roas'],
    dimensions: ['data_source'],
    filters: [
      {
        and: [
          { member: 'campaign_name', operator: 'set' },
          { member: 'campaign_name', operator: 'notEquals', values: [not] },
        ],
      },
    ],
  }) as const;
const statement = (not: string): string =>
  `SELECT data_source, MEASURE(spend) AS spend, MEASURE(roas) AS roas FROM marketing WHERE campaign_name <> '${not}' GROUP BY 1`;
const ALL = 'SELECT data_source, campaign_name, device, spend, clicks FROM marketing';

export const benchSqlApi = (): Promise<void> =>
  overRows(ROWS, async ({ app, base }) => {
    const port = await app.get(SqlApi).listen();
    const { databaseUrl } = app.get<AppConfig>(APP_CONFIG);
    const target = { host: '127.0.0.1', port, user: USER, password: SECRET.join('_'), database: 'main' };
    await benchStatements(base, target);
    // Before rows by the hundred thousand, whose garbage would hide it.
    await benchIdle(target, databaseUrl ?? '');
    await benchRows(target, databaseUrl ?? '');
  });

/** @param target of the SQL API */
async function benchStatements(base: string, target: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(target);
  await client.connect();
  let salt = 0;
  const kinds = {
    cached: { repeats: REPEATS, of: () => 'nothing' },
    anew: { repeats: 3, of: () => `other ${salt++}` },
  };
  for (const [kind, { repeats, of }] of Object.entries(kinds)) {
    const times = { sql: [] as number[], rest: [] as number[] };
    const processor = { sql: [] as number[], rest: [] as number[] };
    for (let round = -1; round < ROUNDS; round++) {
      const rest = await timedWhole(async () => {
        for (let each = 0; each < repeats; each++) await ask(base, request(of()));
      });
      const sql = await timedWhole(async () => {
        for (let each = 0; each < repeats; each++) await client.query(statement(of()));
      });
      progress(`sql_api ${kind}: ${(sql.ms / repeats).toFixed(2)} ms, REST ${(rest.ms / repeats).toFixed(2)} ms`);
      if (round < 0) continue;
      times.sql.push(sql.ms / repeats);
      times.rest.push(rest.ms / repeats);
      processor.sql.push(sql.processorMs / repeats);
      processor.rest.push(rest.processorMs / repeats);
    }
    report({
      bench: `sql_api_${kind}`,
      ratio: median(times.sql) / median(times.rest),
      unit: 'x_rest',
      goal: 1.2,
      sql_ms: median(times.sql),
      rest_ms: median(times.rest),
      processor_ratio: median(processor.sql) / median(processor.rest),
      sql_processor_ms: median(processor.sql),
      rest_processor_ms: median(processor.rest),
    });
  }
  await client.end();
}

async function benchRows(target: pg.ClientConfig, databaseUrl: string): Promise<void> {
  const plain = new pg.Client({ connectionString: databaseUrl });
  await plain.connect();
  await plain.query('CREATE SCHEMA bench');
  await plain.query(
    `CREATE TABLE bench.marketing (data_source text, campaign_name text, device text, spend numeric, clicks bigint)`,
  );
  await plain.query(`INSERT INTO bench.marketing
    SELECT (ARRAY['meta_ads', 'google_ads', 'tiktok_ads', 'pinterest_ads', 'shopify_orders'])[n % 5 + 1], 'Campaign ' || n % 40,
      (ARRAY['mobile', 'desktop', 'tablet'])[n % 3 + 1], (n % 40000) / 100.0::numeric(12, 2), n % 500
    FROM generate_series(1, ${ROWS}) AS n`);
  const ours = await Reader.open(target);
  const theirs = await Reader.open({ connectionString: databaseUrl, options: '-c search_path=bench' });
  const times = { sql: [] as number[], postgres: [] as number[] };
  for (let round = -1; round < 3; round++) {
    const sql = await timedWhole(() => ours.read(ALL));
    const postgres = await timedWhole(() => theirs.read(ALL));
    if (sql.value !== ROWS || postgres.value !== ROWS) throw new Error(`${sql.value} and ${postgres.value} rows`);
    progress(`sql_api: ${ROWS} rows in ${sql.ms.toFixed(0)} ms, a plain Postgres ${postgres.ms.toFixed(0)} ms`);
    if (round < 0) continue;
    times.sql.push(sql.ms);
    times.postgres.push(postgres.ms);
  }
  ours.close();
  theirs.close();
  await plain.query('DROP SCHEMA bench CASCADE');
  await plain.end();
  report({
    bench: 'sql_api_rows',
    ratio: median(times.sql) / median(times.postgres),
    unit: 'x_postgres',
    goal: 1.5,
    rows: ROWS,
    rows_per_second: ROWS / (median(times.sql) / 1_000),
    postgres_rows_per_second: ROWS / (median(times.postgres) / 1_000),
  });
}

async function benchIdle(target: pg.ClientConfig, databaseUrl: string): Promise<void> {
  const watch = new pg.Client({ connectionString: databaseUrl });
  await watch.connect();
  const sessions = async (): Promise<number> =>
    Number(
      (await watch.query<{ n: string }>(`SELECT count(*) AS n FROM pg_stat_activity WHERE datname LIKE 'trb_sql_%'`))
        .rows[0]?.n,
    );
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const clients = Array.from({ length: IDLE }, () => new pg.Client(target));
  for (const client of clients) client.on('error', () => undefined);
  for (let from = 0; from < IDLE; from += AT_ONCE)
    await Promise.all(clients.slice(from, from + AT_ONCE).map((client) => client.connect()));
  for (const client of clients) await client.query(statement('nothing'));
  const held = await sessions();
  globalThis.gc?.();
  report({
    bench: 'sql_api_idle',
    ratio: null,
    unit: 'none',
    connections: IDLE,
    // The clients stand in this process, too.
    resident_mb: (process.memoryUsage().rss - before) / 2 ** 20,
    sessions_of_postgres: held,
  });
  await Promise.all(clients.map((client) => client.end()));
  await watch.end();
}
