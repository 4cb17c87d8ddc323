import type pg from 'pg';
import { newId } from '../../src/common/uuid.js';
import { PUBLIC_DOORS } from '../support/access-matrix.js';
import { ndjson } from '../support/row-batch.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import { connect } from '../wire/clients.js';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retry_after_seconds: number;
}

/** The refusal, after a check that it says three times over when to come back. */
async function refusalOf(response: Response): Promise<Refusal> {
  const refusal = (await response.json()) as Refusal;
  expect(response.headers.get('retry-after')).toBe(String(refusal.retry_after_seconds));
  expect(refusal.retry_after_seconds).toBeGreaterThan(0);
  expect(refusal.detail).toContain(`Come back in ${refusal.retry_after_seconds} s`);
  return refusal;
}

describe('a server with small limits', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({
      env: { RATE_LIMIT_KEY: '60', RATE_LIMIT_ORGANIZATION: '1000', MAX_UPLOAD_BYTES: '2000' },
    });
  }, 120_000);
  afterAll(() => server.stop(), 60_000);

  it('refuses an upload that is too large, and keeps nothing of it', async () => {
    const small = await server.rows('{"a":1}');
    expect(small.status).toBe(201);
    const large = await server.rows(Array.from({ length: 500 }, () => '{"a":1}').join('\n'));
    expect(large.status).toBe(413);
    expect(large.body).toMatchObject({ code: 'upload_too_large' });
  });

  it('refuses a GraphQL document that is nested, spread, aliased or long beyond reason', async () => {
    const bomb = Array.from({ length: 26 }, (_, index) => {
      const next = `F${index + 1}`;
      return `fragment F${index} on Query { ...${next} ...${next} }`;
    });
    for (const document of [
      `{ ${'metrics { a '.repeat(20)} ${'}'.repeat(20)} }`,
      `{ metrics { ${Array.from({ length: 300 }, (_, index) => `a${index}: id`).join(' ')} } }`,
      `{ ${Array.from({ length: 30 }, (_, index) => `q${index}: metrics { id }`).join(' ')} }`,
      `{ ...F0 } ${bomb.join(' ')}`,
    ]) {
      const started = performance.now();
      const { errors } = await server.graphql(document);
      expect(errors?.[0]?.extensions?.code).toBe('query_too_complex');
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });

  it('counts a GraphQL document as many times as it asks, and refuses what is too much with the time to come back', async () => {
    const questions = Array.from({ length: 20 }, (_, index) => `q${index}: metrics { id }`).join(' ');
    let answers = 0;
    for (;;) {
      const response = await server.fetch('/graphql', {
        method: 'POST',
        body: JSON.stringify({ query: `{ ${questions} }` }),
        headers: { 'content-type': 'application/json' },
      });
      if (response.status === 200) {
        answers++;
        await response.text();
        continue;
      }
      const body = (await response.json()) as { errors: { extensions: Refusal }[] };
      expect(body.errors[0]?.extensions).toMatchObject({ code: 'too_many_requests', status: 429 });
      expect(response.headers.get('retry-after')).toBe(String(body.errors[0]?.extensions.retry_after_seconds));
      break;
    }
    expect(answers).toBeLessThanOrEqual(3);
    const refused = await server.fetch('/api/me');
    expect(await refusalOf(refused)).toMatchObject({ status: 429, code: 'too_many_requests' });
  });

  it('says at each door when to come back, over REST and SQL', async () => {
    const exhaust = async (): Promise<void> => {
      while ((await server.fetch('/api/me')).status !== 429);
    };
    /** The minute may turn meanwhile; then the doors are open again until the limit is reached once more. */
    const limited = async (method: string, path: string): Promise<Response> => {
      for (;;) {
        const response = await server.fetch(path, { method });
        if (response.status === 429) return response;
        await response.text();
        await exhaust();
      }
    };
    const { body } = await server.json<{ paths: Record<string, object> }>('/api/openapi.json', undefined, 'GET', null);
    const doors = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const closed = doors.filter((door) => !(door in PUBLIC_DOORS));
    expect(closed.length).toBeGreaterThan(90);
    for (const door of closed) {
      const [method = '', path = ''] = door.split(' ');
      const refusal = await refusalOf(await limited(method, path.replaceAll(/\{\w+\}/g, newId())));
      expect({ door, ...refusal }).toMatchObject({ door, status: 429, code: 'too_many_requests' });
    }
    const asked = async (): Promise<pg.DatabaseError | null> => {
      const client = await connect(server).catch((error: pg.DatabaseError) => error);
      if (client instanceof Error) return client;
      const answer = client.query('SELECT data_source FROM marketing').then(() => null);
      return answer.catch((error: pg.DatabaseError) => error).finally(() => client.end());
    };
    const refused = await until(async () => (await exhaust(), (await asked()) ?? undefined));
    expect(refused).toMatchObject({ code: '53300', hint: expect.stringMatching(/^Come back in \d+ s\.$/) as string });
  }, 60_000);

  it('still answers who needs no key', async () => {
    expect((await server.fetch('/health/live', {}, null)).status).toBe(200);
  });
});

describe('engine time', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ env: { QUERY_BUDGET_SECONDS: '1' } });
    await server.rows(Buffer.concat([...ndjson({ name: 'spring', rows: 500, revision: 0 })]).toString('utf8'));
  }, 120_000);
  afterAll(() => server.stop(), 60_000);

  it('is refused once it is spent, while answers from the cache still come', async () => {
    const ask = (limit: number): Promise<Response> =>
      server.fetch('/api/query', {
        method: 'POST',
        body: JSON.stringify({ metrics: ['spend'], dimensions: ['data_source'], limit }),
        headers: { 'content-type': 'application/json' },
      });
    let asked = 0;
    let refused: Response | null = null;
    while (!refused && asked < 3_000) {
      const responses = await Promise.all([1, 2, 3, 4].map((step) => ask(asked * 4 + step)));
      refused = responses.find(({ status }) => status !== 200) ?? null;
      asked++;
    }
    if (!refused) throw new Error('Nothing was refused');
    expect(await refusalOf(refused)).toMatchObject({ status: 429, code: 'query_budget_spent' });
    const cached = (await (await ask(1)).json()) as { meta: { cached: boolean } };
    expect(cached.meta.cached).toBe(true);
  }, 120_000);
});

describe('guessing keys', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  }, 120_000);
  afterAll(() => server.stop(), 60_000);

  const wrong = (id: string): string => `trb_${id}_wrongwrongwrongwrongwrong`;

  it('of one key is refused unseen after ten wrong ones, the right one included; other keys are not touched', async () => {
    const [, , secret] = ADMIN_KEY.split('_');
    for (let guess = 0; guess < 10; guess++) {
      expect((await server.fetch('/api/me', {}, wrong('testadmin0'))).status).toBe(401);
    }
    expect(await refusalOf(await server.fetch('/api/me', {}, wrong('testadmin0')))).toMatchObject({
      status: 429,
      code: 'too_many_attempts',
    });
    expect((await server.fetch('/api/me', {}, `trb_testadmin0_${secret ?? ''}`)).status).toBe(429);
    expect((await server.fetch('/api/me', {}, wrong('testadmin1'))).status).toBe(401);
  });

  it('of many keys from one address is refused after two hundred, also over GraphQL', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `guess${String(index).padStart(5, '0')}`);
    for (const id of ids) await (await server.fetch('/api/me', {}, wrong(id))).text();
    const { errors } = await server.graphql('{ metrics { id } }', {}, wrong('anotherone'));
    expect(errors?.[0]?.extensions?.code).toBe('too_many_attempts');
  });
});
