import type { UnifiedRow } from '../../src/engine/engine.js';
import { decodeText } from '../../src/ingestion/decode/text.js';
import { parseMapping } from '../../src/ingestion/mapping.js';
import { openSource, type PresetName } from '../../src/ingestion/presets/presets.js';
import { Staging } from '../../src/ingestion/staging.js';
import { DEFAULT_FIELDS } from '../../src/ingestion/standard-fields.js';
import type { Reject } from '../../src/ingestion/import-store.js';

export const ORGANIZATION = '0b7e0a50-3f0a-4b52-9a0e-7a4d3d1f2c11';

export interface Collected {
  readonly rows: readonly UnifiedRow[];
  readonly payloads: readonly Record<string, unknown>[];
  readonly rejects: readonly Reject[];
  readonly warnings: Readonly<Record<string, number>>;
  readonly read: number;
}

/** Reads a file as an import does, up to the rows that would go to the engine. */
export async function collectRows(
  preset: PresetName | 'rows',
  content: string | Buffer | readonly Buffer[],
  mapping: unknown = {},
): Promise<Collected> {
  const rows: UnifiedRow[] = [];
  const rejects: Reject[] = [];
  const stage = {
    append: (batch: readonly UnifiedRow[]) => {
      rows.push(...batch);
      return Promise.resolve();
    },
    plan: () => Promise.reject(new Error('not asked for')),
    months: () => Promise.reject(new Error('not asked for')),
    commit: () => Promise.resolve(),
    drop: () => Promise.resolve(),
  };
  const checked = parseMapping(mapping);
  const staging = new Staging(
    stage,
    { organizationId: ORGANIZATION, fields: DEFAULT_FIELDS, keepEmail: checked.keep_email },
    (batch) => {
      rejects.push(...batch);
      return Promise.resolve();
    },
  );
  const source = openSource(preset, { mapping: checked, fields: DEFAULT_FIELDS, sink: staging });
  const chunks = typeof content === 'string' ? [Buffer.from(content)] : Buffer.isBuffer(content) ? [content] : content;
  const invalid = preset === 'rows' ? 'mark' : 'fail';
  for await (const text of decodeText(streamOf(chunks), { encoding: checked.encoding, invalid })) {
    source.push(text);
    await staging.relieve();
  }
  source.end();
  await staging.finish();
  return {
    rows,
    payloads: rows.map((row) => JSON.parse(row.data_payload) as Record<string, unknown>),
    rejects,
    warnings: Object.fromEntries(staging.counts.warnings.map(({ code, count }) => [code, count])),
    read: staging.counts.read,
  };
}

async function* streamOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}
