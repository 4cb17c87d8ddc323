import type pg from 'pg';
import type { JourneyRules } from '../../attribution/models/journey-rules.js';
import { rowKindSql } from '../../attribution/sql/row-kinds.js';
import { fieldSql, type FieldSource, type Reading } from '../../compiler/dialect/field-sql.js';
import { checkedUuid } from '../identifiers.js';
import { CUSTOMER_READERS, type CustomerIdentity, type CustomerJourneys, type CustomerReader } from '../journeys.js';
import { CHANGE_TABLE, IDENTITY_TABLE, JOURNEY_TABLE } from './customer-tables.js';
import { asFailure } from './failures.js';
import { DATA_TABLE } from './tables.js';

export class PostgresJourneys implements CustomerJourneys {
  constructor(private readonly pool: pg.Pool) {}

  async mark(organizationId: string, changeId: string, customerIds: readonly string[]): Promise<void> {
    await this.run(
      `INSERT INTO ${CHANGE_TABLE} (organization_id, reader, change_id, customer_id)
       SELECT $1, reader, $2, customer FROM unnest($3::uuid[]) AS customer, unnest($4::text[]) AS reader
       ON CONFLICT DO NOTHING`,
      [organizationId, changeId, customerIds, CUSTOMER_READERS],
    );
  }

  async markAll(organizationId: string, changeId: string, reader: CustomerReader): Promise<void> {
    await this.run(
      `INSERT INTO ${CHANGE_TABLE} (organization_id, reader, change_id, customer_id)
       SELECT DISTINCT $1::uuid, $2, $3::uuid, customer_id FROM ${DATA_TABLE}
       WHERE organization_id = $1 AND customer_id IS NOT NULL ON CONFLICT DO NOTHING`,
      [organizationId, reader, changeId],
    );
  }

  async changes(organizationId: string, reader: CustomerReader): Promise<string[]> {
    const rows = await this.run<{ change_id: string }>(
      `SELECT DISTINCT change_id FROM ${CHANGE_TABLE} WHERE organization_id = $1 AND reader = $2`,
      [organizationId, reader],
    );
    return rows.map(({ change_id }) => change_id);
  }

  async forget(organizationId: string, reader: CustomerReader, changeIds: readonly string[]): Promise<void> {
    await this.run(
      `DELETE FROM ${CHANGE_TABLE} WHERE organization_id = $1 AND reader = $2 AND change_id = ANY ($3::uuid[])`,
      [organizationId, reader, changeIds],
    );
  }

  async identify(organizationId: string, identities: readonly CustomerIdentity[]): Promise<void> {
    const [own, canonical] = [
      identities.map(({ customer_id }) => customer_id),
      identities.map(({ canonical_id }) => canonical_id),
    ];
    await this.run(
      `WITH given AS (SELECT * FROM unnest($2::uuid[], $3::uuid[]) AS given(customer_id, canonical_id)),
       own AS (
         DELETE FROM ${IDENTITY_TABLE} AS known USING given
         WHERE known.organization_id = $1 AND known.customer_id = given.customer_id AND given.customer_id = given.canonical_id
       )
       INSERT INTO ${IDENTITY_TABLE} (organization_id, customer_id, canonical_id)
       SELECT $1, customer_id, canonical_id FROM given WHERE customer_id <> canonical_id
       ON CONFLICT (organization_id, customer_id) DO UPDATE SET canonical_id = excluded.canonical_id`,
      [organizationId, own, canonical],
    );
  }

  async refresh(organizationId: string, changeIds: readonly string[], rules: JourneyRules): Promise<number> {
    if (changeIds.length === 0) return 0;
    const organization = checkedUuid(organizationId, 'an organisation');
    const [row] = await this.run<{ computed: string }>(refreshSql(rules), [organization, changeIds]);
    return Number(row?.computed);
  }

  private async run<Row extends pg.QueryResultRow>(sql: string, params: readonly unknown[]): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(sql, [...params])).rows;
    } catch (error) {
      throw asFailure(error);
    }
  }
}

/**
 * SQL that notes the customers of rows for every reader, with what the rows have in common; see `CustomerJourneys`.
 * What an attempt before has noted of the same change is widened.
 * @param rows what stands behind FROM: old and new versions of the rows
 */
export const markRows = (rows: string): string => `
INSERT INTO ${CHANGE_TABLE} AS known
  (organization_id, reader, change_id, customer_id, source_category, data_source, first_ms, last_ms)
SELECT $1, reader, $2, customer_id, source_category, data_source, first_ms, last_ms
FROM (
  SELECT customer_id, ${common('source_category')}, ${common('data_source')},
    (extract(epoch FROM min(recorded_at)) * 1000)::bigint AS first_ms,
    (extract(epoch FROM max(recorded_at)) * 1000)::bigint AS last_ms
  FROM ${rows} WHERE customer_id IS NOT NULL GROUP BY customer_id
) AS changed, unnest('{${CUSTOMER_READERS.join(',')}}'::text[]) AS reader
ON CONFLICT (organization_id, reader, change_id, customer_id) DO UPDATE SET
  source_category = CASE WHEN known.source_category = excluded.source_category THEN known.source_category END,
  data_source = CASE WHEN known.data_source = excluded.data_source THEN known.data_source END,
  first_ms = least(known.first_ms, excluded.first_ms), last_ms = greatest(known.last_ms, excluded.last_ms)`;

const common = (column: string): string =>
  `CASE WHEN min(${column}) = max(${column}) THEN min(${column}) END AS ${column}`;

const COLUMNS = [
  ...['journey_start_date', 'first_touch_campaign_id', 'first_touch_campaign', 'first_touch_asset_id'],
  ...['first_touch_source', 'first_touch_id', 'first_touch_at', 'last_touch_campaign_id', 'last_touch_campaign'],
  ...['last_touch_asset_id', 'last_touch_source', 'last_touch_id', 'last_touch_at', 'total_touchpoints'],
  ...['conversions', 'first_conversion_at', 'own_cost', 'lifetime_value', 'currencies', 'current_stage'],
  'journey_data',
] as const;

/**
 * Touches up to the first conversion have brought the customer; what they cost is the customer's own cost. One
 * statement, so that a reader sees the journeys of before or of after.
 */
function refreshSql(rules: JourneyRules): string {
  const source: FieldSource = { dialect: 'postgres', row: 'r', typed: {} };
  const field = (path: string, reading: Reading): string =>
    fieldSql({ kind: 'payload', root: 'data_payload', path: [path] }, reading, source);
  const { touch: isTouch, sale: isSale } = rowKindSql(rules, 'r', 'postgres');
  const ordered = (value: string, direction = ''): string =>
    `(array_agg(${value} ORDER BY at${direction}, row_id::text COLLATE "C"${direction}) FILTER (WHERE is_touch))[1]`;
  const touch = ['campaign_id', 'campaign', 'asset_id', 'channel', 'row_id', 'at'];
  return `
WITH changed AS (SELECT DISTINCT customer_id FROM ${CHANGE_TABLE}
  WHERE organization_id = $1 AND reader = 'journeys' AND change_id = ANY ($2::uuid[])),
standing AS (SELECT DISTINCT coalesce(i.canonical_id, c.customer_id) AS id FROM changed AS c
  LEFT JOIN ${IDENTITY_TABLE} AS i ON i.organization_id = $1 AND i.customer_id = c.customer_id),
ids AS (SELECT id AS customer_id, id FROM standing
  UNION SELECT i.customer_id, i.canonical_id FROM ${IDENTITY_TABLE} AS i JOIN standing ON standing.id = i.canonical_id
  WHERE i.organization_id = $1),
events AS (
  SELECT *, CASE WHEN is_touch AND (converted IS NULL OR at <= converted) THEN cost END AS paid,
    CASE WHEN is_touch THEN 'touchpoint' WHEN is_conversion THEN 'conversion' ELSE 'other' END AS kind
  FROM (
    SELECT *, min(at) FILTER (WHERE is_conversion) OVER (PARTITION BY customer) AS converted
    FROM (
      SELECT *, coalesce(earned >= 0, false) AS is_conversion,
        CASE WHEN earned IS NOT NULL OR refunded IS NOT NULL THEN coalesce(earned, 0) - coalesce(refunded, 0) END AS value
      FROM (
        SELECT ids.id AS customer, r.recorded_at AS at, r.id AS row_id, r.data_source AS source, r.campaign_id, r.asset_id,
          r.currency AS money, coalesce(${field('channel', 'text')}, r.data_source) AS channel,
          coalesce(${field('campaign_name', 'text')}, r.campaign_id::text) AS campaign,
          coalesce(${field('lead_stage', 'text')}, ${field('stage', 'text')}) AS stage,
          ${isTouch} AS is_touch,
          CASE WHEN ${isTouch} THEN coalesce(${field('cost', 'number')}, ${field('spend', 'number')}) END AS cost,
          CASE WHEN ${isSale} THEN ${field(rules.revenue_field, 'number')} END AS earned,
          CASE WHEN ${isSale} THEN ${field(rules.refund_field, 'number')} END AS refunded
        FROM ${DATA_TABLE} AS r JOIN ids ON ids.customer_id = r.customer_id
        WHERE r.organization_id = $1
      ) AS r
    ) AS r
  ) AS r
),
computed AS (
  SELECT customer AS customer_id, min(at) AS journey_start_date,
    ${touch.map((value, index) => `${ordered(value)} AS f${index}`).join(', ')},
    ${touch.map((value, index) => `${ordered(value, ' DESC')} AS l${index}`).join(', ')},
    count(*) FILTER (WHERE is_touch) AS touches, count(*) FILTER (WHERE is_conversion) AS conversions, min(converted) AS converted,
    CASE WHEN count(cost) > 0 THEN coalesce(sum(paid), 0) END AS own_cost, coalesce(sum(value), 0) AS lifetime_value,
    coalesce(array_agg(DISTINCT money) FILTER (WHERE is_conversion AND money IS NOT NULL), '{}') AS currencies,
    (array_agg(stage ORDER BY at DESC, row_id::text COLLATE "C" DESC) FILTER (WHERE stage IS NOT NULL))[1] AS stage,
    jsonb_agg(jsonb_build_object('at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'id', row_id, 'kind', kind,
      'data_source', source, 'channel', channel, 'campaign_id', campaign_id, 'campaign', campaign, 'asset_id', asset_id,
      'stage', stage, 'cost', cost::text, 'value', value::text) ORDER BY at, row_id::text COLLATE "C") AS journey_data
  FROM events GROUP BY customer
),
gone AS (
  DELETE FROM ${JOURNEY_TABLE} AS known
  WHERE organization_id = $1 AND customer_id IN (SELECT customer_id FROM changed UNION SELECT id FROM standing)
    AND customer_id NOT IN (SELECT customer_id FROM computed)
),
kept AS (
  INSERT INTO ${JOURNEY_TABLE} (organization_id, customer_id, ${COLUMNS.join(', ')})
  SELECT $1, computed.* FROM computed
  ON CONFLICT (organization_id, customer_id) DO UPDATE SET ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}
  RETURNING 1
)
SELECT count(*) AS computed FROM kept`;
}
