import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { StoredCounts } from '../fx/rate-store.js';
import { askServer, type ServerOptions } from './server-client.js';

interface FxOptions extends ServerOptions {
  /** For all organisations of the installation, on its machine. */
  readonly everyone?: boolean;
}

/** Sends a file of exchange rates, and says what became of them. */
export async function importRates(file: string, options: FxOptions): Promise<void> {
  const body = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  const isLines = body.trimStart().startsWith('{');
  if (options.everyone === true) {
    const { importForEveryone } = await import('./fx-everyone.js');
    print(await importForEveryone(body, isLines ? 'ndjson' : 'csv'));
    return;
  }
  const headers = { 'content-type': isLines ? 'application/x-ndjson' : 'text/csv' };
  const answer = JSON.parse(
    await askServer(options, '/api/fx/rates', { method: 'POST', body, headers }),
  ) as StoredCounts;
  print(answer);
}

const print = ({ read, loaded, restated, unchanged }: StoredCounts): void =>
  console.log(`${read} read: ${loaded} loaded, ${restated} restated, ${unchanged} unchanged.`);
