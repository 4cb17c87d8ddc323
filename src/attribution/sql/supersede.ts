import type { DialectName } from '../../compiler/dialect/types.js';
import type { Parameters } from '../models/parameters.js';
import { rowKindSql } from './row-kinds.js';

export interface Supersession {
  readonly organization: string;
  /** The run that computes these customers anew. */
  readonly run: string;
  /** The runs that are read together with it. */
  readonly chain: readonly string[];
  readonly changes: readonly string[];
  /** Those of the chain, which the run computes by as well. */
  readonly parameters: Parameters;
}

/**
 * Notes all ids of customers whose credit may have changed, once for each run of the chain. All ids are checked UUIDs.
 *
 * A touch that came, went or changed at an instant concerns sales of its customer from then on until the lookback is
 * over; customers who sold nothing within reach of what changed keep their credit. What is sold or paid back may concern
 * all sales of a customer (refunds look for theirs in either direction), and so may whatever is not known to be a touch,
 * and any change of a customer with several ids.
 */
export function supersede(
  dialect: DialectName,
  { organization, run, chain, changes, parameters }: Supersession,
): string {
  const clickhouse = dialect === 'clickhouse';
  const uuid = (id: string): string => (clickhouse ? `toUUID('${id}')` : `'${id}'::uuid`);
  const own = `organization_id = ${uuid(organization)}`;
  const identities = clickhouse
    ? `(SELECT customer_id, canonical_id FROM customer_identities FINAL WHERE ${own} AND is_deleted = 0)`
    : `(SELECT customer_id, canonical_id FROM customer_identities WHERE ${own})`;
  const { touch, sale } = rowKindSql(parameters, 'n', dialect);
  const isBySource = [parameters.touch, parameters.conversion].some(({ data_sources }) => data_sources.length > 0);
  const isKnown = `(n.first_ms IS NOT NULL AND n.source_category IS NOT NULL${isBySource ? ' AND n.data_source IS NOT NULL' : ''})`;
  const notes = `FROM customer_changes AS n
    WHERE n.${own} AND n.reader = 'attribution' AND n.change_id IN (${changes.map(uuid).join(', ')})
      AND (NOT ${isKnown} OR ${touch} OR ${sale})`;
  const ids = `SELECT n.customer_id ${notes}`;
  const changed = `SELECT n.customer_id AS id, min(n.first_ms) AS since, max(n.last_ms) AS until,
      min(CASE WHEN ${isKnown} AND ${touch} THEN 1 ELSE 0 END) AS only_touches
    ${notes} GROUP BY n.customer_id`;
  const at = clickhouse
    ? 'toUnixTimestamp64Milli(r.recorded_at)'
    : '(extract(epoch FROM r.recorded_at) * 1000)::bigint';
  const reached = `SELECT c.id AS id FROM unified_marketing_data AS r JOIN (${changed}) AS c ON c.id = r.customer_id
    WHERE r.${own} ${clickhouse ? 'AND r.is_deleted = 0' : ''} AND ${rowKindSql(parameters, 'r', dialect).sale}
      AND ${at} BETWEEN c.since AND c.until + ${parameters.lookback_ms}`;
  const canonical = `SELECT canonical_id FROM ${identities} AS i WHERE customer_id IN (${ids})`;
  const all = `SELECT id FROM (${changed}) AS c WHERE only_touches = 0
      OR id IN (SELECT customer_id FROM ${identities} AS i) OR id IN (SELECT canonical_id FROM ${identities} AS i)
    UNION ALL ${reached}
    UNION ALL SELECT canonical_id AS id FROM (${canonical}) AS s
    UNION ALL SELECT customer_id AS id FROM ${identities} AS i WHERE canonical_id IN (${ids}) OR canonical_id IN (${canonical})`;
  const runs = clickhouse
    ? `ARRAY JOIN [${chain.map(uuid).join(', ')}] AS earlier`
    : `CROSS JOIN unnest(ARRAY[${chain.map(uuid).join(', ')}]) AS earlier`;
  return `INSERT INTO attribution_superseded (organization_id, by_run, run_id, customer_id)
SELECT ${uuid(organization)}, ${uuid(run)}, earlier, id FROM (SELECT DISTINCT id FROM (${all}) AS a) AS d ${runs}`;
}
