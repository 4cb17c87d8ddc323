/** Memory of the server while one long file streams in: flat means that it does not grow with the file. */
import { Readable } from 'node:stream';
import { progress, report, withFolder } from './report.js';
import { rowChunks } from './rows.js';
import { ServerProcess } from './server.js';

const BYTES = process.env.BENCH_LARGE === '1' ? 1_000_000_000 : 200_000_000;
/** Until here caches and pools fill up; after it nothing should grow. */
const WARM_SHARE = 0.2;
const SAMPLE_MS = 200;

export const benchMemory = (): Promise<void> => withFolder(streamInto);

async function streamInto(dataDir: string): Promise<void> {
  const server = await ServerProcess.start(dataDir);
  let sent = 0;
  function* file(): Generator<Buffer> {
    for (const chunk of rowChunks(Number.MAX_SAFE_INTEGER, 'memory')) {
      if (sent >= BYTES) return;
      sent += chunk.length;
      yield chunk;
    }
  }
  const idle = server.residentMegabytes();
  const peak = { warm: 0, streaming: 0, settling: 0 };
  let over = false;
  const watching = (async () => {
    while (!over) {
      const megabytes = server.residentMegabytes();
      const phase = sent < BYTES * WARM_SHARE ? 'warm' : sent < BYTES ? 'streaming' : 'settling';
      peak[phase] = Math.max(peak[phase], megabytes);
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
  })();
  try {
    const started = performance.now();
    const { loaded } = await server.importRows(Readable.from(file(), { objectMode: false }));
    const seconds = (performance.now() - started) / 1_000;
    over = true;
    await watching;
    progress(`memory: ${loaded} rows, ${(sent / 1e6).toFixed(0)} MB in ${seconds.toFixed(0)} s`);
    report({
      bench: 'import_memory',
      ratio: peak.streaming / peak.warm,
      unit: 'x_peak_of_first_20_percent',
      megabytes_sent: sent / 1e6,
      rows: loaded,
      seconds,
      idle_mb: idle,
      first_20_percent_peak_mb: peak.warm,
      streaming_peak_mb: peak.streaming,
      growth_mb: peak.streaming - peak.warm,
      settling_peak_mb: peak.settling,
    });
  } finally {
    over = true;
    await server.stop();
  }
}
