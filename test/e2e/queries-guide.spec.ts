/** Sends every example of `docs/guides/queries.md` to a server, and pages through an answer. */
import { Guide } from '../support/guide.js';
import { TestServer } from '../support/server.js';

type Json = Record<string, unknown>;

const guide = await Guide.read('queries.md');

describe('the guide to queries', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start();
    expect((await server.rows(guide.rows)).status).toBe(201);
    for (const text of guide.of('definition')) {
      const { status, body } = await server.json('/api/marketing/metrics', JSON.parse(text));
      expect([status, body]).toEqual([201, expect.objectContaining({ status: 'valid' })]);
    }
  }, 240_000);
  afterAll(() => server?.stop(), 60_000);

  it('has examples of everything', () => {
    expect(guide.examples.length).toBeGreaterThan(8);
  });

  it.each(guide.examples)('%s', async (_, request, expected) => {
    const { body } = await server.json('/api/query', request);
    expect(body).toMatchObject(expected);
    // Kept answers are the same, and so is the stream.
    expect((await server.json('/api/query', request)).body).toMatchObject(expected);
    const streamed = await server.fetch('/api/query', {
      method: 'POST',
      body: JSON.stringify(request),
      headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    });
    if (expected.rows === undefined) {
      expect(streamed.status).toBe(expected.status);
      return;
    }
    const text = (await streamed.text()).trim();
    expect(text.split('\n').map((line) => JSON.parse(line) as Json)).toEqual(expected.rows);
  });

  it('answers the documents of the guide', async () => {
    const [documents, replies] = [guide.of('document'), guide.of('reply')];
    expect(documents.length).toBeGreaterThan(0);
    for (const [index, document] of documents.entries()) {
      const { data, errors } = await server.graphql(document);
      expect({ data, errors }).toEqual({ data: JSON.parse(replies[index] ?? '') as Json, errors: undefined });
    }
  });

  const paged = { metrics: ['spend'], dimensions: ['data_source'], time_grain: 'daily', limit: 3 };
  interface Page {
    readonly rows: Json[];
    readonly next_cursor?: string;
    readonly code?: string;
  }

  it('pages on, also when rows arrive in between', async () => {
    const first = (await server.json<Page>('/api/query', paged)).body;
    expect(first.rows).toHaveLength(3);
    const early = { external_id: 'early', recorded_at: '2026-01-01T00:00:00Z', data_source: 'meta_ads' };
    await server.rows([{ ...early, source_category: 'external_marketing', data_payload: { spend: '1' } }]);
    const second = (await server.json<Page>('/api/query', { ...paged, cursor: first.next_cursor })).body;
    const third = (await server.json<Page>('/api/query', { ...paged, cursor: second.next_cursor })).body;
    expect([...second.rows, ...third.rows]).toEqual([
      { recorded_at: '2026-01-12', data_source: 'meta_ads', spend: '120.00' },
      { recorded_at: '2026-01-13', data_source: 'tiktok_ads', spend: '20.00' },
      { recorded_at: '2026-01-14', data_source: 'google_ads', spend: '30.00' },
      { recorded_at: '2026-02-02', data_source: 'meta_ads', spend: '50.00' },
    ]);
    expect(third.next_cursor).toBeUndefined();
  });

  it('refuses a cursor that is broken, of another request, or older than the definitions', async () => {
    const { next_cursor: cursor = '' } = (await server.json<Page>('/api/query', paged)).body;
    const code = async (request: Json): Promise<unknown> => {
      const { status, body } = await server.json<Page>('/api/query', request);
      return [status, body.code];
    };
    expect(await code({ ...paged, cursor: `x${cursor}` })).toEqual([422, 'bad_cursor']);
    expect(await code({ ...paged, cursor: 'e30.e30' })).toEqual([422, 'bad_cursor']);
    expect(await code({ ...paged, dimensions: [], cursor })).toEqual([422, 'bad_cursor']);
    expect(await code({ ...paged, offset: 1, cursor })).toEqual([422, 'bad_cursor']);
    await server.json('/api/marketing/metrics', {
      metric_key: 'double_spend',
      display_label: 'Double spend',
      category: 'calculated',
      metric_type: 'metric',
      data_type: 'currency',
      formula: 'spend * 2',
    });
    expect(await code({ ...paged, cursor })).toEqual([422, 'cursor_outdated']);
  });
});
