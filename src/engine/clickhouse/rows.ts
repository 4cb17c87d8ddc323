import { DATA_COLUMNS } from '../columns.js';
import type { EngineValue, UnifiedRow } from '../engine.js';

/** Rows handed out at once; the event loop gets a turn between two batches. */
const BATCH_ROWS = 2000;

/** Columns of a stage, in the order of {@link rowLine}. `is_deleted` is left to its default. */
export const STAGE_COLUMNS = [...DATA_COLUMNS, 'version'] as const;

/**
 * One line of `JSONCompactEachRow`. The payload is canonical JSON already and is copied as it stands, so that no number
 * of it is ever parsed here. The row's line in the import is its version within the stage.
 */
export function rowLine(organizationId: string, row: UnifiedRow): string {
  return `["${organizationId}","${row.id}","${row.recorded_at.slice(0, 10)} ${row.recorded_at.slice(11, 23)}",${JSON.stringify(
    row.data_source,
  )},"${row.source_category}",${uuidOrNull(row.campaign_id)},${uuidOrNull(row.customer_id)},${uuidOrNull(row.asset_id)},${
    row.currency === null ? 'null' : JSON.stringify(row.currency)
  },${row.data_payload},${row.attribution_data ?? '{}'},${BigInt(`0x${row.content_hash}`)},${row.line}]\n`;
}

const uuidOrNull = (value: string | null): string => (value === null ? 'null' : `"${value}"`);

/** Cuts a block of `JSONCompactEachRow` text into batches of parsed rows. */
export function* batchesOf(text: string): Generator<readonly (readonly EngineValue[])[]> {
  let start = 0;
  while (start < text.length) {
    let end = start;
    for (let n = 0; n < BATCH_ROWS && end < text.length; n++) {
      const newline = text.indexOf('\n', end);
      end = newline === -1 ? text.length : newline + 1;
    }
    yield parseRows(text.slice(start, end));
    start = end;
  }
}

/** JSON strings hold no raw newline, so every newline stands between two rows. */
export function parseRows(lines: string): readonly (readonly EngineValue[])[] {
  const rows = JSON.parse(`[${lines.trimEnd().replaceAll('\n', ',')}]`) as unknown[][];
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      const value = row[i];
      if (typeof value === 'object' && value !== null) row[i] = JSON.stringify(value);
    }
  }
  return rows as EngineValue[][];
}
