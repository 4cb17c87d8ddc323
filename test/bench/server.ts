import { onProcessorMs } from './thread-time.js';
import { readFileSync } from 'node:fs';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { packageRoot } from '../../src/common/package-root.js';

/** Key of the administrator in every server that is measured. */
export const KEY = 'trb_benchadmin_0123456789abcdefghijABCDEFGHIJ';

/** Settings of every server that is measured: everything embedded, no sample, any free port, no limit in the way. */
export const settings = (dataDir: string): Record<string, string> => ({
  PORT: '0',
  SQL_API_PORT: '0',
  DATA_DIR: dataDir,
  SAMPLE_DATA: 'off',
  LOG_LEVEL: 'warn',
  ADMIN_API_KEY: KEY,
  RATE_LIMIT_KEY: 'off',
  RATE_LIMIT_ORGANIZATION: 'off',
  QUERY_BUDGET_SECONDS: 'off',
});

/** What `npm start` runs with Node: flags and the file. */
const [, ...START] = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { scripts: { start: string } }
).scripts.start.split(' ');

/** A server in a process of its own, as `npm start` runs it. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly base: string,
    /** From spawning the process to its line “Ready”. */
    readonly readySeconds: number,
  ) {}

  /** @throws Error with what it printed when it ends before it is ready */
  static async start(dataDir: string): Promise<ServerProcess> {
    const started = performance.now();
    const child = spawn(process.execPath, START, {
      cwd: packageRoot,
      env: { ...process.env, ...settings(dataDir) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const orphan = (): void => void child.kill('SIGTERM');
    process.once('exit', orphan);
    child.once('exit', () => process.off('exit', orphan));
    let printed = '';
    const base = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        printed += chunk.toString('utf8');
        const ready = /Ready in \S+ s at (http:\/\/\S+)/.exec(printed);
        if (ready?.[1]) resolve(ready[1]);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`The server ended (${code}) before it was ready:\n${printed}`)));
    });
    return new ServerProcess(child, base, (performance.now() - started) / 1_000);
  }

  /** Memory that the process holds now. */
  residentMegabytes(): number {
    return Number(this.ask('rss')) / 1_024;
  }

  /** Processor time that the process has used so far, in whole seconds. */
  processorSeconds(): number {
    const [, days = '0', clock = ''] = /^(?:(\d+)-)?(.+)$/.exec(this.ask('time')) ?? [];
    return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
  }

  /** The same of the thread that serves, in milliseconds; null where the system does not tell. */
  servingMilliseconds(): number | null {
    return onProcessorMs(this.child.pid ?? 0);
  }

  private ask(column: 'rss' | 'time'): string {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(this.child.pid)], { encoding: 'utf8' }).trim();
  }

  /** Sends rows and waits for the answer. @throws Error unless all of them were loaded */
  async importRows(body: Readable): Promise<{ read: number; loaded: number }> {
    const text = await new Promise<string>((resolve, reject) => {
      const outgoing = request(
        new URL('/api/integrations/rows', this.base),
        { method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/x-ndjson' } },
        (response) => {
          let answer = '';
          response.setEncoding('utf8').on('data', (part: string) => (answer += part));
          response.once('end', () =>
            response.statusCode === 201 ? resolve(answer) : reject(new Error(`${response.statusCode}: ${answer}`)),
          );
        },
      );
      outgoing.once('error', reject);
      pipeline(body, outgoing).catch(reject);
    });
    const answer = JSON.parse(text) as { read: number; loaded: number };
    if (answer.loaded !== answer.read) throw new Error(`Not all rows were loaded: ${text}`);
    return answer;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }
}
