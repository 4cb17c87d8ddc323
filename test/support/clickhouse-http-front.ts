import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ClickHouseFront {
  /** `clickhouse://user:password@127.0.0.1:PORT/default` */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A ClickHouse "server" for tests: chdb behind ClickHouse's HTTP interface, as far as the official client uses it. In a
 * process of its own, because chdb binds one data directory per process.
 */
export async function startClickHouseFront(directory: string): Promise<ClickHouseFront> {
  const script = fileURLToPath(new URL('./clickhouse-http-front-server.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const port = await Promise.race([
    once(child.stdout, 'data').then(([data]) => Number(String(data))),
    exited.then(() => Promise.reject(new Error('The ClickHouse front did not start'))),
  ]);
  return {
    url: `clickhouse://tester:s%40cret@127.0.0.1:${port}/default`,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
