/** Hostile requests to every door: a fixed list of the worst, and thousands of tampered ones from a seed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { randomFrom } from '../conformance/random-requests.js';
import {
  bodyText,
  exampleOf,
  garbled,
  tampered,
  type Random,
  type Schema,
  type Schemas,
} from '../support/hostile-bodies.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';

interface Operation {
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[];
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Schemas };
}
/** One thing to send; `told` is what the sender knows, so that an answer may repeat it. */
interface Shot {
  readonly door: string;
  readonly path: string;
  readonly init: RequestInit;
  readonly told: string;
}

/** Change it to see others; a failure names the number that is added to it. */
const SEED = 20_261_121;
const TAMPERED = 2_000;
const LANES = 8;
/** A door that keeps someone waiting for longer than that hangs. */
const PATIENCE_MS = 60_000;
/** In every name of the other organisation, and in nothing that is sent. */
const CANARY = 'Canary7f3a';

const IDS = ['1', '%00', '00000000-0000-4000-8000-000000000000', "'%20OR%201=1--", '..%2f..%2fetc', 'a'.repeat(300)];
const QUERIES = ['', '?limit=-1&cursor=%00', '?format=%27&explain=maybe&from=never&q=%00&__proto__=1'];
const BODIES = [
  '',
  '{',
  '[]',
  'null',
  '"text"',
  '{"a":1}{',
  `${'['.repeat(1_000)}${']'.repeat(1_000)}`,
  '{"__proto__":{"a":1},"constructor":null}',
  JSON.stringify(Array.from({ length: 20_000 }, () => 'spend')),
  JSON.stringify({
    metrics: ['a\0b', 1e308, null, {}],
    dimensions: { and: [] },
    filters: [[[[]]]],
    limit: '9'.repeat(400),
  }),
  JSON.stringify({
    name: '\ud800',
    slug: '\0',
    email: 'a\r\nb@c.d',
    role: [],
    formula: '('.repeat(5_000),
    metric_key: '__proto__',
  }),
];
/** What only the inside of the server knows. */
const LEAKS = [
  /\n\s+at .+:\d+:\d+|node_modules|node:internal|\.(ts|js):\d+/,
  /QueryFailedError|TypeORMError|TypeError|ReferenceError|RangeError/,
  /\bSELECT\b.+\bFROM\b|INSERT INTO|violates .* constraint|relation ".*"|invalid input syntax|syntax error at or near/is,
  /DB::Exception|ECONNREFUSED|postgres(ql)?:\/\//,
];

describe('hostile requests to every door of the OpenAPI document', () => {
  let server: TestServer;
  beforeAll(async () => {
    const env = { LOG_LEVEL: 'error', RATE_LIMIT_KEY: '1000000', RATE_LIMIT_ORGANIZATION: '1000000' };
    server = await TestServer.start({ env });
  }, 120_000);
  afterAll(() => server.stop(), 60_000);

  it('are answered or refused: never a 500, never a word of the server’s inside', async () => {
    const { body: api } = await server.json<OpenApi>('/api/openapi.json');
    const failures: string[] = [];
    const all: { readonly method: string; readonly url: string; readonly body: string | undefined }[] = [];
    for (const [path, operations] of Object.entries(api.paths)) {
      for (const [method, { requestBody }] of Object.entries(operations)) {
        const ids = path.includes('{') ? IDS : ['-'];
        const shots = [
          ...ids.flatMap((id) => QUERIES.map((query) => ({ id, query, body: requestBody ? '{}' : undefined }))),
          ...(requestBody ? BODIES : []).map((body) => ({ id: IDS[2] ?? '', query: '', body })),
        ];
        for (const { id, query, body } of shots)
          all.push({ method: method.toUpperCase(), url: `${path.replaceAll(/\{\w+\}/g, id)}${query}`, body });
      }
    }
    let sent = 0;
    const lane = async (): Promise<void> => {
      for (let shot = all[sent++]; shot; shot = all[sent++]) {
        const { method, url, body } = shot;
        const about = `${method} ${url} ${body?.slice(0, 80) ?? ''}`;
        try {
          const response = await server.fetch(url, {
            method,
            signal: AbortSignal.timeout(PATIENCE_MS),
            ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
          });
          const text = await response.text();
          const leaks = response.status >= 400 && [...LEAKS, new RegExp(packageRoot)].some((leak) => leak.test(text));
          if (response.status >= 500 || leaks) failures.push(`${about} → ${response.status} ${text.slice(0, 200)}`);
        } catch (error) {
          failures.push(`${about} → ${String(error)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(sent).toBeGreaterThan(500);
    expect(failures).toEqual([]);
  }, 240_000);

  describe('of another organisation', () => {
    let api: OpenApi;
    let theirs: readonly string[];
    let own: readonly string[];
    let keys: readonly string[];

    /** Makes one of each thing, all of them named so that they can be found in any answer. */
    const furnish = async (key: string, name: string): Promise<string[]> => {
      const make = async (path: string, body: object): Promise<string> => {
        const { body: made } = await server.json<{ id: string }>(path, body, 'POST', key);
        return made.id;
      };
      const row = {
        ...{ external_id: name, recorded_at: '2026-01-05T00:00:00Z', data_source: `source_${name.toLowerCase()}` },
        source_category: 'external_marketing',
        data_payload: { campaign_name: name, spend: '1.00' },
      };
      await server.fetch(
        '/api/integrations/rows',
        { method: 'POST', body: JSON.stringify(row), headers: { 'content-type': 'application/x-ndjson' } },
        key,
      );
      const report = { report_name: name, metrics: ['spend'], dimensions: ['campaign_name'], visibility: 'public' };
      const metric = { metric_key: `of_${name.toLowerCase()}`, display_label: name, category: 'calculated' };
      return [
        await make('/api/reports/views', report),
        await make('/api/marketing/metrics', {
          ...metric,
          metric_type: 'metric',
          data_type: 'float',
          formula: 'spend',
        }),
        await make('/api/teams', { name }),
        await make('/api/roles', { name, base_role: 'analyst' }),
        await make('/api/users', { email: `${name.toLowerCase()}@example.com`, display_name: name, role: 'viewer' }),
        await make('/api/keys', { name, role: 'viewer' }),
      ];
    };

    beforeAll(async () => {
      api = (await server.json<OpenApi>('/api/openapi.json')).body;
      const cli = join(packageRoot, 'dist/app/cli.js');
      const { stdout } = spawnSync(
        process.execPath,
        [cli, 'org', 'create', CANARY.toLowerCase(), '--admin', 'canary@example.com', '--name', CANARY],
        { encoding: 'utf8', env: { ...process.env, DATA_DIR: server.dataDir } },
      );
      theirs = await furnish(/trb_\S+/.exec(stdout)?.[0] ?? '', CANARY);
      own = await furnish(ADMIN_KEY, 'Ours');
      expect([...theirs, ...own].every((id) => /^[0-9a-f-]{36}$/.test(id))).toBe(true);
      const made: string[] = [ADMIN_KEY, ADMIN_KEY];
      for (const role of ['campaign_manager', 'analyst'])
        made.push((await server.json<{ key: string }>('/api/keys', { name: role, role })).body.key);
      keys = made;
    }, 60_000);

    /** Sends all, some at a time, and notes what must not come back. */
    const volley = async (
      count: number,
      shotOf: (random: Random, number: number) => Shot,
    ): Promise<Map<number, number>> => {
      const failures: string[] = [];
      const statuses = new Map<number, number>();
      let next = 0;
      const lane = async (): Promise<void> => {
        for (let number = next++; number < count; number = next++) {
          const random = randomFrom(SEED + number);
          const { door, path, init, told } = shotOf(random, number);
          const key = keys[Math.floor(random() * keys.length)] as string;
          const about = `${number}: ${door} ${path} ${typeof init.body === 'string' ? init.body.slice(0, 200) : ''}`;
          try {
            const response = await server.fetch(path, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) }, key);
            const text = await response.text();
            statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
            const leaks = response.status >= 400 && [...LEAKS, new RegExp(packageRoot)].some((leak) => leak.test(text));
            const foreign = [...theirs, CANARY, CANARY.toLowerCase()].filter(
              (mark) => text.includes(mark) && !told.includes(mark),
            );
            if (
              response.status >= 500 ||
              leaks ||
              foreign.length > 0 ||
              /"errors":\[\{[^\]]*"code":"internal"/.test(text)
            )
              failures.push(`${about} → ${response.status} ${foreign.join()} ${text.slice(0, 300)}`);
          } catch (error) {
            failures.push(`${about} → ${String(error)}`);
          }
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      expect(failures).toEqual([]);
      return statuses;
    };
    const among = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const isFine = (statuses: Map<number, number>): number => (statuses.get(200) ?? 0) + (statuses.get(201) ?? 0);

    it(`nothing comes back, nor a 500, by ${TAMPERED} bodies that are almost valid`, async () => {
      const doors = Object.entries(api.paths).flatMap(([path, operations]) =>
        Object.entries(operations).flatMap(([method, operation]) => {
          const schema = operation.requestBody?.content?.['application/json']?.schema;
          const queries = (operation.parameters ?? []).filter((each) => each.in === 'query');
          if (path.startsWith('/f/') || path.startsWith('/r/') || path.startsWith('/u/')) return [];
          return schema || queries.length > 0 ? [{ method: method.toUpperCase(), path, schema, queries }] : [];
        }),
      );
      expect(doors.length).toBeGreaterThan(40);
      const statuses = await volley(TAMPERED, (random, number) => {
        const { method, path, schema, queries } = doors[number % doors.length]!;
        // What would take long or end the test's own things goes to things that are not there.
        const known = method === 'DELETE' || /deliver|run|rotate/.test(path) ? theirs : [...theirs, ...own, ...own];
        const id = random() < 0.1 ? garbled(among(random, own), random) : among(random, known);
        const query = new URLSearchParams();
        for (const { name, schema: of } of queries)
          if (random() < 0.4)
            query.set(
              name,
              random() < 0.5
                ? String(exampleOf(of, {}))
                : (JSON.stringify(tampered(['x'], random)) ?? '').slice(0, 500),
            );
        const body = schema && method !== 'GET' ? bodyText(exampleOf(schema, api.components.schemas), random) : null;
        const url = `${path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(Buffer.from(id).toString()))}?${query.toString()}`;
        const type = random() < 0.95 ? 'application/json' : 'text/plain; charset=utf-16';
        const init = body === null ? { method } : { method, body, headers: { 'content-type': type } };
        return { door: `${method} ${path}`, path: url, init, told: `${id} ${body ?? ''}` };
      });
      // Some are still valid: the others are not all refused at the first look.
      expect(isFine(statuses)).toBeGreaterThan(TAMPERED / 20);
      expect(statuses.get(422) ?? 0).toBeGreaterThan(TAMPERED / 100);
    }, 240_000);

    it('nothing comes back by GraphQL documents and variables', async () => {
      const documents = [
        'query Q($id: ID!) { reportView(id: $id) { id report_name } runReportView(id: $id) { rows meta { data_as_of } } }',
        'query Q($request: QueryRequest!) { query(request: $request) { rows columns { name } } }',
        '{ me { role restrictions { rows } } users { email } teams { name members { email } } customRoles { name rows } apiKeys { name } }',
        '{ marketing(limit: 5) { campaignName spend } marketingTotals(filters: []) { spend } }',
        'mutation M($input: CustomRoleInput!) { createCustomRole(input: $input) { id rows } }',
        'mutation M($id: ID!, $input: UserChange!) { updateUser(id: $id, input: $input) { id role } }',
        'mutation M($input: MetricInput!) { createMetric(input: $input) { metric { id } } }',
        'query Q($id: ID!) { metric(id: $id) { metric_key formula } auditTrail(limit: 3) { data { action after } } }',
      ];
      const variables = {
        id: own[0],
        request: {
          metrics: ['spend'],
          dimensions: ['campaign_name'],
          filters: [{ member: 'campaign_name', operator: 'equals', values: ['Ours'] }],
        },
        input: { name: 'x', base_role: 'viewer', rows: [{ member: 'data_source', operator: 'equals', values: ['x'] }] },
      };
      const statuses = await volley(400, (random) => {
        const document = among(random, documents);
        const sent = {
          query: random() < 0.5 ? document : garbled(document, random),
          variables: random() < 0.3 ? { ...variables, id: among(random, theirs) } : tampered(variables, random),
        };
        const body = random() < 0.9 ? JSON.stringify(sent) : bodyText(sent, random);
        const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
        return { door: 'GraphQL', path: '/graphql', init, told: body };
      });
      expect(isFine(statuses)).toBeGreaterThan(20);
    }, 240_000);

    it('nothing comes back by uploads: forms, rows, definitions, rates', async () => {
      const mapping = {
        ...{ data_source: 'klaviyo', source_category: 'external_marketing', recorded_at: { column: 'Date' } },
        campaign_id: 'Campaign',
      };
      const csv = 'Date,Campaign,Cost\n2026-01-05,Spring,1.50\n2026-01-06,"Sum""mer",2\n';
      const form = (random: Random): string =>
        [
          `--x\r\nContent-Disposition: form-data; name="mapping"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(tampered(mapping, random))}`,
          `\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n${random() < 0.5 ? csv : garbled(csv, random)}\r\n--x--\r\n`,
        ].join('');
      const row = {
        ...{ recorded_at: '2026-01-05T00:00:00Z', data_source: 'crm', source_category: 'external_revenue' },
        data_payload: { revenue: '10.00', campaign_name: 'Spring' },
      };
      const yaml =
        'metrics:\n  - metric_key: margin\n    display_label: Margin\n    category: calculated\n    metric_type: metric\n    data_type: float\n    formula: revenue - spend\n';
      await volley(300, (random) => {
        const kind = Math.floor(random() * 4);
        const shot = (path: string, type: string, body: string): Shot => ({
          ...{ door: 'upload', path, told: body },
          init: { method: 'POST', body, headers: { 'content-type': type } },
        });
        if (kind === 0) {
          const text = random() < 0.6 ? form(random) : garbled(form(random), random);
          const preset = among(random, ['csv', 'csv', 'meta_ads', 'google_ads', 'shopify_orders', 'x%00']);
          const boundary = random() < 0.9 ? '; boundary=x' : among(random, ['', '; boundary=', '; boundary="x']);
          return shot(`/api/integrations/import?preset=${preset}`, `multipart/form-data${boundary}`, text);
        }
        if (kind === 1)
          return shot(
            '/api/integrations/rows',
            'application/x-ndjson',
            `${bodyText(row, random)}\n${bodyText(row, random)}`,
          );
        if (kind === 2)
          return shot(
            '/api/marketing/metrics/import?mode=merge&dry_run=true',
            'application/yaml',
            garbled(yaml, random),
          );
        return shot('/api/fx/rates', 'text/csv', garbled('date,currency,rate\n2026-01-05,EUR,1.08\n', random));
      });
    }, 240_000);

    it('and the server still answers as before', async () => {
      expect((await server.json('/api/me')).status).toBe(200);
      const { status } = await server.json('/api/query', { metrics: ['spend'], dimensions: ['campaign_name'] });
      expect(status).toBe(200);
    });
  });
});
