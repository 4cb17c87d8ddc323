/**
 * `npm run fault [-- --short | --kills N]`: prints the report of a fault run as one JSON line; ends with 1 when it is not
 * clean. Brings its own Postgres, mail host and, where there is a `redis-server`, Redis; SIGTERM and SIGINT end it with them.
 */
import 'reflect-metadata';
import { faultRun } from './fault-run.js';

const isShort = process.argv.includes('--short');
const given = process.argv.indexOf('--kills');
const kills = given < 0 ? (isShort ? 20 : 100) : Number(process.argv[given + 1]);
const ending = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => ending.abort(new Error(`Ended by ${signal}.`)));
const report = await faultRun({
  killsAtEachPoint: kills,
  stopsAtEachPoint: Math.max(1, Math.floor(kills / 10)),
  workers: 5,
  occurrences: 1_000,
  rounds: Math.min(5, Math.ceil(kills / 20)),
  signal: ending.signal,
  say: (line) => void process.stderr.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(report.misses + report.duplicates + report.contradictions.length === 0 ? 0 : 1);
