/** Sends every example of `docs/guides/attribution.md` to a server. */
import { Guide } from '../support/guide.js';
import { TestServer } from '../support/server.js';

type Json = Record<string, unknown>;

const guide = await Guide.read('attribution.md');

describe('the guide to attribution', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start();
    expect((await server.rows(guide.rows)).status).toBe(201);
  }, 240_000);
  afterAll(() => server?.stop(), 60_000);

  it('is refused before attribution was ever calculated', async () => {
    const { status, body } = await server.json('/api/query', { metrics: ['attributed_revenue'] });
    expect([status, body.code]).toEqual([422, 'attribution_not_calculated']);
    const [parameters = ''] = guide.of('calculate');
    const run = await server.json('/api/analytics/attribution/calculate', JSON.parse(parameters));
    expect([run.status, run.body]).toEqual([200, expect.objectContaining({ state: 'succeeded', revenue: '200' })]);
  });

  it.each(guide.examples)('%s', async (_, request, expected) => {
    expect((await server.json('/api/query', request)).body).toMatchObject(expected);
  });

  it('answers the documents of the guide', async () => {
    const [documents, replies] = [guide.of('document'), guide.of('reply')];
    expect(documents.length).toBeGreaterThan(0);
    for (const [index, document] of documents.entries()) {
      const { data, errors } = await server.graphql(document);
      expect({ data, errors }).toEqual({ data: JSON.parse(replies[index] ?? '') as Json, errors: undefined });
    }
  });
});
