/** Rows whose `customer_id` is the person's: where two ids were merged, the one that stands for both. */
import type { DialectName } from '../dialect/types.js';
import { DATA_TABLE } from './journeys-sql.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const COLUMNS = [
  ...['organization_id', 'id', 'recorded_at', 'data_source', 'source_category', 'campaign_id', 'asset_id', 'currency'],
  ...['data_payload', 'attribution_data'],
];

/** What stands behind FROM in place of `unified_marketing_data` to count people. @param organizationId a UUID */
export function peopleSql(organizationId: string, dialect: DialectName): string {
  if (!UUID.test(organizationId)) throw new Error('People are of an organisation.');
  const tenant = `organization_id = '${organizationId}'`;
  const known =
    dialect === 'postgres'
      ? `customer_identities WHERE ${tenant}`
      : `customer_identities FINAL WHERE ${tenant} AND is_deleted = 0`;
  // No id is its own stand-in, so that an engine which joins with zeros in place of nulls says the same.
  const canonical = `CASE WHEN i.merged = 1 THEN i.canonical_id ELSE r.customer_id END`;
  return `(SELECT ${COLUMNS.map((column) => `r.${column} AS ${column}`).join(', ')}, ${canonical} AS customer_id
  FROM ${DATA_TABLE} AS r
  LEFT JOIN (SELECT customer_id, canonical_id, 1 AS merged FROM ${known}) AS i ON i.customer_id = r.customer_id
  WHERE r.${tenant})`;
}
