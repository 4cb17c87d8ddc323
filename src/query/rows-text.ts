import { presentValue } from '../compiler/query/present.js';
import type { PlannedColumn } from '../compiler/query/types.js';
import type { EngineValue } from '../engine/engine.js';

/** Characters that are put together before they become bytes. */
const CHUNK = 65_536;

/** Rows as the JSON text of a list of objects by column name, in UTF-8, each value as a user sees it. */
export async function rowsText(
  batches: AsyncIterable<readonly (readonly EngineValue[])[]>,
  columns: readonly PlannedColumn[],
): Promise<Buffer> {
  const keys = columns.map((column, index) => `${index === 0 ? '{' : ','}${JSON.stringify(column.name)}:`);
  const chunks: Buffer[] = [];
  let text = '[';
  let separator = '';
  for await (const batch of batches) {
    for (const row of batch) {
      text += separator;
      for (let index = 0; index < columns.length; index++) {
        const value = presentValue(row[index] ?? null, columns[index] as PlannedColumn);
        text += (keys[index] as string) + JSON.stringify(value);
      }
      text += '}';
      separator = ',';
      if (text.length >= CHUNK) {
        chunks.push(Buffer.from(text, 'utf8'));
        text = '';
      }
    }
  }
  chunks.push(Buffer.from(`${text}]`, 'utf8'));
  return Buffer.concat(chunks);
}
