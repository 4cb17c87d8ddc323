/**
 * The short form of the fault run: workers are killed and stopped at every named point between planning a report and
 * recording its end, Postgres is restarted, and a mail host that misbehaves tells what it took.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { FAULT_POINTS } from '../../src/delivery/fault-point.js';
import type { FaultReport } from './fault-run.js';

test('whatever dies, each due report reaches each recipient once, or the ledger says why not', async () => {
  const child = spawn(process.execPath, [join(packageRoot, 'dist/test/fault/main.js'), '--kills', '1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  const report = JSON.parse(printed) as FaultReport;
  expect(report).toMatchObject({ misses: 0, duplicates: 0, contradictions: [], restarts: 1 });
  expect(report.kills).toBeGreaterThanOrEqual(FAULT_POINTS.length);
  expect(report.stops).toBe(FAULT_POINTS.length);
  expect(report.states.accepted).toBeGreaterThan(0);
  expect(code).toBe(0);
}, 300_000);
