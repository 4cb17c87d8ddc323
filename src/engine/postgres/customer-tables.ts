import { READER_ROLE, SCHEMA, TENANT_SETTING } from './names.js';

/** Tables about customers; the ClickHouse engine has the same. */
export const JOURNEY_TABLE = `${SCHEMA}.customer_journey_tracking`;
export const IDENTITY_TABLE = `${SCHEMA}.customer_identities`;
export const CHANGE_TABLE = `${SCHEMA}.customer_changes`;

const policy = (table: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant ON ${table};
CREATE POLICY tenant ON ${table} FOR SELECT TO ${READER_ROLE}
  USING (organization_id = current_setting('${TENANT_SETTING}')::uuid);
GRANT SELECT ON ${table} TO ${READER_ROLE};`;

/** `own_cost` is what the customer's own touches cost; `acquisition_cost` is read from it, or from the first campaign. */
export const CUSTOMER_TABLES = `
CREATE TABLE IF NOT EXISTS ${JOURNEY_TABLE} (
  organization_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  journey_start_date timestamptz NOT NULL,
  first_touch_id uuid,
  first_touch_at timestamptz,
  first_touch_campaign_id uuid,
  first_touch_campaign text,
  first_touch_asset_id uuid,
  first_touch_source text,
  last_touch_id uuid,
  last_touch_at timestamptz,
  last_touch_campaign_id uuid,
  last_touch_campaign text,
  last_touch_asset_id uuid,
  last_touch_source text,
  total_touchpoints bigint NOT NULL,
  conversions bigint NOT NULL,
  first_conversion_at timestamptz,
  own_cost numeric,
  lifetime_value numeric NOT NULL,
  currencies text[] NOT NULL,
  current_stage text,
  journey_data jsonb NOT NULL,
  PRIMARY KEY (organization_id, customer_id)
);
CREATE TABLE IF NOT EXISTS ${IDENTITY_TABLE} (
  organization_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  canonical_id uuid NOT NULL,
  PRIMARY KEY (organization_id, customer_id)
);
CREATE INDEX IF NOT EXISTS customer_identities_canonical ON ${IDENTITY_TABLE} (organization_id, canonical_id);
CREATE TABLE IF NOT EXISTS ${CHANGE_TABLE} (
  organization_id uuid NOT NULL,
  reader text NOT NULL,
  change_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  PRIMARY KEY (organization_id, reader, change_id, customer_id)
);
ALTER TABLE ${CHANGE_TABLE} ADD COLUMN IF NOT EXISTS source_category text, ADD COLUMN IF NOT EXISTS data_source text,
  ADD COLUMN IF NOT EXISTS first_ms bigint, ADD COLUMN IF NOT EXISTS last_ms bigint;
${[JOURNEY_TABLE, IDENTITY_TABLE, CHANGE_TABLE].map(policy).join('\n')}
`;
