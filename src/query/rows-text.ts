import { isUtf8 } from 'node:buffer';
import { presentValue } from '../compiler/query/present.js';
import type { PlannedColumn } from '../compiler/query/types.js';
import type { EngineResult, EngineValue } from '../engine/engine.js';
import { keyTexts, LineWriter } from './line-writer.js';

type Batches = AsyncGenerator<readonly (readonly EngineValue[])[]>;

/** What is known once an answer has been read to its end. */
export interface ReadingEnd {
  /** Whether there were more rows than the limit. */
  truncated: boolean;
  /** Milliseconds from the asking until the engine had given all of it. */
  engineMs: number;
}

/** Rows as they are sent. */
export interface RowsText {
  /** The JSON text of a list of objects by column name, in UTF-8, each value as a user sees it. */
  readonly rows: Buffer;
  /** The last of them as the engine gave it; null where there is none. */
  readonly last: readonly EngineValue[] | null;
}

/** Reads an answer to its end. @param limit most rows of it; null for all */
export async function rowsText(
  asked: Promise<EngineResult>,
  columns: readonly PlannedColumn[],
  limit: number | null,
  end: ReadingEnd,
): Promise<RowsText> {
  const started = performance.now();
  const { lines, batches } = await asked;
  return lines
    ? textOfLines(noted(lines, end, started), columns, limit, end)
    : textOfBatches(limited(noted(batches, end, started), limit, end), columns);
}

/** What the engine answers, at most so many rows of it. */
export async function* upTo(limit: number | null, asked: Promise<EngineResult>, end: ReadingEnd): Batches {
  const started = performance.now();
  const { batches } = await asked;
  yield* limited(noted(batches, end, started), limit, end);
}

async function* limited(batches: EngineResult['batches'], limit: number | null, end: ReadingEnd): Batches {
  let left = limit ?? Number.POSITIVE_INFINITY;
  for await (const batch of batches) {
    if (batch.length > left) end.truncated = true;
    const kept = batch.length > left ? batch.slice(0, left) : batch;
    left -= kept.length;
    if (kept.length > 0) yield kept;
  }
}

/** Hands on, and notes how long the engine took. */
async function* noted<T>(parts: AsyncIterable<T>, end: ReadingEnd, started: number): AsyncGenerator<T> {
  const note = (): void => {
    end.engineMs = Math.max(end.engineMs, Math.round(performance.now() - started));
  };
  for await (const part of parts) {
    note();
    yield part;
  }
  note();
}

async function textOfLines(
  blocks: AsyncIterable<Uint8Array>,
  columns: readonly PlannedColumn[],
  limit: number | null,
  end: ReadingEnd,
): Promise<RowsText> {
  const writer = new LineWriter(columns);
  const most = limit ?? Number.POSITIVE_INFINITY;
  let count = 0;
  let last: Uint8Array | null = null;
  for await (const given of blocks) {
    const block = isUtf8(given) ? given : Buffer.from(Buffer.from(given).toString('utf8'), 'utf8');
    let at = 0;
    while (at < block.length && count < most) {
      const start = at;
      at = writer.row(block, start);
      count++;
      if (count === most || at >= block.length) last = block.subarray(start, at);
      if (count % TURN_ROWS === 0) await new Promise((turn) => setImmediate(turn));
    }
    if (at < block.length) end.truncated = true;
  }
  return { rows: writer.end(), last: last && (JSON.parse(Buffer.from(last).toString('utf8')) as EngineValue[]) };
}

/** Rows after which the event loop gets a turn. */
const TURN_ROWS = 4_000;
/** Characters that are put together before they become bytes. */
const CHUNK = 65_536;

async function textOfBatches(batches: Batches, columns: readonly PlannedColumn[]): Promise<RowsText> {
  const keys = keyTexts(columns);
  const chunks: Buffer[] = [];
  let text = '[';
  let separator = '';
  let last: readonly EngineValue[] | null = null;
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
    last = batch.at(-1) ?? last;
  }
  chunks.push(Buffer.from(`${text}]`, 'utf8'));
  return { rows: Buffer.concat(chunks), last };
}
