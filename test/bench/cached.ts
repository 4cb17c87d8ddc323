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

interface Throughput {
  /** Requests answered a second. */
  readonly rate: number;
  /** Processor time of the thread that serves, for one request. */
  readonly servingUs: number;
}

async function throughput(server: ServerProcess, agent: Agent, call: Call): Promise<Throughput> {
  const before = server.servingMilliseconds() ?? Number.NaN;
  const started = performance.now();
  const end = started + SECONDS * 1_000;
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      await send(server.base, agent, call);
      count++;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  return {
    rate: count / ((performance.now() - started) / 1_000),
    servingUs: (((server.servingMilliseconds() ?? Number.NaN) - before) / count) * 1_000,
  };
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
    const cached: Throughput[] = [];
    const empty: Throughput[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const one = {
        empty: await throughput(server, agent, { path: '/health/live' }),
        cached: await throughput(server, agent, query),
      };
      progress(`cached: ${one.cached.rate.toFixed(0)} a second, empty endpoint ${one.empty.rate.toFixed(0)}`);
      if (round < 0) continue;
      empty.push(one.empty);
      cached.push(one.cached);
    }
    const rate = (rounds: readonly Throughput[]): number => median(rounds.map((one) => one.rate));
    const serving = (rounds: readonly Throughput[]): number => median(rounds.map((one) => one.servingUs));
    report({
      bench: 'cached',
      ratio: rate(cached) / rate(empty),
      unit: 'x_empty_endpoint',
      goal: GOAL,
      cached_per_second: rate(cached),
      empty_per_second: rate(empty),
      connections: CONNECTIONS,
      processor_ratio: serving(empty) / serving(cached),
      cached_processor_us: serving(cached),
      empty_processor_us: serving(empty),
    });
  } finally {
    agent.destroy();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
