/**
 * Runs statements on an embedded ClickHouse of its own, in a process of its own: reads a JSON array of SQL texts from
 * standard input, writes a JSON array of results (rows of values) to standard output.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';

let input = '';
for await (const chunk of process.stdin) input += chunk;
const path = mkdtempSync(join(tmpdir(), 'tributary-formula-'));
const client = createClient({
  connection: createChdbConnection({ path }),
  clickhouse_settings: { output_format_json_quote_decimals: 1, output_format_json_quote_64bit_integers: 1 },
});
const results = [];
for (const query of JSON.parse(input)) {
  const reply = await client.query({ query, format: 'JSONCompact' });
  results.push((await reply.json()).data);
}
await client.close();
rmSync(path, { recursive: true, force: true });
process.stdout.write(JSON.stringify(results), () => process.exit(0));
