/**
 * From a row as a source wrote it to the row that is stored: types checked, ids made, payload in its canonical text.
 *
 * **Identity.** The id of a row is a UUIDv5 in the organisation's namespace over
 * - `external_id` and the data source, when there is an `external_id`; else
 * - the parts that the preset names (for ads: day, campaign, ad set, ad and further breakdowns); else
 * - data source, `recorded_at`, campaign, customer and asset, and every text and truth value of the payload. A text that
 *   is a decimal with a fraction (`"120.50"`) is a measure, not a dimension. Currency and numbers are not part of it, so
 *   a restated figure replaces the old one.
 *
 * **Other ids.** A campaign, customer or asset id that is no UUID becomes the UUIDv5 of organisation, source and id; the
 * original stays in the payload as `campaign_name`, `customer_ref`, `asset_name` unless such a field is there already.
 * An e-mail address as customer id is the same person in every source: the UUIDv5 of organisation and the address in
 * lower case. It is a pseudonym, and the address itself is not stored (unless the mapping says `keep_email`).
 */
import { isCurrency } from '../common/currency.js';
import { hash } from 'node:crypto';
import type { DataType } from '../compiler/model/types.js';
import { isUuid, UuidNamespace } from '../common/uuid.js';
import { SOURCE_CATEGORIES, type SourceCategory, type UnifiedRow } from '../engine/engine.js';
import type { FieldType } from './standard-fields.js';
import { ExactNumber } from './values/decimal.js';
import { readNumber } from './values/number-text.js';
import { InstantReader } from './values/instant.js';
import {
  MAX_PAYLOAD_LENGTH,
  PayloadWriter,
  canonicalJson,
  isNumber,
  isObject,
  payloadFault,
  textFault,
  type PayloadValue,
} from './values/payload.js';

/** A row before it is checked and made canonical. */
export interface RowDraft {
  /** UTC instant as `YYYY-MM-DDTHH:MM:SS.sssZ`. */
  readonly recorded_at: string;
  readonly data_source: string;
  readonly source_category: SourceCategory;
  /** Ids as the source has them. */
  readonly campaign: string | null;
  readonly customer: string | null;
  readonly asset: string | null;
  readonly currency: string | null;
  readonly external_id: string | null;
  /** Parts that make up the identity when there is no `external_id`; null: the natural identity. */
  readonly identity: readonly string[] | null;
  /** Changed in place while the row is finished. */
  readonly payload: Map<string, PayloadValue>;
  readonly attribution: PayloadValue;
  readonly line: number;
}

/** Why a row was not taken. */
export interface Fault {
  /** Stable code, snake_case. */
  readonly code: string;
  /** What a person can act on. */
  readonly reason: string;
}

export const fault = (code: string, reason: string): Fault => ({ code, reason });

const DATA_SOURCE = /^[a-z][a-z0-9_]{0,62}$/;
const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
const FRACTION = /^-?\d+\.\d+$/;
const MAX_ID_LENGTH = 1_000;
const CACHE_LIMIT = 200_000;
const SEPARATOR = '\u001f';

export const isDataSource = (text: string): boolean => DATA_SOURCE.test(text);
export const isSourceCategory = (text: unknown): text is SourceCategory =>
  (SOURCE_CATEGORIES as readonly unknown[]).includes(text);

export interface RowOptions {
  readonly organizationId: string;
  /** Payload fields of known type. */
  readonly fields: readonly FieldType[];
  /** Keep e-mail addresses readable as `customer_ref`. */
  readonly keepEmail?: boolean;
}

type Kind = 'campaign' | 'customer' | 'asset';
const READABLE: Readonly<Record<Kind, string>> = {
  campaign: 'campaign_name',
  customer: 'customer_ref',
  asset: 'asset_name',
};

/** Finishes the rows of one import. */
export class RowFinisher {
  private readonly ids = new Map<string, string>();
  private readonly days = new InstantReader({ format: null, time_zone: 'UTC' });

  private readonly types: ReadonlyMap<string, DataType>;
  private readonly namespace: UuidNamespace;
  private readonly payloads = new PayloadWriter();

  constructor(private readonly options: RowOptions) {
    this.namespace = new UuidNamespace(options.organizationId);
    this.types = new Map(options.fields.map(({ name, data_type }) => [name, data_type]));
  }

  finish(draft: RowDraft): UnifiedRow | Fault {
    const { payload } = draft;
    const wrong = this.checkHead(draft) ?? this.checkFields(payload);
    if (wrong) return wrong;
    const broken = payloadFault(payload);
    if (broken) return fault(...broken);

    const { data_source: source } = draft;
    const campaign_id = draft.campaign === null ? null : this.idOf('campaign', source, draft.campaign);
    const customer_id = draft.customer === null ? null : this.idOf('customer', source, draft.customer);
    const asset_id = draft.asset === null ? null : this.idOf('asset', source, draft.asset);
    const id = this.namespace.uuid(identityOf(draft, campaign_id, customer_id, asset_id));
    if (draft.campaign !== null) this.keepReadable('campaign', draft.campaign, payload);
    if (draft.customer !== null) this.keepReadable('customer', draft.customer, payload);
    if (draft.asset !== null) this.keepReadable('asset', draft.asset, payload);

    const data_payload = this.payloads.write(payload);
    if (data_payload.length > MAX_PAYLOAD_LENGTH) {
      return fault('payload_too_large', `data_payload is larger than ${MAX_PAYLOAD_LENGTH / 1024} KiB`);
    }
    const attribution_data = draft.attribution === null ? null : canonicalJson(draft.attribution);
    return withHash({
      id,
      recorded_at: draft.recorded_at,
      data_source: source,
      source_category: draft.source_category,
      campaign_id,
      customer_id,
      asset_id,
      currency: draft.currency,
      data_payload,
      attribution_data,
      line: draft.line,
    });
  }

  private checkHead(draft: RowDraft): Fault | null {
    if (!DATA_SOURCE.test(draft.data_source)) {
      return fault(
        'bad_data_source',
        `data_source: "${draft.data_source.slice(0, 80)}" must match [a-z][a-z0-9_]{0,62}`,
      );
    }
    if (draft.currency !== null && !isCurrency(draft.currency)) {
      return fault('bad_currency', `currency: "${draft.currency.slice(0, 20)}" is no ISO 4217 code such as USD`);
    }
    const wrong =
      idFault('external_id', draft.external_id) ??
      idFault('campaign_id', draft.campaign) ??
      idFault('customer_id', draft.customer) ??
      idFault('asset_id', draft.asset);
    if (wrong) return wrong;
    if (draft.attribution !== null) {
      if (!isObject(draft.attribution))
        return fault('bad_attribution_data', 'attribution_data must be an object or null');
      const broken = payloadFault(draft.attribution);
      if (broken) return fault(broken[0], broken[1].replace('data_payload', 'attribution_data'));
    }
    return null;
  }

  /** Checks the fields of known type; numbers that came as text become numbers. */
  private checkFields(payload: Map<string, PayloadValue>): Fault | null {
    for (const [name, value] of payload) {
      const data_type = this.types.get(name);
      if (data_type === undefined || value === null) continue;
      switch (data_type) {
        case 'integer':
        case 'float':
        case 'currency': {
          const wrong = isNumber(value) ? null : takeNumber(payload, name, value);
          if (wrong) return wrong;
          const number = payload.get(name);
          if (data_type === 'integer' && isNumber(number) && typeof number !== 'number') {
            return fault('not_a_whole_number', `${name}: ${number.text} is not a whole number within ±2^53`);
          }
          continue;
        }
        case 'boolean':
          if (typeof value === 'boolean') continue;
          if (value === 'true' || value === 'false') payload.set(name, value === 'true');
          else return fault('not_a_boolean', `${name}: ${shown(value)} is neither true nor false`);
          continue;
        case 'date':
          if (typeof value !== 'string' || this.days.read(value).kind !== 'instant') {
            return fault('not_a_date', `${name}: ${shown(value)} is no ISO 8601 date`);
          }
          continue;
        case 'string':
          continue;
        default:
          data_type satisfies never;
      }
    }
    return null;
  }

  private idOf(kind: Kind, source: string, raw: string): string {
    if (isUuid(raw)) return raw.toLowerCase();
    const email = kind === 'customer' && EMAIL.test(raw);
    const name = email ? `email:${raw.trim().toLowerCase()}` : `${source}:${raw}`;
    let id = this.ids.get(name);
    if (id === undefined) {
      id = this.namespace.uuid(name);
      if (this.ids.size >= CACHE_LIMIT) this.ids.clear();
      this.ids.set(name, id);
    }
    return id;
  }

  private keepReadable(kind: Kind, raw: string, payload: Map<string, PayloadValue>): void {
    if (isUuid(raw) || payload.has(READABLE[kind])) return;
    if (kind === 'customer' && EMAIL.test(raw) && this.options.keepEmail !== true) return;
    payload.set(READABLE[kind], raw);
  }
}

function idFault(name: string, id: string | null): Fault | null {
  if (id === null) return null;
  if (id.length > MAX_ID_LENGTH) return fault('id_too_long', `${name} is longer than ${MAX_ID_LENGTH} characters`);
  const broken = textFault(id);
  return broken ? fault(broken[0], `${name}: ${broken[1]}`) : null;
}

/** The row with the hash of its content, by which it is known to be unchanged. */
export function withHash(row: Omit<UnifiedRow, 'content_hash'>): UnifiedRow {
  const { id, recorded_at, data_source, source_category, campaign_id, customer_id, asset_id, currency } = row;
  const { data_payload, attribution_data, line } = row;
  const ids = `${campaign_id ?? ''}${SEPARATOR}${customer_id ?? ''}${SEPARATOR}${asset_id ?? ''}`;
  const head = `${id}${SEPARATOR}${recorded_at}${SEPARATOR}${data_source}${SEPARATOR}${source_category}`;
  const data = `${currency ?? ''}${SEPARATOR}${data_payload}${SEPARATOR}${attribution_data ?? ''}`;
  const content_hash = hash('sha1', `${head}${SEPARATOR}${ids}${SEPARATOR}${data}`, 'hex').slice(0, 16);
  // Written out: copying a row costs more than its hash.
  return {
    id,
    recorded_at,
    data_source,
    source_category,
    campaign_id,
    customer_id,
    asset_id,
    currency,
    data_payload,
    attribution_data,
    content_hash,
    line,
  };
}

function takeNumber(payload: Map<string, PayloadValue>, name: string, value: PayloadValue): Fault | null {
  if (typeof value !== 'string') return fault('not_a_number', `${name}: ${shown(value)} is not a number`);
  const reading = readNumber(value, { mark: '.' });
  switch (reading.kind) {
    case 'number':
      payload.set(name, reading.value);
      return null;
    case 'missing':
      payload.set(name, null);
      return null;
    case 'bound':
      payload.set(name, null);
      payload.set(`${name}_text`, reading.text);
      return null;
    case 'too_large':
      return fault('number_too_large', `${name}: ${shown(value)} has more than 20 digits before the point`);
    case 'ambiguous':
    case 'other_mark':
    case 'text':
      return fault('not_a_number', `${name}: ${shown(value)} is not a number`);
    default:
      return reading satisfies never;
  }
}

/** A value as a reason shows it, cut short. */
export function shown(value: PayloadValue): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : canonicalJson(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function identityOf(draft: RowDraft, campaign: string | null, customer: string | null, asset: string | null): string {
  if (draft.external_id !== null) return `external${SEPARATOR}${draft.data_source}${SEPARATOR}${draft.external_id}`;
  if (draft.identity) return JSON.stringify(['named', draft.data_source, ...draft.identity]);
  const dimensions: string[] = [];
  for (const [key, value] of draft.payload) collectDimensions(JSON.stringify(key), value, dimensions);
  dimensions.sort();
  return [
    'natural',
    draft.data_source,
    draft.recorded_at,
    campaign ?? '',
    customer ?? '',
    asset ?? '',
    ...dimensions,
  ].join(SEPARATOR);
}

/** Leaves that are text or truth values, each as `path=value`. */
function collectDimensions(path: string, value: PayloadValue, into: string[]): void {
  if (typeof value === 'string') {
    if (!FRACTION.test(value)) into.push(`${path}=${JSON.stringify(value)}`);
  } else if (typeof value === 'boolean') {
    into.push(`${path}=${value}`);
  } else if (value === null || typeof value === 'number' || value instanceof ExactNumber) {
    return;
  } else if (isObject(value)) {
    for (const [key, item] of value) collectDimensions(`${path}/${JSON.stringify(key)}`, item, into);
  } else {
    (value as readonly PayloadValue[]).forEach((item, index) => collectDimensions(`${path}/${index}`, item, into));
  }
}
