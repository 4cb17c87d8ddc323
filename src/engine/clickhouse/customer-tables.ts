/** Tables about customers. Each has `is_deleted`, which the engine's tenant filter asks for. */
export const JOURNEY_TABLE = 'customer_journey_tracking';
export const IDENTITY_TABLE = 'customer_identities';
export const CHANGE_TABLE = 'customer_changes';

export const CUSTOMER_TABLES = [JOURNEY_TABLE, IDENTITY_TABLE, CHANGE_TABLE] as const;

/**
 * `own_cost` is what the customer's own touches cost; `acquisition_cost` is read from it, or from the spend of the first
 * campaign. `journey_data` is JSON text.
 */
export const CREATE_CUSTOMER_TABLES = [
  `CREATE TABLE IF NOT EXISTS ${JOURNEY_TABLE} (
  organization_id UUID,
  customer_id UUID,
  journey_start_date DateTime64(3, 'UTC'),
  first_touch_id Nullable(UUID),
  first_touch_at Nullable(DateTime64(3, 'UTC')),
  first_touch_campaign_id Nullable(UUID),
  first_touch_campaign Nullable(String),
  first_touch_asset_id Nullable(UUID),
  first_touch_source Nullable(String),
  last_touch_id Nullable(UUID),
  last_touch_at Nullable(DateTime64(3, 'UTC')),
  last_touch_campaign_id Nullable(UUID),
  last_touch_campaign Nullable(String),
  last_touch_asset_id Nullable(UUID),
  last_touch_source Nullable(String),
  total_touchpoints UInt64,
  conversions UInt64,
  first_conversion_at Nullable(DateTime64(3, 'UTC')),
  own_cost Nullable(Decimal(38, 9)),
  lifetime_value Decimal(38, 9),
  currencies Array(String),
  current_stage Nullable(String),
  journey_data String CODEC(ZSTD(3)),
  version UInt64,
  is_deleted UInt8
) ENGINE = ReplacingMergeTree(version, is_deleted) ORDER BY (organization_id, customer_id)`,
  `CREATE TABLE IF NOT EXISTS ${IDENTITY_TABLE} (
  organization_id UUID, customer_id UUID, canonical_id UUID, version UInt64, is_deleted UInt8
) ENGINE = ReplacingMergeTree(version, is_deleted) ORDER BY (organization_id, customer_id)`,
  `CREATE TABLE IF NOT EXISTS ${CHANGE_TABLE} (
  organization_id UUID, reader LowCardinality(String), change_id UUID, customer_id UUID, is_deleted UInt8 DEFAULT 0
) ENGINE = MergeTree ORDER BY (organization_id, reader, change_id, customer_id)`,
  `ALTER TABLE ${CHANGE_TABLE} ADD COLUMN IF NOT EXISTS source_category LowCardinality(Nullable(String)),
  ADD COLUMN IF NOT EXISTS data_source LowCardinality(Nullable(String)),
  ADD COLUMN IF NOT EXISTS first_ms Nullable(Int64), ADD COLUMN IF NOT EXISTS last_ms Nullable(Int64)`,
] as const;
