/**
 * What attribution runs leave in the engine; ADR 10 says how they are read. Rows of a run never change once it is
 * published: which runs an organisation reads is said by the system of record and forced below each SELECT.
 */
export const CREDIT_TABLE = 'attribution_credit';
export const SUPERSEDED_TABLE = 'attribution_superseded';

/**
 * One row a conversion and touchpoint of its journey, with what each model gives it; for a conversion that has no
 * touchpoint one row without. `credits` are billionths and add up, per conversion and model, to 1,000,000,000;
 * `revenues` add up to the conversion's revenue, to the last digit.
 */
const CREDIT_COLUMNS = `
  organization_id UUID,
  run_id UUID,
  customer_id UUID,
  conversion_id UUID,
  transaction_date DateTime64(3, 'UTC') CODEC(Delta, LZ4),
  transaction_source LowCardinality(String),
  currency LowCardinality(Nullable(String)),
  transaction_revenue Decimal(38, 9),
  touchpoint_id Nullable(UUID),
  touchpoint_at Nullable(DateTime64(3, 'UTC')),
  touchpoint_sequence UInt32,
  touchpoint_count UInt32,
  data_source LowCardinality(Nullable(String)),
  source_category LowCardinality(Nullable(String)),
  channel LowCardinality(Nullable(String)),
  campaign_id Nullable(UUID),
  asset_id Nullable(UUID),
  models Array(LowCardinality(String)),
  credits Array(UInt32),
  revenues Array(Decimal(38, 9))`;

export const createCreditTable = (name: string): string => `CREATE TABLE IF NOT EXISTS ${name} (${CREDIT_COLUMNS}
) ENGINE = MergeTree ORDER BY (organization_id, run_id, customer_id)`;

/** Customers whose rows of `run_id` no longer count once the run `by_run` is read too. */
const CREATE_SUPERSEDED = `CREATE TABLE IF NOT EXISTS ${SUPERSEDED_TABLE} (
  organization_id UUID, by_run UUID, run_id UUID, customer_id UUID
) ENGINE = MergeTree ORDER BY (organization_id, by_run, run_id, customer_id)`;

const STANDING = `(customer_id, run_id) NOT IN (SELECT customer_id, run_id FROM ${SUPERSEDED_TABLE})`;

const PATH_COLUMNS = `organization_id, run_id, customer_id, conversion_id, transaction_date, transaction_source, currency,
  transaction_revenue, touchpoint_id, touchpoint_at, touchpoint_sequence, touchpoint_count, data_source, source_category,
  channel, campaign_id, asset_id`;

const CREATE_PATH_VIEW = `CREATE OR REPLACE VIEW attribution_path AS
SELECT ${PATH_COLUMNS} FROM ${CREDIT_TABLE} WHERE ${STANDING}`;

/** One row a conversion, touchpoint and model, as in the functional specification. */
const CREATE_REVENUE_VIEW = `CREATE OR REPLACE VIEW revenue_attribution AS
SELECT toUUID(hex(MD5(concat(toString(conversion_id), coalesce(toString(touchpoint_id), ''), attribution_model)))) AS id,
  ${PATH_COLUMNS}, attribution_model,
  CAST(credit * toDecimal64('0.000000001', 9) AS Decimal(38, 9)) AS attribution_weight, revenue_amount
FROM ${CREDIT_TABLE}
ARRAY JOIN models AS attribution_model, credits AS credit, revenues AS revenue_amount
WHERE ${STANDING} AND (credit > 0 OR isNull(touchpoint_id))`;

export const ATTRIBUTION_DDL = [
  createCreditTable(CREDIT_TABLE),
  CREATE_SUPERSEDED,
  CREATE_PATH_VIEW,
  CREATE_REVENUE_VIEW,
] as const;

/** Below each SELECT: rows of the organisation's own published runs, and nothing else. Ids are checked UUIDs. */
export function attributionFilters(organizationId: string, runs: readonly string[]): Readonly<Record<string, string>> {
  const tenant = `organization_id = toUUID('${organizationId}')`;
  const among = (column: string): string =>
    runs.length === 0 ? '0' : `${column} IN (${runs.map((run) => `toUUID('${run}')`).join(', ')})`;
  return {
    [CREDIT_TABLE]: `${tenant} AND ${among('run_id')}`,
    [SUPERSEDED_TABLE]: `${tenant} AND ${among('by_run')}`,
  };
}
