import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { askServer, type ServerOptions } from './server-client.js';

/** Sends a file of exchange rates, and says what became of them. */
export async function importRates(file: string, options: ServerOptions): Promise<void> {
  const body = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  const type = body.trimStart().startsWith('{') ? 'application/x-ndjson' : 'text/csv';
  const headers = { 'content-type': type };
  const answer = JSON.parse(await askServer(options, '/api/fx/rates', { method: 'POST', body, headers })) as Record<
    'read' | 'loaded' | 'restated' | 'unchanged',
    number
  >;
  console.log(
    `${answer.read} read: ${answer.loaded} loaded, ${answer.restated} restated, ${answer.unchanged} unchanged.`,
  );
}
