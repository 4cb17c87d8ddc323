import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { TestServer } from '../support/server.js';

const APP = 'https://app.example.com';

describe('what a browser may do with answers', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ env: { CORS_ORIGINS: APP, PUBLIC_URL: 'https://reports.example.com' } });
  }, 120_000);
  afterAll(() => server.stop(), 60_000);

  /** Bytes as they are, and what comes back, until the server closes. */
  const raw = async (request: string): Promise<string> => {
    const { hostname, port } = new URL(server.base);
    const socket = connect(Number(port), hostname);
    socket.end(request);
    return text(socket);
  };

  it('is run, frame or keep nothing, whatever the answer; and come back over HTTPS', async () => {
    for (const path of ['/api/me', '/no/such/door', '/api/query', '/health/live', '/api/openapi.json']) {
      const { headers } = await server.fetch(path);
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
      expect(headers.get('server')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });

  it('is told with the names that bodies have in the source, although the product is bundled', async () => {
    const { body } = await server.json<{ components: { schemas: object } }>('/api/openapi.json');
    const names = Object.keys(body.components.schemas);
    expect(names).toEqual(expect.arrayContaining(['KeyListDto', 'UserListDto', 'MetricDto']));
    expect(names.filter((name) => /^_|\d$/.test(name))).toEqual([]);
  });

  it('is run the scripts of the two developers’ pages, which are all the server’s own', async () => {
    for (const path of ['/graphiql', '/api/docs']) {
      const page = await server.fetch(path, {}, null);
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
      const html = await page.text();
      const scripts = [...html.matchAll(/<script([^>]*)>([^<]*)</g)];
      expect(scripts.length).toBeGreaterThan(0);
      for (const [, attributes, inline] of scripts) {
        expect(inline?.trim()).toBe('');
        const source = /src="([^"]+)"/.exec(attributes ?? '')?.[1] ?? '';
        expect((await server.fetch(new URL(source, `${server.base}${path}`).pathname, {}, null)).status).toBe(200);
      }
    }
  });

  it('is call from a page of the configured origin, and from no other', async () => {
    const preflight = (origin: string): Promise<Response> =>
      server.fetch(
        '/api/query',
        {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization',
          },
        },
        null,
      );
    const allowed = await preflight(APP);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(APP);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const answer = await server.fetch('/api/me', { headers: { origin: APP } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
  });

  it('is read errors that tell nothing of the server’s inside', async () => {
    const broken = [
      await raw('GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
      await raw('GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n'),
      await raw('NONSENSE\r\n\r\n'),
      await raw(`GET /${'a'.repeat(30_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      await raw(
        'POST /api/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\nConnection: close\r\n\r\n{bad',
      ),
    ];
    for (const answer of broken) {
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).not.toMatch(/node_modules|\bat \w+.*:\d+:\d+|\/src\/|fastify|nest|express/i);
    }
  });
});
