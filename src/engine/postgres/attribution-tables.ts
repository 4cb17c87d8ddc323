/** The same tables and views as on ClickHouse; see there and ADR 10. */
import { READER_ROLE, SCHEMA, TENANT_SETTING } from './names.js';

export const CREDIT_TABLE = `${SCHEMA}.attribution_credit`;
export const SUPERSEDED_TABLE = `${SCHEMA}.attribution_superseded`;
/** The setting that says which runs a transaction reads, as an array of UUIDs. */
export const RUNS_SETTING = 'tributary.attribution_runs';

const PATH_COLUMNS = `organization_id, run_id, customer_id, conversion_id, transaction_date, transaction_source, currency,
  transaction_revenue, touchpoint_id, touchpoint_at, touchpoint_sequence, touchpoint_count, data_source, source_category,
  channel, campaign_id, asset_id`;

const STANDING = `NOT EXISTS (
  SELECT FROM ${SUPERSEDED_TABLE} AS gone WHERE gone.run_id = credit.run_id AND gone.customer_id = credit.customer_id
)`;

/** The views by which credits are read: name → statement. */
export const CREDIT_VIEWS = {
  attribution_path: `SELECT ${PATH_COLUMNS} FROM ${CREDIT_TABLE} AS credit WHERE ${STANDING}`,
  revenue_attribution: `SELECT md5(concat(conversion_id, touchpoint_id, attribution_model))::uuid AS id,
  ${PATH_COLUMNS}, attribution_model, credit_units * 0.000000001 AS attribution_weight, revenue_amount
FROM ${CREDIT_TABLE} AS credit
CROSS JOIN LATERAL unnest(models, credits, revenues) AS by_model (attribution_model, credit_units, revenue_amount)
WHERE ${STANDING} AND (credit_units > 0 OR touchpoint_id IS NULL)`,
} as const;

const tenantOnly = (table: string, condition: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant ON ${table};
CREATE POLICY tenant ON ${table} FOR SELECT TO ${READER_ROLE}
  USING (organization_id = current_setting('${TENANT_SETTING}')::uuid${condition});
GRANT SELECT ON ${table} TO ${READER_ROLE};`;

const among = (column: string): string => ` AND ${column} = ANY (current_setting('${RUNS_SETTING}')::uuid[])`;

export const ATTRIBUTION_MIGRATION = `
CREATE TABLE IF NOT EXISTS ${CREDIT_TABLE} (
  organization_id uuid NOT NULL,
  run_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  conversion_id uuid NOT NULL,
  transaction_date timestamptz NOT NULL,
  transaction_source text NOT NULL,
  currency text,
  transaction_revenue numeric NOT NULL,
  touchpoint_id uuid,
  touchpoint_at timestamptz,
  touchpoint_sequence integer NOT NULL,
  touchpoint_count integer NOT NULL,
  data_source text,
  source_category text,
  channel text,
  campaign_id uuid,
  asset_id uuid,
  models text[] NOT NULL,
  credits bigint[] NOT NULL,
  revenues numeric[] NOT NULL
);
CREATE INDEX IF NOT EXISTS attribution_credit_run ON ${CREDIT_TABLE} (organization_id, run_id, customer_id);
CREATE TABLE IF NOT EXISTS ${SUPERSEDED_TABLE} (
  organization_id uuid NOT NULL,
  by_run uuid NOT NULL,
  run_id uuid NOT NULL,
  customer_id uuid NOT NULL
);
CREATE INDEX IF NOT EXISTS attribution_superseded_by ON ${SUPERSEDED_TABLE} (organization_id, by_run, run_id, customer_id);
${tenantOnly(CREDIT_TABLE, among('run_id'))}
${tenantOnly(SUPERSEDED_TABLE, among('by_run'))}
CREATE OR REPLACE VIEW ${SCHEMA}.attribution_path WITH (security_invoker = true) AS
${CREDIT_VIEWS.attribution_path};
CREATE OR REPLACE VIEW ${SCHEMA}.revenue_attribution WITH (security_invoker = true) AS
${CREDIT_VIEWS.revenue_attribution};
GRANT SELECT ON ${SCHEMA}.attribution_path, ${SCHEMA}.revenue_attribution TO ${READER_ROLE};
`;
