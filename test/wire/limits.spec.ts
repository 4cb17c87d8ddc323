/** What one client may not take or do: each refusal has its SQLSTATE, and leaves the connection and the others alone. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { packageRoot } from '../../src/common/package-root.js';
import { cstring, int32 } from '../../src/pgwire/body.js';
import * as said from '../../src/pgwire/client-messages.js';
import type { Frame } from '../../src/pgwire/frames.js';
import { ScramClient } from '../../src/pgwire/scram.js';
import { readFault } from '../../src/pgwire/server-messages.js';
import { cancelPacket } from '../../src/pgwire/startup.js';
import { TestServer } from '../support/server.js';
import { connect, PASSWORD, USER_NAME } from './clients.js';
import { RawClient } from './raw-client.js';

const ROWS = 60;
const rowsOf = (name: string, count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{
      external_id: `${name}${index}`,
      recorded_at: '2026-01-05T00:00:00Z',
      data_source: 'meta_ads',
      currency: 'USD',
    },
    source_category: 'external_marketing',
    data_payload: { campaign_name: `${name} ${index}`, spend: '1.00', clicks: 1 },
  }));

let server: TestServer;
let client: pg.Client;

beforeAll(async () => {
  server = await TestServer.start({ env: { SQL_API_MAX_ROWS: '50' } });
  expect((await server.rows(rowsOf('r', ROWS))).status).toBe(201);
  client = await connect(server);
}, 180_000);

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const refusal = (sql: string): Promise<{ code?: string; message: string; hint?: string }> =>
  client.query(sql).then(
    () => {
      throw new Error(`Not refused: ${sql}`);
    },
    (error: unknown) => error as { code?: string; message: string; hint?: string },
  );

describe('how much', () => {
  it('refuses a statement that takes more memory than one may, and goes on', async () => {
    const texts = ['x', 'y', 'z'].map((letter) => `length(repeat(repeat(v || '${letter}', 500), 800000))`);
    const refused = await refusal(`SELECT ${texts.join(', ')} FROM (VALUES ('a')) AS t(v)`);
    expect(refused).toMatchObject({ code: '53200' });
    expect((await client.query('SELECT COUNT(*) AS n FROM (VALUES (1)) AS t')).rows).toEqual([{ n: '1' }]);
  }, 60_000);

  it.each([
    ['as they are read', 'SELECT campaign_name, spend FROM marketing'],
    ['sorted', 'SELECT campaign_name, spend FROM marketing ORDER BY campaign_name'],
    ['finished by Postgres', 'SELECT upper(campaign_name) FROM marketing'],
    ['counted by Postgres', 'SELECT COUNT(*) FROM marketing AS m JOIN (VALUES (1)) AS v(x) ON true'],
    ['in groups', 'SELECT campaign_name, SUM(spend) FROM marketing GROUP BY 1'],
    ['copied', 'COPY (SELECT campaign_name, upper(data_source) FROM marketing) TO STDOUT'],
  ])('refuses more rows than may be read, %s', async (_, sql) => {
    expect(await refusal(sql)).toMatchObject({ code: '54000', message: 'The statement would read more than 50 rows.' });
  });

  it('refuses them in a cursor, and goes on', async () => {
    await client.query('BEGIN');
    expect(await refusal('DECLARE c CURSOR FOR SELECT campaign_name FROM marketing')).toMatchObject({ code: '54000' });
    await client.query('ROLLBACK');
    expect((await client.query('SELECT campaign_name FROM marketing LIMIT 50')).rowCount).toBe(50);
    expect((await client.query('SELECT SUM(spend) AS s FROM marketing')).rows).toEqual([{ s: '60.00' }]);
  });

  it('refuses a row that is too large before it is kept', async () => {
    expect(await refusal(`SELECT repeat('x', 70000000)`)).toMatchObject({
      code: '54000',
      message: 'A row of the answer is larger than 64 MB.',
    });
    expect(await refusal(`SELECT repeat('x', 2000000000)`)).toMatchObject({ code: '54000' });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('answers from one state of the rows while others are imported, or asks to come again', async () => {
    let isDone = false;
    const importing = (async (): Promise<void> => {
      for (let batch = 0; !isDone; batch++) expect((await server.rows(rowsOf(`late${batch}x`, 1))).status).toBe(201);
    })();
    let answered = 0;
    for (let run = 0; run < 15; run++)
      try {
        const { rows } = await client.query(`SELECT (SELECT SUM(clicks) FROM marketing) AS one,
          (SELECT COUNT(*) FROM campaign_performance) AS other, ${run} AS run`);
        const [{ one, other }] = rows as [{ one: string; other: string }];
        expect(one).toBe(other);
        answered++;
      } catch (error) {
        expect(error).toMatchObject({ code: '40001', hint: 'Ask again.' });
      }
    isDone = true;
    await importing;
    expect(answered).toBeGreaterThan(0);
  }, 120_000);
});

describe('who', () => {
  it('proves a secret anew each time: what was said before opens nothing', async () => {
    const open = async (): Promise<RawClient> => {
      const raw = await RawClient.open(server);
      const body = Buffer.concat([int32(3 << 16), ...['user', USER_NAME, ''].map(cstring)]);
      raw.socket.write(Buffer.concat([int32(body.length + 4), body]));
      await raw.until('R');
      return raw;
    };
    const scram = new ScramClient(PASSWORD);
    const first = said.saslInitial(scram.first());
    const honest = await open();
    honest.socket.write(first);
    const [challenge] = await honest.until('R');
    const proof = said.saslResponse(scram.final((challenge as Frame).body.subarray(4).toString('utf8')));
    honest.socket.write(proof);
    await honest.until('Z');
    const thief = await open();
    thief.socket.write(first);
    await thief.until('R');
    thief.socket.write(proof);
    const frames = await thief.until('E');
    expect(readFault((frames.at(-1) as Frame).body)).toMatchObject({ C: '28P01', S: 'FATAL' });
    expect(await thief.next()).toBeNull();
    honest.socket.destroy();
  });

  it('cancels for nobody who guesses', async () => {
    for (const minor of [0, 2]) {
      const raw = await RawClient.open(server);
      await raw.start(minor);
      raw.socket.write(said.query('SELECT count(*) FROM generate_series(1, 3000000)'));
      const { process, secret } = raw;
      const guesses = [
        ...[Buffer.alloc(0), secret.subarray(0, -1), Buffer.concat([secret, Buffer.from([0])]), Buffer.alloc(256)],
        ...Array.from({ length: 60 }, (_, index) => Buffer.alloc(secret.length, index)),
      ];
      for (const guess of guesses) (await RawClient.open(server)).socket.end(cancelPacket(process, guess));
      (await RawClient.open(server)).socket.end(cancelPacket(process ^ 1, secret));
      const frames = await raw.until('Z');
      expect(frames.map(({ type }) => type).join('')).toBe('TDCZ');
      raw.socket.destroy();
    }
  });
});

describe('what an organisation has', () => {
  beforeAll(async () => {
    await client.end();
    await server.stop();
    server = await TestServer.start({ env: { QUERY_BUDGET_SECONDS: '1' } });
    expect((await server.rows(rowsOf('r', ROWS))).status).toBe(201);
    client = await connect(server);
  }, 120_000);

  it('refuses what comes after the organisation’s engine time is spent, and says when to come back', async () => {
    const spend = async (): Promise<{ code?: string; hint?: string }> => {
      for (let asked = 0; asked < 3_000; asked++)
        try {
          await client.query(`SELECT SUM(spend) FROM marketing WHERE campaign_name <> 'none ${asked}'`);
        } catch (error) {
          return error as { code?: string; hint?: string };
        }
      throw new Error('Nothing was refused.');
    };
    expect(await spend()).toMatchObject({ code: '53300', hint: expect.stringMatching(/Come back in \d+ s/) as string });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  }, 120_000);

  it('lets in nobody whose plan does not have the SQL API', async () => {
    await promisify(execFile)(
      process.execPath,
      [join(packageRoot, 'dist/app/cli.js'), 'org', 'plan', 'main', 'starter'],
      { env: { ...process.env, DATA_DIR: server.dataDir } },
    );
    await expect(connect(server)).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('advanced_analytics') as string,
    });
    expect(await refusal('SELECT 1')).toMatchObject({ code: '42501' });
  }, 60_000);
});
