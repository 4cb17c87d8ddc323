/**
 * What stands behind FROM in place of `unified_marketing_data`: a relation with the same columns, so that every dimension
 * reads it as it reads rows. `id` is the touchpoint's, and null where there is none.
 */
import { fieldSql, type TypedFields } from '../dialect/field-sql.js';
import type { DialectName } from '../dialect/types.js';
import { isAttributionModel, type AttributionModel, type RelationName } from '../model/relations.js';

export interface Relation {
  readonly name: RelationName;
  /** For `revenue_attribution`. */
  readonly model: AttributionModel | null;
  /** The tenant, a checked UUID: part of the text, so that it holds on each side of a join. */
  readonly organizationId: string;
  /** Whether the touchpoint's payload is needed; columns of the touchpoint are on the relation itself. */
  readonly withPayload: boolean;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TABLE = 'unified_marketing_data';

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

/** Only the touchpoints that are asked for: the side of the join that ClickHouse keeps in memory. */
const touchpoints = (ids: string, tenant: string, dialect: DialectName): string =>
  dialect === 'postgres'
    ? TABLE
    : `(SELECT id, data_source, source_category, data_payload, attribution_data FROM ${TABLE} WHERE ${tenant} AND id IN (${ids}))`;

/**
 * The cost of a customer: what the customer's own touchpoints have cost; where they carry no cost, an equal share of what
 * was spent on the campaign of the first touchpoint, over the customers whom it touched first. Shares are whole cents, and add
 * up to the spend.
 */
function journeysSql({ organizationId }: Relation, dialect: DialectName, typed: TypedFields): string {
  const tenant = `organization_id = '${organizationId}'`;
  const isPostgres = dialect === 'postgres';
  const field = (name: string, reading: 'text' | 'number'): string =>
    fieldSql({ kind: 'payload', root: 'data_payload', path: [name] }, reading, { dialect, row: 'r', typed });
  const text = (value: string): string => (isPostgres ? `${value}::text` : `toString(${value})`);
  const cents = `sum(${field('spend', 'number')})`;
  const [whole, decimal] = isPostgres
    ? [`floor(${cents} * 100)`, (value: string) => `(${value}) / 100.0`]
    : [`toInt128(floor(${cents} * 100))`, (value: string) => `toDecimal128OrNull(toString(${value}), 9) / 100`];
  const div = (a: string, b: string): string => (isPostgres ? `div(${a}, ${b})` : `intDiv(${a}, ${b})`);
  const share = decimal(
    `${div('s.cents', 'j.customers')} + CASE WHEN j.place <= s.cents % j.customers THEN 1 ELSE 0 END`,
  );
  const own = isPostgres ? '' : ' FINAL';
  const part = 'PARTITION BY first_touch_campaign, own_cost IS NULL';
  const journeys = `(SELECT *, count(*) OVER (${part}) AS customers, row_number() OVER (${part} ORDER BY ${text('customer_id')}) AS place
    FROM customer_journey_tracking${own} WHERE ${tenant})`;
  const spend = `(SELECT coalesce(${field('campaign_name', 'text')}, ${text('r.campaign_id')}) AS campaign, ${whole} AS cents
    FROM ${TABLE} AS r WHERE r.${tenant} AND r.customer_id IS NULL AND r.source_category IN ('platform_native', 'external_marketing')
    GROUP BY 1)`;
  const currency = isPostgres
    ? `CASE WHEN cardinality(j.currencies) = 1 THEN j.currencies[1] END`
    : `if(length(j.currencies) = 1, j.currencies[1], NULL)`;
  const ids = `SELECT first_touch_id FROM customer_journey_tracking${own} WHERE ${tenant}`;
  return `(SELECT j.organization_id AS organization_id, j.journey_start_date AS recorded_at, j.first_touch_id AS id,
  j.first_touch_campaign_id AS campaign_id, j.first_touch_asset_id AS asset_id, j.customer_id AS customer_id, ${currency} AS currency,
  t.data_source AS data_source, t.source_category AS source_category, t.data_payload AS data_payload, t.attribution_data AS attribution_data,
  coalesce(j.own_cost, ${share}) AS acquisition_cost, j.lifetime_value AS lifetime_value,
  j.total_touchpoints AS total_touchpoints, j.conversions AS conversions
  FROM ${journeys} AS j LEFT JOIN ${spend} AS s ON s.campaign = j.first_touch_campaign
  LEFT JOIN ${touchpoints(ids, tenant, dialect)} AS t ON t.id = j.first_touch_id)`;
}
