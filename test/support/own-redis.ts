/** A Redis of a test's own, which it may flush, kill and start anew. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';

/** Whether this machine has a Redis to start. */
export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0;

export class OwnRedis {
  private constructor(
    private readonly port: number,
    private process: ChildProcess,
  ) {}

  /** Starts one that keeps nothing on disk, and waits until it answers. */
  static async start(): Promise<OwnRedis> {
    const port = await freePort();
    const redis = new OwnRedis(port, launch(port));
    await redis.answers();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Forgets everything. */
  async flush(): Promise<void> {
    await this.ask((client) => client.flushall());
  }

  async keys(pattern: string): Promise<string[]> {
    return (await this.ask((client) => client.keys(pattern))).sort();
  }

  /** Dies without a word. */
  async kill(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }

  /** Starts again at the same address, with nothing in it. */
  async restart(): Promise<void> {
    this.process = launch(this.port);
    await this.answers();
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill();
  }

  private async answers(): Promise<void> {
    await this.ask((client) => client.ping());
  }

  private async ask<T>(what: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url, { maxRetriesPerRequest: 100, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    try {
      return await what(client);
    } finally {
      client.disconnect();
    }
  }
}

const launch = (port: number): ChildProcess =>
  spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
