/** Rows through `POST /api/integrations/rows` against the engine's raw insert of the same canonical rows. */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { drainPending, Session } from 'chdb';
import { rowLine, STAGE_COLUMNS } from '../../src/engine/clickhouse/rows.js';
import { createStageTable } from '../../src/engine/clickhouse/tables.js';
import { BASE_SETTINGS } from '../../src/engine/clickhouse/transport.js';
import type { UnifiedRow } from '../../src/engine/engine.js';
import { NO_MAPPING } from '../../src/ingestion/mapping.js';
import { RowsSource } from '../../src/ingestion/presets/rows.js';
import { Staging } from '../../src/ingestion/staging.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { typedFields } from '../../src/metrics/typed-fields.js';
import { median, progress, report, timed, withFolder } from './report.js';
import { rowChunks } from './rows.js';
import { ServerProcess } from './server.js';

const ROWS = 500_000;
const ROUNDS = 3;
const GOAL = 2;
const ORGANIZATION = '7b0c1d2e-0000-4000-8000-000000000001';
const FORMAT = 'JSONCompactEachRow';

/** The rows of an export as the engine is handed them. */
async function canonicalRows(tag: string): Promise<Buffer> {
  const { fields } = new LibraryService().library;
  const lines: Buffer[] = [];
  const append = async (rows: readonly UnifiedRow[]): Promise<void> => {
    lines.push(Buffer.from(rows.map((row) => rowLine(ORGANIZATION, row)).join(''), 'utf8'));
  };
  const unused = (): never => {
    throw new Error('Rows are only collected.');
  };
  const stage = { append, plan: unused, months: unused, commit: unused, drop: unused };
  const staging = new Staging(stage, { organizationId: ORGANIZATION, fields }, async () => undefined);
  const source = new RowsSource({ mapping: NO_MAPPING, fields, sink: staging });
  for (const chunk of rowChunks(ROWS, tag)) {
    source.push(chunk.toString('utf8'));
    await staging.relieve();
  }
  source.end();
  await staging.finish();
  if (staging.counts.rejected > 0) throw new Error('The bench writes rows that are rejected.');
  return Buffer.concat(lines);
}

export const benchImport = (): Promise<void> => withFolder(importInto);

async function importInto(folder: string): Promise<void> {
  const server = await ServerProcess.start(join(folder, 'data'));
  const session = new Session(join(folder, 'raw'));
  try {
    const settings = Object.entries(BASE_SETTINGS).map(([name, value]) => `${name} = '${value}'`);
    session.query(`SET ${settings.join(', ')}`);
    const product: number[] = [];
    const engine: number[] = [];
    // Processor time is hardly touched by what else runs on the machine.
    const seconds = { product: 0, engine: 0 };
    let bytes = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const file = join(folder, 'rows.ndjson');
      await pipeline(Readable.from(rowChunks(ROWS, `round-${round}`)), createWriteStream(file));
      const values = await canonicalRows(`round-${round}`);

      const table = `raw_${round}`;
      session.query(createStageTable(table, typedFields(new LibraryService().library)));
      const before = process.cpuUsage();
      engine.push((await timed(() => session.insert({ table, columns: STAGE_COLUMNS, values, format: FORMAT }))).ms);
      const used = process.cpuUsage(before);
      seconds.engine += (used.user + used.system) / 1e6;
      session.query(`DROP TABLE ${table} SYNC`);

      const body = createReadStream(file, { highWaterMark: 1024 * 1024 });
      const usedBefore = server.processorSeconds();
      product.push((await timed(() => server.importRows(body))).ms);
      seconds.product += server.processorSeconds() - usedBefore;
      bytes = body.bytesRead;
      progress(`import: ${product.at(-1)?.toFixed(0)} ms, engine alone ${engine.at(-1)?.toFixed(0)} ms`);
    }
    report({
      bench: 'import',
      ratio: median(product) / median(engine),
      unit: 'x_engine',
      goal: GOAL,
      rows: ROWS,
      import_ms: median(product),
      engine_ms: median(engine),
      processor_ratio: seconds.product / seconds.engine,
      rows_per_second: Math.round(ROWS / (median(product) / 1_000)),
      megabytes_per_second: bytes / 1e3 / median(product),
    });
  } finally {
    session.close();
    await drainPending();
    await server.stop();
  }
}
