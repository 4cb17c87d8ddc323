/** Cached answers a second against an empty endpoint of the same server, over connections that are kept. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { KeptConnection, type Call } from './kept-connection.js';
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

interface Throughput {
  /** Requests answered a second. */
  readonly rate: number;
  /** Processor time of the thread that serves, for one request. */
  readonly servingUs: number;
  /** The same of this process, which asks: it has to be less than that of the server, or it is what is measured. */
  readonly askingUs: number;
}

async function throughput(
  server: ServerProcess,
  connections: readonly KeptConnection[],
  call: Call,
): Promise<Throughput> {
  const before = server.servingMilliseconds() ?? Number.NaN;
  const asking = process.cpuUsage();
  const started = performance.now();
  const end = started + SECONDS * 1_000;
  let count = 0;
  const lane = async (connection: KeptConnection): Promise<void> => {
    const bytes = connection.bytesOf(call);
    while (performance.now() < end) {
      await connection.send(bytes);
      count++;
    }
  };
  await Promise.all(connections.map(lane));
  const { user, system } = process.cpuUsage(asking);
  return {
    rate: count / ((performance.now() - started) / 1_000),
    servingUs: (((server.servingMilliseconds() ?? Number.NaN) - before) / count) * 1_000,
    askingUs: (user + system) / count,
  };
}

export async function benchCached(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const server = await ServerProcess.start(dataDir);
  const connections: KeptConnection[] = [];
  try {
    await server.importRows(Readable.from(rowChunks(ROWS, 'cached'), { objectMode: false }));
    for (let index = 0; index < CONNECTIONS; index++) connections.push(await KeptConnection.open(server.base, KEY));
    const query = { path: '/api/query', body: QUERY };
    const isCached = async (): Promise<boolean> => {
      const [first] = connections as [KeptConnection];
      const answer = await first.send(first.bytesOf(query));
      return (JSON.parse(answer.toString('utf8')) as { meta: { cached: boolean } }).meta.cached;
    };
    if ((await isCached()) || !(await isCached())) throw new Error('The second answer is to come from the cache.');
    const cached: Throughput[] = [];
    const empty: Throughput[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const one = {
        empty: await throughput(server, connections, { path: '/health/live' }),
        cached: await throughput(server, connections, query),
      };
      progress(`cached: ${one.cached.rate.toFixed(0)} a second, empty endpoint ${one.empty.rate.toFixed(0)}`);
      if (round < 0) continue;
      empty.push(one.empty);
      cached.push(one.cached);
    }
    const rate = (rounds: readonly Throughput[]): number => median(rounds.map((one) => one.rate));
    const serving = (rounds: readonly Throughput[]): number => median(rounds.map((one) => one.servingUs));
    const asking = (rounds: readonly Throughput[]): number => median(rounds.map((one) => one.askingUs));
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
      cached_asking_us: asking(cached),
      empty_asking_us: asking(empty),
    });
  } finally {
    for (const connection of connections) connection.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
