/** Cached answers a second against an empty endpoint of the same server, over connections that are kept. */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { median, progress, report } from './report.js';
import { rowChunks } from './rows.js';
import { KEY, ServerProcess } from './server.js';

const ROWS = 20_000;
const CONNECTIONS = 64;
const SECONDS = 3;
const ROUNDS = 5;
const GOAL = 0.5;

const QUERY = JSON.stringify({
  metrics: ['spend', 'revenue', 'roas'],
  dimensions: ['data_source'],
  date_range: { from: '2020-01-01', to: '2030-12-31' },
  totals: true,
});

interface Call {
  readonly path: string;
  readonly body?: string;
}

/** One request; resolves with the body's text. @throws Error for any status but 200 */
function send(base: string, agent: Agent, { path, body }: Call): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${KEY}`, ...(body ? { 'content-type': 'application/json' } : {}) };
    const outgoing = request(new URL(path, base), { agent, method: body ? 'POST' : 'GET', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode}: ${text}`)),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** Requests answered a second. */
async function throughput(base: string, agent: Agent, call: Call): Promise<number> {
  const started = performance.now();
  const end = started + SECONDS * 1_000;
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      await send(base, agent, call);
      count++;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  return count / ((performance.now() - started) / 1_000);
}

export async function benchCached(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const server = await ServerProcess.start(dataDir);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    await server.importRows(Readable.from(rowChunks(ROWS, 'cached'), { objectMode: false }));
    const query = { path: '/api/query', body: QUERY };
    await send(server.base, agent, query);
    const answer = JSON.parse(await send(server.base, agent, query)) as { meta: { cached: boolean } };
    if (!answer.meta.cached) throw new Error('The second answer was not cached.');
    const cached: number[] = [];
    const empty: number[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const rates = [
        await throughput(server.base, agent, { path: '/health/live' }),
        await throughput(server.base, agent, query),
      ] as const;
      progress(`cached: ${rates[1].toFixed(0)} a second, empty endpoint ${rates[0].toFixed(0)}`);
      if (round < 0) continue;
      empty.push(rates[0]);
      cached.push(rates[1]);
    }
    report({
      bench: 'cached',
      ratio: median(cached) / median(empty),
      unit: 'x_empty_endpoint',
      goal: GOAL,
      cached_per_second: median(cached),
      empty_per_second: median(empty),
      connections: CONNECTIONS,
    });
  } finally {
    agent.destroy();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
