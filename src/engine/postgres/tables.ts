import { CUSTOMER_TABLES } from './customer-tables.js';
import { READER_ROLE, SCHEMA, STAGE_SCHEMA, TENANT_SETTING } from './names.js';

export { READER_ROLE, SCHEMA, STAGE_SCHEMA, TENANT_SETTING } from './names.js';

export const DATA_TABLE = `${SCHEMA}.unified_marketing_data`;

const COLUMNS = `
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  data_source text NOT NULL,
  source_category text NOT NULL,
  campaign_id uuid,
  customer_id uuid,
  asset_id uuid,
  currency text,
  data_payload jsonb NOT NULL,
  attribution_data jsonb,
  content_hash text NOT NULL`;

/** Any number: two processes that migrate at once take turns. */
export const MIGRATION_LOCK = 7_241_905_113;

/**
 * Rights needed: CREATE on the database, and CREATEROLE unless `tributary_reader` and `tributary_limited` exist and the
 * user is a member of both. The reader makes views of a transaction, for which TEMPORARY, which everyone has, is needed. The policy compares with a setting that must be there: reading without one is an error, never all rows.
 */
export const MIGRATION = `
CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
CREATE SCHEMA IF NOT EXISTS ${STAGE_SCHEMA};
CREATE TABLE IF NOT EXISTS ${DATA_TABLE} (${COLUMNS},
  PRIMARY KEY (organization_id, id)
);
CREATE INDEX IF NOT EXISTS unified_marketing_data_time ON ${DATA_TABLE} (organization_id, recorded_at);
CREATE INDEX IF NOT EXISTS unified_marketing_data_customer ON ${DATA_TABLE} (organization_id, customer_id) WHERE customer_id IS NOT NULL;
ALTER TABLE ${DATA_TABLE} ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant ON ${DATA_TABLE};
CREATE POLICY tenant ON ${DATA_TABLE} FOR SELECT TO ${READER_ROLE}
  USING (organization_id = current_setting('${TENANT_SETTING}')::uuid);
GRANT USAGE ON SCHEMA ${SCHEMA} TO ${READER_ROLE};
GRANT SELECT ON ${DATA_TABLE} TO ${READER_ROLE};
${CUSTOMER_TABLES}`;

export const createStageTable = (table: string): string =>
  `CREATE TABLE IF NOT EXISTS ${table} (${COLUMNS}, line bigint NOT NULL)`;
