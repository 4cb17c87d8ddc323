import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BehindTheDoors } from '../support/behind-the-doors.js';
import { prepareData } from '../support/prepared-data.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const VIEW = {
  report_name: 'Spend',
  report_category: 'roas_analysis',
  metrics: ['spend'],
  visibility: 'organization',
};
const ROWS = Array.from({ length: 50 }, (_, index) =>
  JSON.stringify({
    external_id: `row ${index}`,
    recorded_at: '2026-01-05T00:00:00Z',
    data_source: 'meta_ads',
    source_category: 'external_marketing',
    data_payload: { spend: '1.50' },
  }),
).join('\n');

describe('a request that is sent again under its Idempotency-Key', () => {
  let server: TestServer;
  let behind: BehindTheDoors;
  const dataDir = mkdtempSync(join(tmpdir(), 'tributary-'));
  beforeAll(async () => {
    await prepareData(dataDir);
    server = await TestServer.start({ dataDir });
    behind = await BehindTheDoors.of(server);
  }, 120_000);
  afterAll(async () => {
    await behind.close();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  const post = async (path: string, key: string, body: string, asker = ADMIN_KEY, type = 'application/json') => {
    const headers = { 'content-type': type, 'idempotency-key': key };
    const response = await server.fetch(path, { method: 'POST', body, headers }, asker);
    return {
      status: response.status,
      replayed: response.headers.get('idempotency-replayed'),
      retryAfter: response.headers.get('retry-after'),
      text: await response.text(),
    };
  };
  const create = (key: string, view: unknown = VIEW, asker = ADMIN_KEY) =>
    post('/api/reports/views', key, JSON.stringify(view), asker);
  const mutate = (key: string, query: string) => post('/graphql', key, JSON.stringify({ query }));
  const team = (...names: string[]): string =>
    `mutation { ${names.map((name) => `${name.toLowerCase()}: createTeam(input: { name: "${name}" }) { id name }`).join(' ')} }`;
  const views = async (): Promise<number> =>
    (await server.json<{ data: unknown[] }>('/api/reports/views')).body.data.length;

  it('is done once, and answered the same, byte for byte', async () => {
    const first = await create('one');
    const again = await create('one');
    expect(first).toMatchObject({ status: 201, replayed: null });
    expect(again).toEqual({ ...first, replayed: 'true' });
    expect(await views()).toBe(1);
  });

  it('is refused with another body, at another address, by another asker of the organisation', async () => {
    const [organization] = await behind.query<{ id: string }>('SELECT id FROM organizations');
    const other = await behind.addKey(organization?.id ?? '', 'organization_admin');
    const refusals = [
      await create('one', { ...VIEW, report_name: 'Another' }),
      await post('/api/marketing/metrics', 'one', JSON.stringify(VIEW)),
      await create('one', VIEW, other),
    ];
    for (const { status, text } of refusals) {
      expect(status).toBe(409);
      expect(JSON.parse(text)).toMatchObject({ code: 'idempotency_key_reused' });
    }
    expect(await views()).toBe(1);
  });

  it('means nothing to another organisation', async () => {
    const { key } = await behind.addOrganization('other');
    const theirs = await create('one', VIEW, key);
    expect(theirs).toMatchObject({ status: 201, replayed: null });
    expect((JSON.parse(theirs.text) as { id: string }).id).not.toBe(
      (JSON.parse((await create('one')).text) as { id: string }).id,
    );
  });

  it('is done once when twenty arrive at the same moment; who comes too early is told when to come back', async () => {
    const before = await views();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => create('rush', { ...VIEW, report_name: 'Rush' })),
    );
    expect(await views()).toBe(before + 1);
    const done = answers.filter(({ status }) => status === 201);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    for (const { status, text, retryAfter } of answers) {
      if (status === 201) continue;
      expect(status).toBe(409);
      expect(JSON.parse(text)).toMatchObject({ code: 'request_in_progress' });
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    expect((await create('rush', { ...VIEW, report_name: 'Rush' })).text).toBe(done[0]?.text);
  });

  it('may be put right and sent again when it was refused', async () => {
    expect((await create('typo', { ...VIEW, metrics: ['spnd'] })).status).toBe(422);
    expect((await create('typo')).status).toBe(201);
  });

  it('is compared by its bytes also when it is streamed', async () => {
    const send = (body: string) => post('/api/integrations/rows', 'rows', body, ADMIN_KEY, 'application/x-ndjson');
    const first = await send(ROWS);
    expect(JSON.parse(first.text)).toMatchObject({ loaded: 50 });
    expect(await send(ROWS)).toEqual({ ...first, replayed: 'true' });
    expect(JSON.parse((await send(`${ROWS}\n`)).text)).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('is refused with a key that is none, rather than done without', async () => {
    expect((await create('x'.repeat(256))).status).toBe(400);
    expect((await create('two words')).status).toBe(400);
    expect((await mutate('two words', team('Nobody'))).status).toBe(400);
  });

  describe('over GraphQL', () => {
    const teams = async (): Promise<string[]> =>
      (await server.json<{ data: { name: string }[] }>('/api/teams')).body.data.map(({ name }) => name).sort();

    it('is done once, and answered the same, byte for byte', async () => {
      const first = await mutate('team', team('Ravens'));
      expect(first).toMatchObject({ status: 200, replayed: null });
      expect(JSON.parse(first.text)).toMatchObject({ data: { ravens: { name: 'Ravens' } } });
      expect(await mutate('team', team('Ravens'))).toEqual({ ...first, replayed: 'true' });
      expect(await teams()).toEqual(['Ravens']);
    });

    it('is refused with another document, and by the key of a REST request', async () => {
      for (const { status, text } of [await mutate('team', team('Larks')), await mutate('rush', team('Larks'))]) {
        expect(status).toBe(409);
        expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'idempotency_key_reused' } }] });
      }
      expect(await teams()).toEqual(['Ravens']);
    });

    it('is done once when ten arrive at the same moment', async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => mutate('team-rush', team('Wrens'))));
      expect(await teams()).toEqual(['Ravens', 'Wrens']);
      const done = new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text));
      expect(done.size).toBe(1);
      for (const { status, text, retryAfter } of answers.filter((answer) => answer.status !== 200)) {
        expect([status, Number(retryAfter) > 0]).toEqual([409, true]);
        expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'request_in_progress' } }] });
      }
    });

    it('may be put right and sent again when all of it was refused, and not when a part was done', async () => {
      // There are Ravens already.
      expect(JSON.parse((await mutate('wrong', team('Ravens'))).text)).toMatchObject({
        errors: [{ extensions: { status: 409 } }],
      });
      expect(JSON.parse((await mutate('wrong', team('Owls'))).text)).not.toHaveProperty('errors');
      const half = await mutate('half', team('Finches', 'Ravens'));
      expect(JSON.parse(half.text)).toHaveProperty('errors');
      expect(await teams()).toEqual(['Finches', 'Owls', 'Ravens', 'Wrens']);
      expect(await mutate('half', team('Finches', 'Ravens'))).toEqual({ ...half, replayed: 'true' });
      expect(JSON.parse((await mutate('half', team('Terns'))).text)).toMatchObject({
        errors: [{ extensions: { code: 'idempotency_key_reused' } }],
      });
    });

    it('means nothing for what only reads', async () => {
      for (const name of ['teams', 'users']) {
        const { status, replayed, text } = await mutate('reading', `{ ${name} { id } }`);
        expect([status, replayed]).toEqual([200, null]);
        expect(JSON.parse(text)).toHaveProperty(`data.${name}`);
      }
    });
  });

  it('shows a new key again, which lies nowhere in clear meanwhile', async () => {
    const body = JSON.stringify({ name: 'Machine', role: 'viewer' });
    const first = await post('/api/keys', 'secret', body);
    const over = 'mutation { createApiKey(input: { name: "Other", role: "viewer" }) { key } }';
    const other = await mutate('secret-over-graphql', over);
    const kept = await behind.query<{ key_id: string; body: string }>(
      `SELECT key_id, encode(body, 'escape') AS body FROM idempotency_keys WHERE key LIKE 'secret%'`,
    );
    expect(kept).toHaveLength(2);
    for (const row of kept) {
      expect(row.key_id).toMatch(/^[0-9a-f]{12}$/);
      expect(row.body).not.toContain('trb_');
    }
    expect(first.text).toContain('trb_');
    expect(await post('/api/keys', 'secret', body)).toEqual({ ...first, replayed: 'true' });
    expect(other.text).toContain('trb_');
    expect(await mutate('secret-over-graphql', over)).toEqual({ ...other, replayed: 'true' });
    // As after a change of the key that no longer opens it.
    await behind.query(`UPDATE idempotency_keys SET key_id = repeat('0', 12) WHERE key = 'secret'`);
    const gone = await post('/api/keys', 'secret', body);
    expect([gone.status, JSON.parse(gone.text)]).toMatchObject([409, { code: 'idempotency_answer_not_kept' }]);
  });

  it('is forgotten after a day', async () => {
    await behind.query(`UPDATE idempotency_keys SET created_at = now() - INTERVAL '25 hours' WHERE key = 'one'`);
    expect(await create('one', { ...VIEW, report_name: 'A day later' })).toMatchObject({ status: 201, replayed: null });
  });

  it('may be sent again when the server died in the middle of an import; of other work it says that nobody knows', async () => {
    const hanging = request(new URL('/api/integrations/rows', server.base), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        'content-type': 'application/x-ndjson',
        'idempotency-key': 'cut',
      },
    });
    hanging.on('error', () => undefined);
    hanging.write(ROWS.slice(0, 2_000));
    const state = () =>
      behind.query<{ owner: string }>(`SELECT owner FROM idempotency_keys WHERE key = 'cut' AND status IS NULL`);
    await until(async () => (await state())[0]);
    const early = await post('/api/integrations/rows', 'cut', ROWS, ADMIN_KEY, 'application/x-ndjson');
    expect(JSON.parse(early.text)).toMatchObject({ code: 'request_in_progress' });
    await server.end('SIGKILL');
    // As if a view had been in the making at the same moment.
    await behind.query(
      `INSERT INTO idempotency_keys (organization_id, key, request, owner)
       SELECT organization_id, 'unsure', replace(request, '/api/integrations/rows', '/api/reports/views'), owner
       FROM idempotency_keys WHERE key = 'cut'`,
    );
    server = await TestServer.start({ dataDir });
    const again = await post('/api/integrations/rows', 'cut', ROWS, ADMIN_KEY, 'application/x-ndjson');
    expect(again.status).toBe(201);
    expect(JSON.parse(again.text)).toMatchObject({ read: 50, unchanged: 50 });
    const unsure = await create('unsure');
    expect(unsure.status).toBe(409);
    expect(JSON.parse(unsure.text)).toMatchObject({ code: 'idempotency_outcome_unknown' });
    expect((await create(randomUUID())).status).toBe(201);
  }, 120_000);
});
