/**
 * The fault run as CI has it: workers are killed at every named point between planning a report and recording its end, and
 * stopped past their lease, Redis is flushed and dies, Postgres is restarted, and a mail host that misbehaves tells what it took.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { FAULT_POINTS } from '../../src/delivery/fault-point.js';
import { hasRedisServer } from '../support/own-redis.js';
import type { FaultReport } from './fault-run.js';

const KILLS = 20;

test('whatever dies, each due report reaches each recipient once, or the ledger says why not', async () => {
  const main = join(packageRoot, 'dist/test/fault/main.js');
  const child = spawn(process.execPath, [main, '--kills', String(KILLS)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let complained = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (complained = (complained + chunk.toString('utf8')).slice(-5_000)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (printed === '') throw new Error(`The fault run has no report:\n${complained}`);
  const report = JSON.parse(printed) as FaultReport;
  expect(report).toMatchObject({ misses: 0, duplicates: 0, contradictions: [], restarts: 1 });
  expect(report.occurrences).toBeGreaterThanOrEqual(1_000);
  expect(report.kills).toBe(KILLS * FAULT_POINTS.length);
  expect(report.stops).toBe((KILLS / 10) * FAULT_POINTS.length);
  expect(report.states.accepted).toBeGreaterThan(0);
  expect(report.partlyRefused).toBeGreaterThan(0);
  // Each misbehaviour of the mail host, those towards one recipient and those towards a whole connection, took place.
  expect(Object.keys(report.mailHost).sort()).toEqual(MISBEHAVIOURS);
  if (hasRedisServer) {
    expect(report).toMatchObject({ flushes: 1, outages: 1 });
    expect(report.finishedWithoutRedis).toBeGreaterThan(0);
    // The promise is two minutes.
    expect(report.recoverySeconds).toBeLessThan(120);
  }
  expect(code).toBe(0);
}, 1_800_000);

const MISBEHAVIOURS = [
  'busy',
  'busy-data',
  'busy-mail',
  'closing',
  'closing-greeting',
  'cut',
  'hang-auth',
  'hang-data',
  'hang-dot',
  'hang-ehlo',
  'hang-greeting',
  'hang-mail',
  'hang-rcpt',
  'refuse',
  'refuse-data',
  'reset',
];
