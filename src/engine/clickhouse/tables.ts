import type { TypedField } from '../typed-field.js';
import { CUSTOMER_TABLES } from './customer-tables.js';

export const DATA_TABLE = 'unified_marketing_data';
export const STATE_TABLE = 'engine_state';

/** Every table whose rows belong to an organisation; each gets the engine's tenant filter on each SELECT. */
export const TENANT_TABLES = [DATA_TABLE, ...CUSTOMER_TABLES] as const;

const SORTING_KEY = '(organization_id, data_source, toDate32(recorded_at), id)';

/** Type of `data_payload`, spelt as `system.columns` spells it, so that the two can be compared. */
export function payloadType(fields: readonly TypedField[]): string {
  const paths = fields.filter((field) => field.type !== 'string').map((field) => `${field.name} ${columnType(field)}`);
  return paths.length === 0 ? 'JSON' : `JSON(${paths.join(', ')})`;
}

/** Nullable, so that a missing number is not a zero. */
function columnType(field: TypedField): string {
  return field.type === 'integer' ? 'Nullable(Int64)' : 'Nullable(Decimal(38, 9))';
}

function columns(fields: readonly TypedField[]): string {
  return `(
  organization_id UUID,
  id UUID,
  recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  data_source LowCardinality(String),
  source_category LowCardinality(String),
  campaign_id Nullable(UUID),
  customer_id Nullable(UUID),
  asset_id Nullable(UUID),
  currency LowCardinality(Nullable(String)),
  data_payload ${payloadType(fields)},
  attribution_data JSON,
  content_hash UInt64,
  version UInt64,
  is_deleted UInt8
)`;
}

/** Rows of one id and day replace each other by `version`; a row that left its day is replaced by a deleted one. */
export function createDataTable(name: string, fields: readonly TypedField[]): string {
  return `CREATE TABLE IF NOT EXISTS ${name} ${columns(fields)}
ENGINE = ReplacingMergeTree(version, is_deleted) ORDER BY ${SORTING_KEY}`;
}

/**
 * Same structure, so that its parts can be attached to the data table; but a plain MergeTree, because a merge must not
 * drop rows that `plan` has yet to count.
 */
export function createStageTable(name: string, fields: readonly TypedField[]): string {
  return `CREATE TABLE IF NOT EXISTS ${name} ${columns(fields)} ENGINE = MergeTree ORDER BY ${SORTING_KEY}`;
}

/** One row per attempt to commit superseding rows, and phase; see `SupersededRows`. */
export const CREATE_STATE_TABLE = `CREATE TABLE IF NOT EXISTS ${STATE_TABLE} (
  organization_id UUID, attempt UUID, phase UInt8, at DateTime DEFAULT now()
) ENGINE = ReplacingMergeTree(phase) ORDER BY (organization_id, attempt)`;
