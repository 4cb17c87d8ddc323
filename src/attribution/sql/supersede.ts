import type { DialectName } from '../../compiler/dialect/types.js';

export interface Supersession {
  readonly organization: string;
  /** The run that computes these customers anew. */
  readonly run: string;
  /** The runs that are read together with it. */
  readonly chain: readonly string[];
  readonly changes: readonly string[];
}

/** Notes all ids of customers whose rows changed, once for each run of the chain. All ids are checked UUIDs. */
export function supersede(dialect: DialectName, { organization, run, chain, changes }: Supersession): string {
  const clickhouse = dialect === 'clickhouse';
  const uuid = (id: string): string => (clickhouse ? `toUUID('${id}')` : `'${id}'::uuid`);
  const own = `organization_id = ${uuid(organization)}`;
  const identities = clickhouse
    ? `(SELECT customer_id, canonical_id FROM customer_identities FINAL WHERE ${own} AND is_deleted = 0)`
    : `(SELECT customer_id, canonical_id FROM customer_identities WHERE ${own})`;
  const changed = `SELECT DISTINCT customer_id AS id FROM customer_changes
    WHERE ${own} AND reader = 'attribution' AND change_id IN (${changes.map(uuid).join(', ')})`;
  const canonical = `SELECT canonical_id AS id FROM ${identities} AS i WHERE customer_id IN (${changed})
    UNION ALL ${changed}`;
  const all = `SELECT id FROM (${canonical}) AS c
    UNION ALL SELECT customer_id AS id FROM ${identities} AS i WHERE canonical_id IN (SELECT id FROM (${canonical}) AS c)`;
  const runs = clickhouse
    ? `ARRAY JOIN [${chain.map(uuid).join(', ')}] AS earlier`
    : `CROSS JOIN unnest(ARRAY[${chain.map(uuid).join(', ')}]) AS earlier`;
  return `INSERT INTO attribution_superseded (organization_id, by_run, run_id, customer_id)
SELECT ${uuid(organization)}, ${uuid(run)}, earlier, id FROM (SELECT DISTINCT id FROM (${all}) AS a) AS d ${runs}`;
}
