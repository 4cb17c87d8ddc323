import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { BehindTheDoors } from '../support/behind-the-doors.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';

const REQUESTS = 10_000;
const LANES = 32;
const DAYS = 20;

const CAMPAIGNS = { and: [{ member: 'campaign_name', operator: 'startsWith', values: ['Campaign of'] }] };

interface Asker {
  readonly key: string;
  /** In every name and number of the organisation, and in none of the other's. */
  readonly mark: string;
  readonly spend: number;
  readonly view: string;
}

/** Questions that differ in all that a cached answer is kept by; each answer names the campaign. */
const QUESTIONS = [['spend'], ['spend', 'clicks'], ['cpc', 'spend']].flatMap((metrics) =>
  [{}, { time_grain: 'weekly' }, { filters: CAMPAIGNS }].flatMap((more) =>
    [1, 2, 5, 13].map((limit) => ({ metrics, dimensions: ['campaign_name'], limit, ...more })),
  ),
);

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

const agent = new Agent({ keepAlive: true, maxSockets: LANES });

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
    agent.destroy();
    await behind.close();
    await server.stop();
  }, 60_000);

  /** The plainest client: of ten thousand requests, most of the time would be the client's. */
  const send = (method: string, path: string, key: string, body?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const headers = { authorization: `Bearer ${key}`, ...type };
      const sent = request(server.base + path, { method, agent, headers }, (response) => {
        text(response).then(resolve, reject);
      });
      sent.on('error', reject).end(body);
    });

  /** The same question of either, by its number: cached and not, over each door. */
  const ask = async (number: number, { key, view }: Asker): Promise<string> => {
    // Moved on by one each round of doors, so that each question comes to each door.
    const query = QUESTIONS[(number + Math.floor(number / 20)) % QUESTIONS.length];
    const get = (path: string): Promise<string> => send('GET', path, key);
    const post = (path: string, body: unknown): Promise<string> => send('POST', path, key, JSON.stringify(body));
    const door = number % 20;
    if (door < 14) return post('/api/query', query);
    if (door < 16) return get(`/api/reports/views/${view}/data`);
    if (door === 16) return get('/api/reports/views');
    if (door === 17) return post('/graphql', { query: '{ marketing { campaignName spend } }' });
    if (door === 18) return post('/api/query?format=csv', query);
    return get(`/api/reports/views/${view}/data?format=ndjson`);
  };

  it(`get ${REQUESTS} answers, and in none of them anything of the other`, async () => {
    let next = 0;
    let own = 0;
    const crossings: string[] = [];
    const lane = async (): Promise<void> => {
      for (let number = next++; number < REQUESTS; number = next++) {
        const asker = askers[number % 2] as Asker;
        const other = askers[(number + 1) % 2] as Asker;
        const answer = await ask(Math.floor(number / 2), asker);
        if (answer.includes(asker.mark)) own++;
        if (answer.includes(other.mark)) crossings.push(answer.slice(0, 300));
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
