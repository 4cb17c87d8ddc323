/**
 * `npm run bench [-- NAME …]`: runs the benches, each in a process of its own, since the embedded engine binds one data
 * directory per process. Results on stdout, one JSON object a line; progress on stderr.
 */
import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { progress, report } from './report.js';

/** Loaded late: what a bench imports is loaded in its own process only. */
const USUAL_ROWS = Number(process.env.BENCH_ROWS ?? 2_000_000);

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  compile: async () => (await import('./compile.js')).benchCompile(),
  formula: async () => (await import('./formula.js')).benchFormula(),
  ready: async () => (await import('./ready.js')).benchReady(),
  query: async () => (await import('./query.js')).benchQuery(USUAL_ROWS),
  query_10m: async () => (await import('./query.js')).benchQuery(10_000_000),
  currencies: async () => (await import('./currencies.js')).benchCurrencies(),
  export: async () => (await import('./export.js')).benchExport(),
  delivery: async () => (await import('./delivery.js')).benchDelivery(),
  rollup: async () => (await import('./rollup.js')).benchRollup(),
  cached: async () => (await import('./cached.js')).benchCached(),
  sql_api: async () => (await import('./sql-api.js')).benchSqlApi(),
  import: async () => (await import('./import.js')).benchImport(),
  import_rollup: async () => (await import('./import-rollup.js')).benchImportRollup(),
  pdf: async () => (await import('./pdf.js')).benchPdf(),
  attribution: async () => (await import('./attribution.js')).benchAttribution(),
  organizations: async () => (await import('./organizations.js')).benchOrganizations(),
  memory: async () => (await import('./memory.js')).benchMemory(),
};
/** Set for the process that runs one bench. */
const ONE = 'TRIBUTARY_BENCH';

async function runApart(name: string): Promise<boolean> {
  progress(`— ${name}`);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, [ONE]: name },
    stdio: 'inherit',
  });
  const stop = (): void => {
    child.once('exit', () => process.exit(130));
    child.kill('SIGTERM');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code !== 0) progress(`${name} failed (${code})`);
  return code === 0;
}

const one = process.env[ONE];
if (one) {
  // Ends by way of “exit”, where servers that were started are stopped.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(130));
  await BENCHES[one]?.();
} else {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !(name in BENCHES));
  if (unknown.length > 0) {
    progress(`Unknown bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}.`);
    process.exit(2);
  }
  // Other work on the machine blurs every number below.
  report({
    bench: 'machine',
    ratio: null,
    unit: 'none',
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memory_gb: totalmem() / 2 ** 30,
    load_before: loadavg()[0],
    node: process.version,
  });
  let failed = false;
  for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHES)) failed = !(await runApart(name)) || failed;
  process.exit(failed ? 1 : 0);
}
