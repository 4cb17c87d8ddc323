/**
 * Every door that writes, as the running server names them, leaves an entry in the audit trail, in the transaction of what it
 * writes; and every POST is done once under an Idempotency-Key. A new door without a line here fails.
 */
import { BehindTheDoors } from '../support/behind-the-doors.js';
import { graphqlFields } from '../support/graphql-fields.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';
import {
  AT_ONCE_AGAIN,
  FILE,
  LEAVES_NOTHING,
  metric,
  MUTATIONS,
  MUTATIONS_WITHOUT_ENTRY,
  NO_ENTRY,
  READS,
  REST,
  ROW,
  SHOWN_ELSEWHERE,
  view,
  type Ids,
} from '../support/writing-doors.js';
import { connect } from '../wire/clients.js';

type Json = Record<string, unknown>;

describe('every door that writes', () => {
  let server: TestServer;
  let database: BehindTheDoors;
  const ids: Ids = {};
  let tables: string[];

  beforeAll(async () => {
    server = await TestServer.start({ env: { SMTP_PRIVATE_HOSTS: 'on' } });
    database = await BehindTheDoors.of(server);
    const found = await database.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'organization_id' AND table_schema = 'public'
         AND table_name NOT IN ('audit_log', 'audit_heads', 'idempotency_keys')`,
    );
    tables = [...found.map(({ name }) => name), 'organizations'];
    await server.rows([ROW, { ...ROW, external_id: 'r2', customer_id: 'phone-1' }]);
    const { body } = await server.json<{ snapshot?: string; hash?: string }>('/api/marketing/model');
    ids.snapshot = String(body.snapshot ?? body.hash);
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await server?.stop();
  }, 60_000);

  const newest = async (): Promise<number> =>
    Number((await database.query<{ seq: string }>('SELECT coalesce(max(seq), 0) AS seq FROM audit_log'))[0]?.seq);
  /** Whether a row of the organisation was written by the transaction that wrote one of the entries. */
  const isTogether = async (after: number): Promise<boolean> => {
    const each = tables.map(
      (table) => `SELECT FROM "${table}" WHERE xmin IN (SELECT xmin FROM audit_log WHERE seq > ${after})`,
    );
    return (await database.query(`SELECT WHERE EXISTS (${each.join(' UNION ALL ')})`)).length > 0;
  };
  const send = (door: string, key: string): Promise<Response> => {
    const [method = '', template = ''] = door.split(' ');
    const { path, body } = REST[door] ?? {};
    const headers: Record<string, string> = method === 'POST' ? { 'idempotency-key': key } : {};
    if (template === '/api/integrations/rows') {
      headers['content-type'] = 'application/x-ndjson';
      return server.fetch(template, { method, headers, body: JSON.stringify({ ...ROW, external_id: 'r3' }) });
    }
    if (template === '/api/marketing/metrics/import') {
      headers['content-type'] = 'application/yaml';
      return server.fetch(template, { method, headers, body: FILE });
    }
    headers['content-type'] = 'application/json';
    const content = method === 'DELETE' ? {} : { body: JSON.stringify(body?.(ids) ?? {}) };
    if (method === 'DELETE') delete headers['content-type'];
    return server.fetch(path?.(ids) ?? template, { method, headers, ...content });
  };

  it('is known here', async () => {
    const { body } = await server.json<{ paths: Record<string, Json> }>('/api/openapi.json');
    const doors = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).flatMap((method) => (method === 'get' ? [] : [`${method.toUpperCase()} ${path}`])),
    );
    const known = [...Object.keys(REST), ...Object.keys(NO_ENTRY), ...Object.keys(SHOWN_ELSEWHERE)];
    expect(doors.filter((door) => !known.includes(door))).toEqual([]);
    expect(known.filter((door) => !doors.includes(door))).toEqual([]);
  });

  it('leaves an entry with what it writes, and does it once under a key', async () => {
    const wrong: unknown[] = [];
    for (const door of Object.keys(REST)) {
      const before = await newest();
      const response = await send(door, `sweep ${door}`.replaceAll(' ', '-'));
      const text = await response.text();
      if (!response.ok) {
        wrong.push({ door, status: response.status, text: text.slice(0, 300) });
        continue;
      }
      const { gives } = REST[door] ?? {};
      if (gives) ids[gives] = String((JSON.parse(text) as Json).id ?? (JSON.parse(text) as Json).run_id);
      const after = await newest();
      if (after === before) wrong.push({ door, fault: 'no entry' });
      else if (
        !door.startsWith('DELETE') &&
        !READS.test(door) &&
        !AT_ONCE_AGAIN.includes(door) &&
        !(await isTogether(before))
      )
        wrong.push({ door, fault: 'an entry in a transaction of its own' });
      if (!door.startsWith('POST') || READS.test(door)) continue;
      const again = await send(door, `sweep ${door}`.replaceAll(' ', '-'));
      const repeated = await again.text();
      // The path of a rotated key is another one now.
      if (door.includes('/rotate')) continue;
      if (again.status !== response.status || repeated !== text)
        wrong.push({ door, fault: 'done twice', status: again.status, repeated: repeated.slice(0, 200) });
    }
    expect(wrong).toEqual([]);
  }, 240_000);

  it('is known here also of GraphQL, where each mutation leaves its entry, and is done once under a key', async () => {
    const fields = await graphqlFields(server);
    const mutations = [...fields].filter(([, { operation }]) => operation === 'mutation').map(([name]) => name);
    expect(mutations.sort()).toEqual([...Object.keys(MUTATIONS), ...Object.keys(MUTATIONS_WITHOUT_ENTRY)].sort());
    const wrong: unknown[] = [];
    for (const [name, { args, gives }] of Object.entries(MUTATIONS)) {
      const [query, variables] = fields.get(name)?.call(args?.(ids) ?? {}, gives ? 'id' : undefined) ?? [];
      const sendIt = async (): Promise<{ text: string; replayed: string | null }> => {
        const headers = { 'content-type': 'application/json', 'idempotency-key': `sweep-${name}` };
        const body = JSON.stringify({ query, variables });
        const response = await server.fetch('/graphql', { method: 'POST', headers, body });
        return { text: await response.text(), replayed: response.headers.get('idempotency-replayed') };
      };
      const before = await newest();
      const { text } = await sendIt();
      const { data, errors } = JSON.parse(text) as { data?: Record<string, Json>; errors?: unknown };
      if (errors || !data) {
        wrong.push({ name, errors });
        continue;
      }
      if (gives) ids[gives] = String(data[name]?.id);
      const entries = await database.query<{ door: string }>(
        `SELECT door FROM audit_log WHERE seq > ${before} AND door = 'graphql'`,
      );
      if (entries.length === 0) wrong.push({ name, fault: 'no entry' });
      else if (!LEAVES_NOTHING.test(name) && !(await isTogether(before)))
        wrong.push({ name, fault: 'an entry in a transaction of its own' });
      const again = await sendIt();
      if (again.text !== text || again.replayed !== 'true') wrong.push({ name, fault: 'done twice', again });
    }
    expect(wrong).toEqual([]);
  }, 240_000);

  it('tells who read a sensitive member, once a request, at each door, also from the cache', async () => {
    await server.json('/api/marketing/metrics', { ...metric('margin'), is_sensitive: true });
    await server.json('/api/marketing/metrics', { ...metric('over_margin'), formula: 'margin * 2' });
    const reads = async (): Promise<Json[]> =>
      (await server.json<{ data: Json[] }>('/api/audit?action=data.read_sensitive')).body.data;
    await server.json('/api/query', { metrics: ['clicks'] });
    expect(await reads()).toHaveLength(0);
    await server.json('/api/query', { metrics: ['margin'] });
    await server.json('/api/query', { metrics: ['margin'] });
    expect(await reads()).toHaveLength(2);
    await server.json('/api/query', { metrics: ['over_margin'], dimensions: ['data_source'] });
    await server.fetch('/api/query', {
      method: 'POST',
      body: JSON.stringify({ metrics: ['margin'] }),
      headers: { 'content-type': 'application/json', accept: 'text/csv' },
    });
    await server.graphql('{ a: marketingTotals { margin } b: marketingTotals { margin clicks } }');
    const saved = await server.json<{ id: string }>('/api/reports/views', { ...view('Margins'), metrics: ['margin'] });
    await server.json(`/api/reports/views/${saved.body.id}/data`);
    const all = await reads();
    expect(all.map(({ door }) => door)).toEqual(['rest', 'graphql', 'rest', 'rest', 'rest', 'rest']);
    const client = await connect(server);
    await client.query('SELECT data_source, MEASURE(clicks) FROM marketing GROUP BY 1');
    await client.query('SELECT data_source, MEASURE(over_margin) FROM marketing GROUP BY 1');
    await client.query('SELECT * FROM (SELECT margin FROM marketing) AS inside');
    await client.end();
    expect((await reads()).map(({ door }) => door)).toEqual(['sql', 'sql', ...all.map(({ door }) => door)]);
    const sent = { recipients: ['ann@example.com'], formats: ['csv'] };
    await server.json(`/api/reports/views/${saved.body.id}/deliver`, sent);
    const delivered = await until(async () => {
      const found = await reads();
      return found.length > all.length + 2 ? found[0] : undefined;
    });
    expect(delivered).toMatchObject({ door: 'schedule' });
    const ever = await reads();
    expect(ever).toHaveLength(all.length + 3);
    expect(ever.every(({ after }) => JSON.stringify(after) === '{"members":["margin"]}')).toBe(true);
  }, 60_000);
});
