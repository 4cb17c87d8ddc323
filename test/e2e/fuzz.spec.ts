import { packageRoot } from '../../src/common/package-root.js';
import { TestServer } from '../support/server.js';

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly requestBody?: unknown }>>>>;
}

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
    server = await TestServer.start({ env: { LOG_LEVEL: 'error' } });
  }, 120_000);
  afterAll(() => server.stop(), 60_000);

  it('are answered or refused: never a 500, never a word of the server’s inside', async () => {
    const { body: api } = await server.json<OpenApi>('/api/openapi.json');
    const failures: string[] = [];
    let sent = 0;
    for (const [path, operations] of Object.entries(api.paths)) {
      for (const [method, { requestBody }] of Object.entries(operations)) {
        const ids = path.includes('{') ? IDS : ['-'];
        const shots = [
          ...ids.flatMap((id) => QUERIES.map((query) => ({ id, query, body: requestBody ? '{}' : undefined }))),
          ...(requestBody ? BODIES : []).map((body) => ({ id: IDS[2] ?? '', query: '', body })),
        ];
        for (const { id, query, body } of shots) {
          const url = `${path.replaceAll(/\{\w+\}/g, id)}${query}`;
          const response = await server.fetch(url, {
            method: method.toUpperCase(),
            signal: AbortSignal.timeout(20_000),
            ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
          });
          const text = await response.text();
          sent++;
          const leaks = response.status >= 400 && [...LEAKS, new RegExp(packageRoot)].some((leak) => leak.test(text));
          if (response.status >= 500 || leaks) {
            failures.push(`${method} ${url} ${body?.slice(0, 80) ?? ''} → ${response.status} ${text.slice(0, 200)}`);
          }
        }
      }
    }
    expect(sent).toBeGreaterThan(500);
    expect(failures).toEqual([]);
  }, 120_000);
});
