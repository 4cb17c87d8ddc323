import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { packageRoot } from '../../src/common/package-root.js';
import { prepareData } from './prepared-data.js';

/** Key of the first administrator in every test server. */
export const ADMIN_KEY = 'trb_testadmin0_0123456789abcdefghijABCDEFGHIJ';

export interface ServerOptions {
  /** Kept between starts when given; else a folder that `stop` removes, with stores that are set up already. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A worker runs jobs only, by its own command. Default `server`. */
  readonly as?: 'server' | 'worker';
  /** Longest wait for readiness. */
  readonly readySeconds?: number;
}

/** What `npm start` gives to node: its flags, and the file. */
const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  readonly scripts: { readonly start: string };
};
const START = scripts.start.split(' ').slice(1);

function spawnServer(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
  as: ServerOptions['as'] = 'server',
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, as === 'worker' ? ['dist/app/cli.js', 'worker'] : START, {
    cwd: packageRoot,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      PORT: '0',
      SQL_API_PORT: '0',
      DATA_DIR: dataDir,
      SAMPLE_DATA: 'off',
      LOG_LEVEL: 'warn',
      ADMIN_API_KEY: ADMIN_KEY,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A real server in a process of its own, as `npm start` runs it, and a small client for its doors. */
export class TestServer {
  private constructor(
    readonly process: ChildProcess,
    readonly base: string,
    readonly dataDir: string,
    private readonly ownsDataDir: boolean,
    private readonly output: string[],
  ) {}

  /** Starts the built server and waits until it answers. @throws Error with what it printed when it does not start */
  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'tributary-'));
    if (options.dataDir === undefined && options.env?.DATABASE_URL === undefined) await prepareData(dataDir);
    const output: string[] = [];
    const child = spawnServer(dataDir, options.env, options.as);
    const base = await new Promise<string>((resolve, reject) => {
      const failed = (why: string): void => reject(new Error(`${why}\n${output.join('')}`));
      const timer = setTimeout(
        () => {
          child.kill('SIGKILL');
          failed('The server was not ready in time.');
        },
        (options.readySeconds ?? 90) * 1_000,
      );
      const read = (chunk: Buffer): void => {
        output.push(chunk.toString('utf8'));
        const ready = /Ready in .* at (http:\/\/\S+)/.exec(output.join(''));
        if (!ready?.[1]) return;
        clearTimeout(timer);
        resolve(ready[1]);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        failed(`The server ended (${code ?? signal}) before it was ready.`);
      });
    });
    return new TestServer(child, base, dataDir, options.dataDir === undefined, output);
  }

  /** Runs a server that is expected to end by itself, and waits until it has. */
  static async expectEnd(
    dataDir: string,
    env: Readonly<Record<string, string>> = {},
    as: ServerOptions['as'] = 'server',
  ): Promise<{ code: number | null; printed: string }> {
    const child = spawnServer(dataDir, env, as);
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, printed };
  }

  /** Port of the SQL API. */
  get sqlPort(): number {
    return Number(/SQL API on \S+:(\d+)/.exec(this.printed)?.[1]);
  }

  /** Everything that the server printed so far. */
  get printed(): string {
    return this.output.join('');
  }

  async fetch(path: string, init: RequestInit = {}, key: string | null = ADMIN_KEY): Promise<Response> {
    const headers = new Headers(init.headers);
    if (key !== null) headers.set('authorization', `Bearer ${key}`);
    return fetch(new URL(path, this.base), { ...init, headers });
  }

  /** Sends and reads JSON; `body` absent means GET. */
  async json<T = Record<string, unknown>>(
    path: string,
    body?: unknown,
    method = body === undefined ? 'GET' : 'POST',
    key: string | null = ADMIN_KEY,
  ): Promise<{ status: number; body: T }> {
    const response = await this.fetch(
      path,
      {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      },
      key,
    );
    const text = await response.text();
    return { status: response.status, body: (text ? JSON.parse(text) : {}) as T };
  }

  /** Runs a GraphQL document. */
  async graphql<T = Record<string, unknown>>(
    query: string,
    variables: Record<string, unknown> = {},
    key: string | null = ADMIN_KEY,
  ): Promise<{ data: T | null; errors?: { message: string; extensions?: Record<string, unknown> }[] }> {
    const { body } = await this.json('/graphql', { query, variables }, 'POST', key);
    return body as never;
  }

  /** Uploads an export as a browser's form would. */
  async upload<T = Record<string, unknown>>(
    preset: string,
    filename: string,
    content: string | Uint8Array,
    mapping?: unknown,
  ): Promise<{ status: number; body: T }> {
    const form = new FormData();
    if (mapping !== undefined) form.set('mapping', new Blob([JSON.stringify(mapping)], { type: 'application/json' }));
    form.set('file', new Blob([content as Uint8Array<ArrayBuffer>]), filename);
    const response = await this.fetch(`/api/integrations/import?preset=${preset}`, { method: 'POST', body: form });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Sends NDJSON rows. */
  async rows<T = Record<string, unknown>>(rows: readonly unknown[] | string): Promise<{ status: number; body: T }> {
    const body = typeof rows === 'string' ? rows : rows.map((row) => JSON.stringify(row)).join('\n');
    const response = await this.fetch('/api/integrations/rows', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Ends the process: politely with SIGTERM, or at once with SIGKILL. */
  async end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const ended = new Promise<number | null>((resolve) => this.process.once('exit', (code) => resolve(code)));
    this.process.kill(signal);
    return ended;
  }

  /** Ends the process and removes the data folder, if it is this server's own. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
    if (this.ownsDataDir) rmSync(this.dataDir, { recursive: true, force: true });
  }
}
