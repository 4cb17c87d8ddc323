/** Rows by the thousand over the SQL API: each value as Postgres writes it, whoever writes it, and no row too few. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { prepareData, startPreparedPostgres } from '../support/prepared-data.js';
import { TestServer } from '../support/server.js';
import { connect } from './clients.js';
import { Dice } from './random-queries.js';

const ROWS = 2_500;
const TEXTS = [
  ...['', ' ', 'plain', 'O\'Brien "q" \\ back', 'tab\tline\nfeed\r', '\\N', '{"a": [1]}', '\u0001\u007f', '100%'],
  ...['zoë', 'e\u0301', '日本語', '😀 👨‍👩‍👧', 'שלום', 'x'.repeat(300), '2026-01-01', 'true', '0.10', 'NULL'],
];

const own = (metric_key: string, data_type: string, more: object = {}): object => ({
  ...{ metric_key, display_label: metric_key, category: 'external', data_type },
  ...more,
});
const dimension = (key: string, type: string): object => own(key, type, { metric_type: 'dimension' });
const metric = (key: string, type: string, aggregation: string, more: object = {}): object =>
  own(key, type, { metric_type: 'metric', aggregation, additivity: 'non_additive', ...more });
const DEFINITIONS = [
  dimension('label', 'string'),
  dimension('fresh', 'boolean'),
  dimension('landed', 'date'),
  dimension('place', 'integer'),
  dimension('bid', 'float'),
  dimension('price', 'currency'),
  metric('score', 'float', 'sum', { additivity: 'additive' }),
  metric('items', 'integer', 'sum', { additivity: 'additive' }),
  metric('least', 'currency', 'min', { expression: 'price' }),
  metric('middle', 'float', 'median', { expression: 'score' }),
  metric('latest', 'integer', 'last', { expression: 'place' }),
  metric('average', 'float', 'avg', { expression: 'score' }),
  metric('labels', 'integer', 'distinct', { expression: 'label' }),
  metric('per_item', 'float', '', { aggregation: null, category: 'calculated', formula: 'score / items' }),
];
/** Those of the model, and those that every organisation has. */
const COLUMNS =
  'data_source, recorded_at, campaign_name, customer_id, label, fresh, landed, place, bid, price, score, items, least, ' +
  'middle, latest, average, labels, per_item, spend, clicks, revenue, roas';

function randomRows(): object[] {
  const dice = new Dice(31);
  const digits = (most: number): string => Array.from({ length: 1 + dice.below(most) }, () => dice.below(10)).join('');
  const number = (): string | number | null =>
    dice.one([
      () => null,
      () => dice.below(1_000),
      () => -dice.below(1_000),
      () => `${dice.below(100)}.${digits(9)}`,
      () => `-0.${digits(9)}`,
      () => `${1 + dice.below(9)}${digits(18)}.${digits(9)}`,
      () => `${dice.below(100)}.${dice.below(10)}0`,
      () => 0,
    ])();
  const whole = (): number | null => (dice.chance(20) ? null : dice.below(2_000_000_000) * 4_000_000 - 1);
  return Array.from({ length: ROWS }, (_, index) => ({
    external_id: `r${index}`,
    recorded_at: new Date(
      Date.UTC(1990 + dice.below(60), 0, 1) + dice.below(400 * 86_400) * 1_000 + dice.one([0, 5, 120, 999]),
    ).toISOString(),
    data_source: dice.one(['meta_ads', 'google_ads']),
    source_category: 'external_marketing',
    customer_id: dice.chance(50) ? `5f0c1f0e-0000-4000-8000-${String(dice.below(1e9)).padStart(12, '0')}` : null,
    currency: 'USD',
    data_payload: {
      campaign_name: dice.chance(10) ? null : `${dice.one(TEXTS)}${dice.below(20)}`,
      label: dice.one([null, ...TEXTS]),
      fresh: dice.one([true, false, null, 'yes', 'no', 'perhaps']),
      landed: dice.one([null, '2026-02-28', '1999-12-31T10:00', 'never']),
      place: dice.one([whole(), `${dice.below(100)}.5`]),
      bid: number(),
      price: number(),
      score: number(),
      items: dice.one([whole(), 0, 3]),
      spend: number(),
      clicks: whole(),
      revenue: number(),
    },
  }));
}

/** Texts as they came. */
const AS_SENT = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig;
const inAnyOrder = (rows: readonly unknown[][]): string[] => rows.map((row) => JSON.stringify(row)).sort();

describe.each(['clickhouse', 'postgres'] as const)('on %s', (engine) => {
  let server: TestServer;
  let postgres: EmbeddedPostgres | null = null;
  let client: pg.Client;
  const folder = mkdtempSync(join(tmpdir(), 'tributary-rows-'));

  const open = async (more: pg.ClientConfig = {}): Promise<pg.Client> => {
    const opened = await connect(server, more);
    await opened.query(`SET timezone = 'UTC'`);
    return opened;
  };
  const read = async (by: pg.Client, sql: string): Promise<unknown[][]> =>
    (await by.query<unknown[]>({ text: sql, rowMode: 'array', types: AS_SENT })).rows;
  /** Where Postgres finishes it, as a cursor always is. */
  const byPostgres = async (by: pg.Client, sql: string): Promise<unknown[][]> => {
    await by.query('BEGIN');
    await by.query(`DECLARE c CURSOR FOR ${sql}`);
    const rows = await read(by, 'FETCH ALL FROM c');
    await by.query('COMMIT');
    return rows;
  };

  beforeAll(async () => {
    if (engine === 'postgres') postgres = await startPreparedPostgres(join(folder, 'postgres'));
    else await prepareData(join(folder, 'data'));
    server = await TestServer.start({
      dataDir: join(folder, 'data'),
      env: {
        RATE_LIMIT_KEY: 'off',
        ...(postgres ? { DATABASE_URL: postgres.url, ANALYTICS_URL: postgres.url } : {}),
      },
    });
    for (const definition of DEFINITIONS) {
      const { status, body } = await server.json('/api/marketing/metrics', definition);
      expect([body, status]).toEqual([body, 201]);
    }
    const { body } = await server.rows(randomRows());
    expect(body).toMatchObject({ loaded: ROWS, rejected: 0 });
    client = await open();
  }, 240_000);

  afterAll(async () => {
    await client?.end();
    await server?.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    `SELECT ${COLUMNS} FROM marketing`,
    `SELECT label, spend FROM marketing`,
    `SELECT label AS a, label AS b, coalesce(clicks, 0) AS c, clicks::numeric AS d FROM marketing`,
    `SELECT ${COLUMNS} FROM marketing WHERE data_source = 'meta_ads' AND label <> ''`,
    `SELECT ${COLUMNS} FROM marketing WHERE data_source = 'none'`,
    `SELECT label, spend, recorded_at FROM marketing LIMIT 1100`,
    `SELECT label, spend, recorded_at FROM marketing LIMIT 7`,
  ])('is the same to the letter as Postgres writes it: %s', async (sql) => {
    const expected = inAnyOrder(await byPostgres(client, sql));
    // Anew, and from what was kept.
    for (let time = 0; time < 2; time++) expect(inAnyOrder(await read(client, sql))).toEqual(expected);
  });

  it('has as many rows as Postgres, each once, and says how many', async () => {
    const { rowCount, rows } = await client.query({
      text: `SELECT customer_id, label FROM marketing`,
      rowMode: 'array',
    });
    expect([rowCount, rows.length]).toEqual([ROWS, ROWS]);
    expect((await client.query('SELECT label FROM marketing LIMIT 1500')).rowCount).toBe(1_500);
    expect((await client.query(`SELECT label FROM marketing LIMIT ${ROWS + 1}`)).rowCount).toBe(ROWS);
  });

  it('hands out what the asker may see, and no more', async () => {
    const { body: role } = await server.json('/api/roles', {
      ...{ name: 'Part', base_role: 'analyst', masked: ['spend', 'label'], hidden: ['clicks'] },
      rows: [{ member: 'data_source', operator: 'equals', values: ['google_ads'] }],
    });
    const { body: user } = await server.json('/api/users', { email: 'part@example.com', custom_role_id: role.id });
    const { body: made } = await server.json<{ key: string }>('/api/keys', { name: 'part', user_id: user.id });
    const [, name = '', ...secret] = made.key.split('_');
    const partly = await open({ user: name, password: secret.join('_') });
    const sql = 'SELECT data_source, label, spend, score, campaign_name FROM marketing';
    const rows = await read(partly, sql);
    expect(inAnyOrder(rows)).toEqual(inAnyOrder(await byPostgres(partly, sql)));
    const all = await read(client, `${sql} WHERE data_source = 'google_ads'`);
    const masked = all.map(([source, , , score, campaign]) => [source, null, null, score, campaign]);
    expect(inAnyOrder(rows)).toEqual(inAnyOrder(masked));
    await expect(partly.query('SELECT clicks FROM marketing')).rejects.toMatchObject({ code: '42703' });
    await partly.end();
  });
});
