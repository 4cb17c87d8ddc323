/**
 * What stands behind FROM in place of `unified_marketing_data`: a relation with the same columns, so that every dimension
 * reads it as it reads rows. `id` is the touchpoint's, and null where there is none.
 */
import type { TypedFields } from '../dialect/field-sql.js';
import type { DialectName } from '../dialect/types.js';
import { isAttributionModel, type AttributionModel, type RelationName } from '../model/relations.js';
import { journeysSql, touchpoints, type JourneysRelation } from './journeys-sql.js';

export interface Relation extends JourneysRelation {
  readonly name: RelationName;
  /** For `revenue_attribution`. */
  readonly model: AttributionModel | null;
  /** Whether the touchpoint's payload is needed; columns of the touchpoint are on the relation itself. */
  readonly withPayload: boolean;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function relationSql(relation: Relation, dialect: DialectName, typed: TypedFields): string {
  if (relation.model !== null && !isAttributionModel(relation.model)) throw new Error('Unchecked attribution model.');
  if (!UUID.test(relation.organizationId)) throw new Error('A relation needs an organisation.');
  return relation.name === 'customer_journey_tracking'
    ? journeysSql(relation, dialect, typed)
    : creditsSql(relation, dialect);
}

function creditsSql({ name, model, organizationId, withPayload }: Relation, dialect: DialectName): string {
  const tenant = `organization_id = '${organizationId}'`;
  const ofModel = name === 'revenue_attribution' ? ` AND c.attribution_model = '${model ?? ''}'` : '';
  const own =
    name === 'revenue_attribution'
      ? [
          ...['c.revenue_amount AS revenue_amount', 'c.attribution_weight AS attribution_weight'],
          'CASE WHEN c.touchpoint_id IS NOT NULL THEN c.revenue_amount END AS credited_revenue',
          'CASE WHEN c.touchpoint_id IS NOT NULL THEN c.attribution_weight END AS credited_weight',
        ]
      : [
          'c.touchpoint_id AS touchpoint_id',
          `CASE WHEN c.touchpoint_sequence < c.touchpoint_count THEN c.conversion_id END AS assisted_conversion_id`,
        ];
  const columns = [
    ...['organization_id', 'data_source', 'source_category', 'campaign_id', 'customer_id', 'asset_id', 'currency'].map(
      (column) => `c.${column} AS ${column}`,
    ),
    ...['c.transaction_date AS recorded_at', 'c.touchpoint_id AS id', 'c.conversion_id AS conversion_id', ...own],
    ...(withPayload ? ['t.data_payload AS data_payload', 't.attribution_data AS attribution_data'] : []),
  ];
  const source = `${name} AS c`;
  const join = withPayload
    ? ` LEFT JOIN ${touchpoints(`SELECT c.touchpoint_id FROM ${source} WHERE c.${tenant}${ofModel}`, tenant, dialect)} AS t ON t.id = c.touchpoint_id`
    : '';
  return `(SELECT ${columns.join(', ')} FROM ${source}${join} WHERE c.${tenant}${ofModel})`;
}
