/** Connections of the SQL API: over TLS, by both versions of the protocol, many at once, and within their limits. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import pg from 'pg';
import { BodyReader, int32 } from '../../src/pgwire/body.js';
import * as said from '../../src/pgwire/client-messages.js';
import type { Frame } from '../../src/pgwire/frames.js';
import { readFault } from '../../src/pgwire/server-messages.js';
import { cancelPacket } from '../../src/pgwire/startup.js';
import { selfSigned } from '../support/certificate.js';
import { embeddedDatabaseUrl } from '../support/records.js';
import { TestServer } from '../support/server.js';
import { connect, DATABASE, PASSWORD, USER_NAME } from './clients.js';
import { RawClient } from './raw-client.js';

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'tributary-sessions-'));
const { key, certificate } = selfSigned('localhost');
const files = { key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem') };
writeFileSync(files.key, key);
writeFileSync(files.certificate, certificate);

beforeAll(async () => {
  server = await TestServer.start({
    env: { SQL_API_TLS_CERT: files.certificate, SQL_API_TLS_KEY: files.key, RATE_LIMIT_KEY: 'off' },
  });
  const sources = ['meta_ads', 'Meta', 'zoë', 'über', '😀', 'a\tb', 'tiktok_ads'];
  const { status } = await server.rows(
    Array.from({ length: 70 }, (_, index) => ({
      external_id: `r${index}`,
      recorded_at: new Date(Date.UTC(2026, 0, 1, 0, 0, 0, index % 3 ? 0 : index * 10)).toISOString(),
      data_source: 'meta_ads',
      source_category: 'external_marketing',
      currency: 'USD',
      data_payload: {
        campaign_name: index % 9 ? sources[index % 7] : null,
        spend: index % 5 ? `${(index * 7) % 13}.${index % 4}0` : null,
        clicks: index % 4 ? index : null,
      },
    })),
  );
  expect(status).toBe(201);
}, 180_000);

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const hasPsql = spawnSync('psql', ['--version']).status === 0;
const psql = (mode: string, host: string): string => {
  const { stdout, stderr } = spawnSync(
    'psql',
    ['-X', '-A', '-t', '-c', '\\conninfo', '-c', 'SELECT MEASURE(clicks) FROM marketing'],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        PGHOST: host,
        PGPORT: String(server.sqlPort),
        PGUSER: USER_NAME,
        PGPASSWORD: PASSWORD,
        PGDATABASE: DATABASE,
        PGSSLMODE: mode,
        PGSSLROOTCERT: files.certificate,
      },
    },
  );
  return stdout + stderr;
};

/** Tries again while it fails, for some seconds. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 100; ; left--)
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

describe('TLS', () => {
  const tls = { ca: certificate, servername: 'localhost' };

  it('is spoken with node-postgres, who checks the certificate', async () => {
    const client = await connect(server, { ssl: tls });
    expect((await client.query('SELECT COUNT(*) AS n FROM marketing')).rows).toEqual([{ n: '70' }]);
    await client.end();
    await expect(connect(server, { ssl: { ...tls, ca: selfSigned('localhost').certificate } })).rejects.toThrow(
      /certificate/,
    );
  });

  (hasPsql ? it : it.skip)('is spoken with psql', () => {
    expect(psql('require', '127.0.0.1')).toMatch(/TLSv1\.[23][^]*1803/);
    expect(psql('verify-full', 'localhost')).toContain('1803');
    expect(psql('verify-full', '127.0.0.1')).toContain('does not match host name');
  });

  it('cancels over TLS, too', async () => {
    const client = await connect(server, { ssl: tls });
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const slow = client.query('SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b').then(
      () => null,
      (error: { code: string }) => error.code,
    );
    const plain = connectSocket(server.sqlPort, '127.0.0.1');
    plain.write(Buffer.concat([int32(8), int32(80877103)]));
    const [answer] = (await new Promise((resolve) => plain.once('data', (...all) => resolve(all)))) as [Buffer];
    expect(answer.toString()).toBe('S');
    const secure = connectTls({ socket: plain, ...tls });
    await new Promise((resolve) => secure.once('secureConnect', resolve));
    await new Promise((resolve) => setTimeout(resolve, 300));
    secure.end(cancelPacket(processID, int32(secretKey)));
    expect(await slow).toBe('57014');
    await client.end();
  });

  it('ends a connection that says anything in the clear behind its request for TLS', async () => {
    const client = await RawClient.open(server);
    client.socket.write(Buffer.concat([int32(8), int32(80877103), Buffer.from('SELECT 1')]));
    const [frame] = await client.until('E');
    expect(readFault((frame as Frame).body).M).toContain('unencrypted data');
  });
});

describe('the start', () => {
  it('speaks 3.2 with a long key to cancel by, and 3.0 with a short one', async () => {
    const [old, recent] = [await RawClient.open(server), await RawClient.open(server)];
    expect(await old.start(0)).toEqual([]);
    expect(await recent.start(2)).toEqual([]);
    expect([old.secret.length, recent.secret.length]).toEqual([4, 32]);
    recent.socket.write(
      said.query('SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b'),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const other = await RawClient.open(server);
    other.socket.end(cancelPacket(recent.process, recent.secret));
    const stopped = (await recent.until('Z')).find(({ type }) => type === 'E');
    expect(readFault((stopped as Frame).body).C).toBe('57014');
    expect(await recent.ask('SELECT MEASURE(clicks) FROM marketing')).toEqual([['1803']]);
    for (const each of [old, recent]) each.socket.destroy();
  });

  it('says which version it speaks instead of a newer one, and which options it does not know', async () => {
    const client = await RawClient.open(server);
    const [negotiated] = await client.start(9, { '_pq_.made_up': 'on' });
    const reader = new BodyReader((negotiated as Frame).body);
    expect((negotiated as Frame).type).toBe('v');
    expect([reader.int32() & 0xffff, reader.int32(), reader.text()]).toEqual([2, 1, '_pq_.made_up']);
    expect(await client.ask('SELECT 1')).toEqual([['1']]);
    client.socket.destroy();
  });

  it.each([
    ['a start-up of a gigabyte', int32(0x40000000)],
    ['a start-up of less than nothing', int32(-5)],
    ['protocol 2', Buffer.concat([int32(8), int32(2 << 16)])],
  ])('refuses %s', async (_, bytes) => {
    const client = await RawClient.open(server);
    client.socket.write(bytes);
    const [frame] = await client.until('E');
    expect(readFault((frame as Frame).body).C).toMatch(/08P01|0A000/);
    expect(await client.next()).toBeNull();
  });

  it('ends a session that announces a message of a gigabyte, and nobody else’s', async () => {
    const [one, other] = [await RawClient.open(server), await RawClient.open(server)];
    await one.start(0);
    await other.start(0);
    one.socket.write(Buffer.concat([Buffer.from('Q'), int32(0x40000000)]));
    const frames = await one.until('E');
    expect(readFault((frames.at(-1) as Frame).body)).toMatchObject({ C: '08P01', S: 'FATAL' });
    expect(await one.next()).toBeNull();
    expect(await other.ask('SELECT 1')).toEqual([['1']]);
    other.socket.destroy();
  });
});

describe('many at once', () => {
  it('lets 200 clients in at once, who hold few sessions of Postgres among them', async () => {
    const clients = Array.from(
      { length: 200 },
      () =>
        new pg.Client({
          host: '127.0.0.1',
          port: server.sqlPort,
          user: USER_NAME,
          password: PASSWORD,
          database: DATABASE,
        }),
    );
    // Fewer may be unproven at a time: the others wait their turn.
    await Promise.all(clients.map((client) => client.connect()));
    const answers = await Promise.all(
      // What Postgres has to do takes a session of it, one after another.
      clients.map((client) => client.query(`SELECT upper(data_source) AS u FROM marketing GROUP BY 1`)),
    );
    expect(answers.map(({ rows }) => rows as unknown)).toEqual(clients.map(() => [{ u: 'META_ADS' }]));
    await Promise.all(clients.map((client) => client.end()));
  }, 60_000);

  it('says so when there are more connections than it takes', async () => {
    const crowd: RawClient[] = [];
    while (crowd.length < 400) crowd.push(await RawClient.open(server));
    try {
      await expect(connect(server)).rejects.toMatchObject({ code: '53300' });
      if (hasPsql) expect(psql('prefer', '127.0.0.1')).toContain('too many clients');
    } finally {
      for (const each of crowd) each.socket.destroy();
    }
    const free = await eventually(() => connect(server));
    await free.end();
  }, 60_000);

  it('says so when more transactions are open than there are sessions', async () => {
    const late = await connect(server);
    const total = async (): Promise<unknown> => (await late.query('SELECT MEASURE(clicks) AS n FROM marketing')).rows;
    await total();
    const clients = await Promise.all(Array.from({ length: 25 }, () => connect(server)));
    try {
      for (const client of clients) {
        await client.query('BEGIN');
        await client.query('SELECT 1');
      }
      // What takes no session of Postgres is answered all the same.
      expect(await total()).toEqual([{ n: '1803' }]);
      await expect(late.query('SELECT 1')).rejects.toMatchObject({ code: '53300' });
      await clients[0]?.query('ROLLBACK');
      expect((await late.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await Promise.all([...clients, late].map((client) => client.end()));
    }
  }, 90_000);
});

describe('time-outs', () => {
  it('stops a statement after the time that the session has set', async () => {
    const client = await connect(server, { statement_timeout: 200 });
    const slow = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b';
    await expect(client.query(slow)).rejects.toMatchObject({ code: '57014' });
    await client.query(`SET statement_timeout = '100ms'`);
    await expect(client.query(slow)).rejects.toMatchObject({ code: '57014' });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  it.each([
    ['is idle for longer than it has set', `SET idle_session_timeout = '200ms'`, '57P05'],
    ['is idle in a transaction that has read nothing', `SET idle_in_transaction_session_timeout = 200; BEGIN`, '25P03'],
    [
      'is idle in a transaction that has',
      `SET idle_in_transaction_session_timeout = 200; BEGIN; SELECT upper(data_source) FROM marketing`,
      '25P03',
    ],
  ])('lets a client go that %s', async (_, sql, code) => {
    const client = await connect(server);
    const told = new Promise<unknown>((resolve) => client.on('error', resolve));
    await client.query(sql);
    expect(await told).toMatchObject({ severity: 'FATAL', code });
  });
});

describe('settings', () => {
  const zone = async (client: pg.Client): Promise<unknown> =>
    (await client.query<{ TimeZone: string }>('SHOW timezone')).rows[0]?.TimeZone;

  /** The sessions of Postgres behind all clients end, as when it is started anew. */
  const loseSessions = async (): Promise<void> => {
    const admin = new pg.Client({ connectionString: embeddedDatabaseUrl(server.dataDir) });
    await admin.connect();
    const ours = `FROM pg_stat_activity WHERE usename LIKE 'tributary_sql_reader%'`;
    await admin.query(`SELECT pg_terminate_backend(pid) ${ours}`);
    await eventually(async () => expect((await admin.query(`SELECT ${ours}`)).rowCount).toBe(0));
    await admin.end();
  };

  it('are those that a transaction has kept, in every session of Postgres that follows', async () => {
    const client = await connect(server);
    await client.query(`SET timezone = 'Europe/Berlin'`);
    await client.query(`BEGIN; SET timezone = 'Asia/Tokyo'; SET application_name = 'gone'; ROLLBACK`);
    expect(await zone(client)).toBe('Europe/Berlin');
    await loseSessions();
    expect(await zone(client)).toBe('Europe/Berlin');
    await client.query('BEGIN; SAVEPOINT s');
    await client.query(`SET timezone = 'Asia/Tokyo'; ROLLBACK TO s; SET statement_timeout = '7s'`);
    await client.query('COMMIT');
    await loseSessions();
    expect(await zone(client)).toBe('Europe/Berlin');
    expect((await client.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '7s' }]);
    await expect(client.query(`SET timezone = 'UTC'; SELECT 1/0`)).rejects.toMatchObject({ code: '22012' });
    await loseSessions();
    expect(await zone(client)).toBe('Europe/Berlin');
    await client.end();
  });

  it('go back to those of the start', async () => {
    const client = await RawClient.open(server);
    await client.start(0, { TimeZone: 'Asia/Kathmandu', application_name: 'mine' });
    for (const reset of ['RESET timezone', 'SET timezone TO DEFAULT', 'RESET ALL']) {
      await client.ask(`SET timezone = 'UTC'`);
      await client.ask(reset);
      expect(await client.ask('SHOW timezone')).toEqual([['Asia/Kathmandu']]);
      await loseSessions();
      expect(await client.ask('SHOW timezone')).toEqual([['Asia/Kathmandu']]);
    }
    await client.ask(`SET application_name = 'other'`);
    await client.ask('DISCARD ALL');
    expect(await client.ask('SHOW application_name')).toEqual([['mine']]);
    client.socket.destroy();
  });

  it('are not guessed at when a transaction loses its session: it has failed', async () => {
    const client = await connect(server);
    await client.query(`BEGIN; SET LOCAL timezone = 'Asia/Kathmandu'`);
    await loseSessions();
    await expect(client.query('SELECT MIN(recorded_at)::text FROM marketing')).rejects.toMatchObject({ code: '25P02' });
    expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });
});

describe('two installations on one Postgres server', () => {
  it('do not take each other’s role', async () => {
    const url = new URL(embeddedDatabaseUrl(server.dataDir));
    const admin = new pg.Client({ connectionString: url.href });
    await admin.connect();
    await admin.query(`CREATE DATABASE second TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
    url.pathname = '/second';
    const second = await TestServer.start({ env: { DATABASE_URL: url.href } });
    try {
      for (const each of [server, second, server]) {
        // Sessions that are open already stay so.
        await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'tributary_sql_reader%'`,
        );
        const client = await connect(each);
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
        await client.end();
      }
    } finally {
      await second.stop();
      await admin.end();
    }
  }, 120_000);
});

describe('the end of a transaction', () => {
  it('is told as done or as failed, and never as both, where its session ends at that moment', async () => {
    const admin = new pg.Client({ connectionString: embeddedDatabaseUrl(server.dataDir) });
    await admin.connect();
    const told = new Set<string>();
    for (let round = 0; round < 24; round++) {
      const client = await RawClient.open(server);
      await client.start(0);
      await client.ask('BEGIN');
      await client.ask('SELECT 1');
      const ends = admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'tributary_sql_reader%'`,
      );
      await new Promise((resolve) => setTimeout(resolve, round % 6));
      client.socket.write(said.query('COMMIT'));
      const frames = await client.until('Z');
      const ended = frames.filter(({ type }) => type === 'C' || type === 'E');
      expect(ended).toHaveLength(1);
      expect((frames.at(-1) as Frame).body.toString()).toBe('I');
      told.add(ended.map(({ type, body }) => (type === 'E' ? 'error' : body.toString())).join());
      await ends;
      expect(await client.ask('SELECT 1')).toEqual([['1']]);
      client.socket.destroy();
    }
    expect([...told].every((each) => ['error', 'COMMIT\0', 'ROLLBACK\0'].includes(each))).toBe(true);
    await admin.end();
  }, 60_000);
});

/** The bytes of a row's values. */
function bytesOf(body: Buffer): (Buffer | null)[] {
  const reader = new BodyReader(body);
  return reader.list(() => {
    const length = reader.int32();
    return length === -1 ? null : Buffer.from(reader.bytes(length));
  });
}

describe('a portal through Postgres', () => {
  it('gives its rows in pieces, in binary as in text', async () => {
    const client = await RawClient.open(server);
    await client.start(0);
    const sql =
      'SELECT clicks + 1, upper(data_source), recorded_at, spend * 1.5 FROM marketing ORDER BY recorded_at, clicks, data_source, spend';
    const read = async (format: number, pieces: readonly number[]): Promise<(Buffer | null)[][]> => {
      const bound = { portal: 'p', statement: 's', formats: [], values: [], resultFormats: [format] };
      client.socket.write(Buffer.concat([said.query('BEGIN')]));
      await client.until('Z');
      client.socket.write(Buffer.concat([said.parse('s', sql, []), said.bind(bound)]));
      for (const most of pieces) client.socket.write(said.execute('p', most));
      client.socket.write(Buffer.concat([said.close('S', 's'), said.sync()]));
      const frames = await client.until('Z');
      const ends = frames.filter(({ type }) => type === 's' || type === 'C').map(({ type }) => type);
      expect(ends).toEqual(pieces.map((most) => (most === 0 ? 'C' : 's')));
      await client.ask('COMMIT');
      return frames.flatMap(({ type, body }) => (type === 'D' ? [bytesOf(body)] : []));
    };
    const text = await read(0, [0]);
    const binary = await read(1, [0]);
    expect(text.length).toBe(70);
    expect(await read(1, [1, 30, 7, 0])).toEqual(binary);
    expect(await read(0, [40, 3, 0])).toEqual(text);
    const numbers = binary.map(([clicks]) => (clicks ? String(clicks.readBigInt64BE()) : null));
    expect(numbers).toEqual(text.map(([clicks]) => (clicks ? String(clicks) : null)));
    expect(binary.map(([, source]) => String(source))).toEqual(text.map(([, source]) => String(source)));
    const instants = binary.map(([, , at]) => Number((at as Buffer).readBigInt64BE() / 1000n) + Date.UTC(2000, 0, 1));
    expect(instants).toEqual(text.map(([, , at]) => Date.parse(`${String(at)}:00`)));
    client.socket.destroy();
  });
});

describe('an answer that takes no Postgres', () => {
  /** The same statement where Postgres finishes it, as a cursor always is, and where it is answered at once. */
  it.each([
    'SELECT campaign_name, MEASURE(spend) AS spend, SUM(clicks), COUNT(*) FROM marketing GROUP BY 1 ORDER BY 1',
    'SELECT campaign_name, MEASURE(spend), MEASURE(ctr) FROM marketing GROUP BY campaign_name ORDER BY campaign_name DESC',
    'SELECT campaign_name AS c, SUM(spend) FROM marketing GROUP BY c ORDER BY 2 DESC, 1 LIMIT 3',
    'SELECT DISTINCT campaign_name FROM marketing ORDER BY 1 NULLS FIRST',
    'SELECT DISTINCT data_source AS s, campaign_name AS c, campaign_name FROM marketing',
    'SELECT DISTINCT clicks FROM marketing',
    'SELECT DISTINCT ON (campaign_name) campaign_name FROM marketing ORDER BY 1',
    'SELECT DISTINCT campaign_name, COUNT(*) AS n, SUM(clicks) FROM marketing GROUP BY campaign_name',
    'SELECT DISTINCT COUNT(*) FROM marketing GROUP BY campaign_name ORDER BY 1',
    'SELECT campaign_name AS c, SUM(spend) FROM marketing GROUP BY c ORDER BY SUM(spend) NULLS FIRST, c LIMIT 4',
    'SELECT SUM(spend), COUNT(*), MEASURE(clicks), MEASURE(roas) FROM marketing',
    `SELECT SUM(spend), COUNT(*), MEASURE(roas), MEASURE(clicks) FROM marketing WHERE campaign_name = 'none'`,
    `SELECT data_source, SUM(spend) FROM marketing WHERE campaign_name = 'none' GROUP BY 1`,
    `SELECT MEASURE(spend) FROM marketing LIMIT 0`,
    `SELECT recorded_at, campaign_name, spend, clicks FROM marketing WHERE campaign_name IN ('über', '😀')`,
    `SELECT data_source::text AS d, SUM(clicks)::numeric, MAX(spend), COUNT(1) FROM marketing WHERE clicks IS NOT NULL GROUP BY 1`,
    `SELECT data_source, count(*), sum(clicks) AS "ü" FROM marketing WHERE campaign_name <> 'Meta' AND data_source IS NOT NULL GROUP BY data_source ORDER BY count(*)`,
    'SELECT campaign_name, spend, clicks, data_source AS "Q" FROM marketing ORDER BY clicks NULLS FIRST, spend, campaign_name',
  ])('is the same to the letter: %s', async (sql) => {
    const [direct, byPostgres] = [await RawClient.open(server), await RawClient.open(server)];
    await direct.start(0, { TimeZone: 'UTC' });
    await byPostgres.start(0, { TimeZone: 'UTC' });
    const isSorted = sql.includes('ORDER BY');
    const inOrder = (rows: (string | null)[][]): string[] =>
      isSorted ? rows.map((row) => JSON.stringify(row)) : rows.map((row) => JSON.stringify(row)).sort();
    await byPostgres.ask('BEGIN');
    await byPostgres.ask(`DECLARE c CURSOR FOR ${sql}`);
    const expected = inOrder(await byPostgres.ask('FETCH ALL FROM c'));
    // Anew, and from what was kept.
    for (let time = 0; time < 2; time++) {
      expect(inOrder(await direct.ask(sql))).toEqual(expected);
      expect(direct.described).toBe(byPostgres.described);
    }
    for (const each of [direct, byPostgres]) each.socket.destroy();
  });

  it('is new after an import', async () => {
    const client = await connect(server);
    const text = 'SELECT MEASURE(clicks) AS n FROM marketing';
    const total = async (): Promise<unknown> => (await client.query(text)).rows;
    expect(await total()).toEqual([{ n: '1803' }]);
    // A question that Postgres answers, whose state of the data is not to be the next one's.
    await client.query('SHOW timezone');
    await server.rows([
      {
        external_id: 'late',
        recorded_at: '2026-01-02T00:00:00Z',
        data_source: 'meta_ads',
        source_category: 'external_marketing',
        currency: 'USD',
        data_payload: { clicks: 9 },
      },
    ]);
    expect((await client.query({ name: 'total', text })).rows).toEqual([{ n: '1812' }]);
    expect(await total()).toEqual([{ n: '1812' }]);
    await client.end();
  });

  it('follows the time zone and the model that a session sets, and a transaction that takes them back', async () => {
    const client = await connect(server);
    await client.query(`SET timezone = 'UTC'`);
    const first = async (): Promise<unknown> =>
      (await client.query({ text: 'SELECT MIN(recorded_at)::text AS t FROM marketing', rowMode: 'array' })).rows;
    const utc = await first();
    await client.query('BEGIN');
    await client.query(`SET LOCAL timezone = 'Asia/Kathmandu'`);
    expect(await first()).toEqual([['2026-01-01 05:45:00+05:45']]);
    await client.query('ROLLBACK');
    expect(await first()).toEqual(utc);
    await client.end();
  });

  it('is not given in a transaction that has failed since it was bound', async () => {
    const client = await RawClient.open(server);
    await client.start(0);
    await client.ask('BEGIN');
    const bound = { portal: 'p', statement: 's', formats: [], values: [], resultFormats: [] };
    client.socket.write(
      Buffer.concat([said.parse('s', 'SELECT MEASURE(clicks) FROM marketing', []), said.bind(bound), said.sync()]),
    );
    await client.until('Z');
    await expect(client.ask('SELECT 1/0')).rejects.toThrow('22012');
    for (const late of [said.execute('p', 0), said.describe('P', 'p')]) {
      client.socket.write(Buffer.concat([late, said.sync()]));
      const [frame] = await client.until('Z');
      expect(readFault((frame as Frame).body).C).toBe('25P02');
    }
    client.socket.destroy();
  });

  it('fails a transaction as Postgres does, and ends it', async () => {
    const client = await connect(server);
    await client.query('BEGIN');
    await expect(client.query('SELECT MEASURE(nothing) FROM marketing')).rejects.toMatchObject({ code: '42703' });
    await expect(client.query('SELECT MEASURE(clicks) FROM marketing')).rejects.toMatchObject({ code: '25P02' });
    expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
    expect((await client.query('SELECT COUNT(*) AS n FROM marketing')).rows).toEqual([{ n: '71' }]);
    await client.end();
  });
});
