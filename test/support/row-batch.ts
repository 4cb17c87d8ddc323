/** Rows made on the fly whose sums are known exactly, whichever of them are stored. */

const SOURCES = ['meta_ads', 'google_ads', 'tiktok_ads'] as const;
const PIECE_ROWS = 1_000;
const FIRST_DAY = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

/** A set of rows with fixed ids. Each revision changes the spend of every second row; the others stay as they were. */
export interface RowBatch {
  /** Also the campaign of its rows. */
  readonly name: string;
  readonly rows: number;
  readonly revision: number;
}

/** What all rows of one data source come to. */
export interface SourceSum {
  readonly rows: number;
  /** Spend, as the API writes it: plain decimal with two digits. */
  readonly spend: string;
}

/** The rows as NDJSON, in pieces of about equal length. */
export function* ndjson(batch: RowBatch): Generator<Buffer> {
  let lines = '';
  for (let index = 0; index < batch.rows; index++) {
    lines += `${lineOf(batch, index)}\n`;
    if ((index + 1) % PIECE_ROWS === 0 || index === batch.rows - 1) {
      yield Buffer.from(lines);
      lines = '';
    }
  }
}

/** Number of pieces of {@link ndjson}. */
export const piecesOf = (batch: RowBatch): number => Math.ceil(batch.rows / PIECE_ROWS);

/** What the batch adds to each data source once it is stored. */
export function sumsOf(batch: RowBatch): Readonly<Record<string, SourceSum>> {
  const known = summed.get(batch);
  if (known) return known;
  const rows = new Map<string, number>();
  const cents = new Map<string, number>();
  for (let index = 0; index < batch.rows; index++) {
    const source = sourceOf(index);
    rows.set(source, (rows.get(source) ?? 0) + 1);
    cents.set(source, (cents.get(source) ?? 0) + centsOf(batch.revision, index));
  }
  const sums = Object.fromEntries(
    [...rows].map(([source, count]) => [source, { rows: count, spend: decimal(cents.get(source) ?? 0) }]),
  );
  summed.set(batch, sums);
  return sums;
}

const summed = new WeakMap<RowBatch, Readonly<Record<string, SourceSum>>>();
const sourceOf = (index: number): string => SOURCES[(index % 7) % SOURCES.length] ?? SOURCES[0];
const centsOf = (revision: number, index: number): number =>
  (index * 7_919 + (index % 2 === 0 ? revision * 13 : 0)) % 1_000_000;
/** Cents as a decimal; sums stay far below 2^53. */
const decimal = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;

const DAYS = Array.from({ length: 90 }, (_, day) => new Date(FIRST_DAY + day * DAY_MS).toISOString());

const lineOf = ({ name, revision }: RowBatch, index: number): string =>
  `{"external_id":"${name}:${index}","recorded_at":"${DAYS[index % 90]}","data_source":"${sourceOf(index)}",` +
  `"source_category":"external_marketing","campaign_id":"${name}","currency":"USD","data_payload":{"spend":"` +
  `${decimal(centsOf(revision, index))}","clicks":1,"device":"${index % 3 === 0 ? 'mobile' : 'desktop'}"}}`;
