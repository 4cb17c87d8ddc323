import { BehindTheDoors } from '../support/behind-the-doors.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';

const REQUESTS = 10_000;
const LANES = 32;
const DAYS = 20;

interface Asker {
  readonly key: string;
  /** In every name and number of the organisation, and in none of the other's. */
  readonly mark: string;
  readonly spend: number;
  readonly view: string;
}

/** Both organisations have sources, campaigns and days of the same names; only a mark and the numbers differ. */
const rowsOf = (mark: string, spend: number): string =>
  Array.from({ length: DAYS }, (_, index) =>
    JSON.stringify({
      external_id: `row ${index}`,
      recorded_at: `2026-01-${String(index + 1).padStart(2, '0')}T00:00:00Z`,
      data_source: 'meta_ads',
      source_category: 'external_marketing',
      campaign_id: `Campaign of ${mark}`,
      data_payload: { spend: String(spend), clicks: spend },
    }),
  ).join('\n');

describe('two organisations that ask the same at the same time, over one server’s pools and caches', () => {
  let server: TestServer;
  let behind: BehindTheDoors;
  let askers: readonly Asker[];

  beforeAll(async () => {
    server = await TestServer.start();
    behind = await BehindTheDoors.of(server);
    const { key: other } = await behind.addOrganization('other');
    const settle = async (key: string, mark: string, spend: number): Promise<Asker> => {
      const headers = { 'content-type': 'application/x-ndjson' };
      const sent = await server.fetch(
        '/api/integrations/rows',
        { method: 'POST', body: rowsOf(mark, spend), headers },
        key,
      );
      expect(sent.status).toBe(201);
      const body = {
        report_name: `Report of ${mark}`,
        report_category: 'roas_analysis',
        metrics: ['spend'],
        dimensions: ['campaign_name'],
        visibility: 'organization',
      };
      const view = await server.json<{ id: string }>('/api/reports/views', body, 'POST', key);
      return { key, mark, spend, view: view.body.id };
    };
    askers = [await settle(ADMIN_KEY, 'Alder', 3), await settle(other, 'Birch', 700_001)];
  }, 120_000);
  afterAll(async () => {
    await behind.close();
    await server.stop();
  }, 60_000);

  /** The same question of either, by its number: cached and not, over each door. */
  const ask = async (number: number, { key, view }: Asker): Promise<string> => {
    const query = { metrics: ['spend', 'clicks'], dimensions: ['campaign_name'], limit: 1 + (number % 12) };
    const json = { 'content-type': 'application/json' };
    const post = (path: string, body: unknown): Promise<Response> =>
      server.fetch(path, { method: 'POST', body: JSON.stringify(body), headers: json }, key);
    const door = number % 20;
    if (door < 14) return (await post('/api/query', query)).text();
    if (door < 16) return (await server.fetch(`/api/reports/views/${view}/data`, {}, key)).text();
    if (door === 16) return (await server.fetch('/api/reports/views', {}, key)).text();
    if (door === 17) return (await post('/graphql', { query: '{ marketing { campaignName spend } }' })).text();
    if (door === 18) return (await post('/api/query?format=csv', query)).text();
    return (await server.fetch(`/api/reports/views/${view}/data?format=ndjson`, {}, key)).text();
  };

  it(`get ${REQUESTS} answers, and in none of them anything of the other`, async () => {
    let next = 0;
    let own = 0;
    const crossings: string[] = [];
    const lane = async (): Promise<void> => {
      for (let number = next++; number < REQUESTS; number = next++) {
        const asker = askers[number % 2] as Asker;
        const other = askers[(number + 1) % 2] as Asker;
        const text = await ask(Math.floor(number / 2), asker);
        if (text.includes(asker.mark)) own++;
        if (text.includes(other.mark)) crossings.push(text.slice(0, 300));
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(crossings).toEqual([]);
    // Every answer has its own organisation's mark in it: none was empty or refused.
    expect(own).toBe(REQUESTS);
  }, 180_000);

  it('find nothing of each other by its id', async () => {
    const [alder, birch] = askers as readonly [Asker, Asker];
    for (const path of [`/api/reports/views/${birch.view}`, `/api/reports/views/${birch.view}/data`]) {
      expect((await server.json(path, undefined, 'GET', alder.key)).status).toBe(404);
      expect((await server.json(path, undefined, 'GET', birch.key)).status).toBe(200);
    }
  });
});
