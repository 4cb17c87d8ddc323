/** `application/x-ndjson`: one row a line, as the API documents it. */
import { nearestNames } from '../../common/nearest.js';
import { BASE_COLUMNS } from '../../compiler/model/types.js';
import { SOURCE_CATEGORIES } from '../../engine/engine.js';
import { fault, isSourceCategory, shown, type Fault, type RowDraft } from '../canonical.js';
import { LineSplitter, TOO_LONG, type Line } from '../decode/line-splitter.js';
import { INVALID_LINE, emptyFile } from '../decode/text.js';
import type { RowSource, SourceOptions } from '../row-source.js';
import { InstantReader } from '../values/instant.js';
import { parseExactJson, toPayloadValue } from '../values/exact-json.js';
import type { PayloadValue } from '../values/payload.js';

const KEYS: readonly string[] = [
  'external_id',
  // The id is made from the external one.
  ...BASE_COLUMNS.filter((column) => column !== 'id'),
  'data_payload',
  'attribution_data',
];
const KNOWN: ReadonlySet<string> = new Set(KEYS);

type Json = Readonly<Record<string, unknown>>;

export class RowsSource implements RowSource {
  private readonly lines = new LineSplitter();
  private readonly dates = new InstantReader({ format: null, time_zone: null });
  private isEmpty = true;

  constructor(private readonly options: SourceOptions) {}

  push(text: string): void {
    for (const line of this.lines.push(text)) this.read(line);
  }

  end(): void {
    for (const line of this.lines.end()) this.read(line);
    if (this.isEmpty) throw emptyFile();
  }

  private read({ number, text, tooLong }: Line): void {
    const { sink } = this.options;
    if (!tooLong && text.trim() === '') return;
    this.isEmpty = false;
    if (tooLong) {
      sink.reject(number, fault('line_too_long', TOO_LONG), text);
      return;
    }
    if (text.startsWith(INVALID_LINE)) {
      sink.reject(number, fault('invalid_encoding', 'the line is not UTF-8'), text.slice(1));
      return;
    }
    let parsed: { readonly value: unknown; readonly quoted: boolean };
    try {
      parsed = parseExactJson(text);
    } catch {
      sink.reject(
        number,
        fault('invalid_json', 'the line is not JSON; each line must hold one whole JSON object'),
        text,
      );
      return;
    }
    const draft = this.draftOf(parsed.value, parsed.quoted, number);
    if ('code' in draft) sink.reject(number, draft, text);
    else sink.row(draft, text);
  }

  private draftOf(value: unknown, quoted: boolean, line: number): RowDraft | Fault {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fault('not_an_object', 'the line is not a JSON object');
    }
    const row = value as Json;
    for (const key of Object.keys(row)) {
      if (KNOWN.has(key)) continue;
      const near = nearestNames(key, KEYS);
      const hint =
        near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'fields of your own belong into data_payload';
      return fault('unknown_field', `"${key.slice(0, 80)}" is not a field of a row; ${hint}`);
    }
    const { recorded_at: time, data_source: source, source_category: category } = row;
    if (typeof time !== 'string') return fault('bad_recorded_at', 'recorded_at: must be a text in ISO 8601');
    const instant = this.dates.read(time);
    if (instant.kind === 'unreadable') return fault('bad_recorded_at', `recorded_at: ${instant.reason}`);
    if (typeof source !== 'string') return fault('bad_data_source', 'data_source: must be a text such as meta_ads');
    if (!isSourceCategory(category)) {
      return fault('bad_source_category', `source_category: must be one of ${SOURCE_CATEGORIES.join(', ')}`);
    }
    const payload = toPayloadValue(row['data_payload'] ?? null, quoted);
    if (payload === undefined)
      return fault('number_too_large', 'data_payload: a number has more than 20 digits before the point');
    if (!(payload instanceof Map)) return fault('bad_data_payload', 'data_payload: must be a JSON object');
    const attribution = toPayloadValue(row['attribution_data'] ?? null, quoted);
    if (attribution === undefined) {
      return fault('number_too_large', 'attribution_data: a number has more than 20 digits before the point');
    }
    const ids: (string | null)[] = [];
    for (const name of ['external_id', 'campaign_id', 'customer_id', 'asset_id', 'currency'] as const) {
      const id = row[name];
      if (id === undefined || id === null || id === '') ids.push(null);
      else if (typeof id === 'string') ids.push(id);
      else return fault('bad_id', `${name}: ${shown(toPayloadValue(id, quoted) ?? null)} must be a text or null`);
    }
    const [external_id = null, campaign = null, customer = null, asset = null, currency = null] = ids;
    return {
      recorded_at: instant.iso,
      data_source: source,
      source_category: category,
      campaign,
      customer,
      asset,
      currency,
      external_id,
      identity: null,
      payload: payload as Map<string, PayloadValue>,
      attribution,
      line,
    };
  }
}
