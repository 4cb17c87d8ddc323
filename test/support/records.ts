import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Address of the embedded Postgres of a data directory, as its server has written it down. */
export function embeddedDatabaseUrl(dataDir: string): string {
  const { port, password } = JSON.parse(readFileSync(join(dataDir, 'postgres', 'connection.json'), 'utf8')) as {
    port: number;
    password: string;
  };
  return `postgres://tributary:${password}@127.0.0.1:${port}/postgres`;
}

/** Process id of the embedded Postgres of a data directory, from its own pid file. */
export const embeddedPostmaster = (dataDir: string): number =>
  Number(readFileSync(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);
