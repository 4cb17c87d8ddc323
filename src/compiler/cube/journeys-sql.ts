/**
 * Journeys of customers as a relation, with what each customer has cost and brought. Where an organisation's rows carry
 * several currencies, both are put together from rows, each converted at the rate of its own day, as everywhere else.
 */
import { amountSql } from '../dialect/amount-sql.js';
import { fieldSql, type Reading, type TypedFields } from '../dialect/field-sql.js';
import type { DialectName } from '../dialect/types.js';
import { NO_CURRENCY, SPEND_CATEGORIES } from '../model/relations.js';
import type { JourneyRules } from '../../attribution/models/journey-rules.js';
import { rowKindSql } from '../../attribution/sql/row-kinds.js';

export const DATA_TABLE = 'unified_marketing_data';

/** Only the touchpoints that are asked for: the side of the join that ClickHouse keeps in memory. */
export const touchpoints = (ids: string, tenant: string, dialect: DialectName): string =>
  dialect === 'postgres'
    ? DATA_TABLE
    : `(SELECT id, data_source, source_category, data_payload, attribution_data FROM ${DATA_TABLE} WHERE ${tenant} AND id IN (${ids}))`;

export interface JourneysRelation {
  /** The tenant, a checked UUID. */
  readonly organizationId: string;
  /** Which rows journeys are made of. */
  readonly rules: JourneyRules;
  /**
   * The currency that amounts become, row by row. The column `currency` is then this one, or the code for none where an
   * amount misses its rate. Absent: amounts are added up as recorded, which is right where all rows carry one currency.
   */
  readonly convertedTo?: string;
}

interface Words {
  readonly dialect: DialectName;
  readonly tenant: string;
  /** Behind the name of a table that keeps the latest version of each row. */
  readonly final: string;
  /** A field of the payload of the row `r`. */
  readonly field: (name: string, reading: Reading) => string;
  /** An amount of the row `r`, marked where it is to be converted. */
  readonly amount: (value: string) => string;
  readonly text: (value: string) => string;
  readonly div: (a: string, b: string) => string;
}

const CODE = /^[A-Z]{3}$/;
const among = (list: readonly string[]): string => `(${list.map((each) => `'${each}'`).join(', ')})`;

/**
 * The cost of a customer: what the customer's own touchpoints have cost; where they carry no cost, an equal share of what
 * was spent on the campaign of the first touchpoint, over the customers whom it touched first. Shares are whole cents, and add
 * up to the spend.
 */
export function journeysSql(
  { organizationId, rules, convertedTo }: JourneysRelation,
  dialect: DialectName,
  typed: TypedFields,
): string {
  if (convertedTo !== undefined && !CODE.test(convertedTo)) throw new Error('Unchecked currency.');
  const isPostgres = dialect === 'postgres';
  const words: Words = {
    dialect,
    tenant: `organization_id = '${organizationId}'`,
    final: isPostgres ? '' : ' FINAL',
    field: (name, reading) =>
      fieldSql({ kind: 'payload', root: 'data_payload', path: [name] }, reading, { dialect, row: 'r', typed }),
    amount: (value) => (convertedTo === undefined ? value : amountSql(value, 'r')),
    text: (value) => (isPostgres ? `${value}::text` : `toString(${value})`),
    div: (a, b) => (isPostgres ? `div(${a}, ${b})` : `intDiv(${a}, ${b})`),
  };
  const { tenant, final, text, div } = words;
  const decimal = isPostgres
    ? (value: string) => `(${value}) / 100.0`
    : (value: string) => `toDecimal128OrNull(toString(${value}), 9) / 100`;
  const share = decimal(
    `${div('s.cents', 'j.customers')} + CASE WHEN j.place <= s.cents % j.customers THEN 1 ELSE 0 END`,
  );
  const part = 'PARTITION BY first_touch_campaign, own_cost IS NULL';
  const journeys = `(SELECT *, count(*) OVER (${part}) AS customers, row_number() OVER (${part} ORDER BY ${text('customer_id')}) AS place
    FROM customer_journey_tracking${final} WHERE ${tenant})`;
  const ids = `SELECT first_touch_id FROM customer_journey_tracking${final} WHERE ${tenant}`;
  const money =
    convertedTo === undefined
      ? { currency: currencyOf(dialect), cost: 'j.own_cost', value: 'j.lifetime_value', from: '' }
      : {
          currency: `CASE WHEN coalesce(m.missing, 0) > 0 OR (j.own_cost IS NULL AND coalesce(s.missing, 0) > 0) THEN '${NO_CURRENCY}' ELSE '${convertedTo}' END`,
          cost: `CASE WHEN j.own_cost IS NOT NULL THEN coalesce(m.cost, 0) END`,
          value: 'coalesce(m.value, 0)',
          from: ` LEFT JOIN ${amountsSql(words, rules)} AS m ON m.customer_id = j.customer_id`,
        };
  return `(SELECT j.organization_id AS organization_id, j.journey_start_date AS recorded_at, j.first_touch_id AS id,
  j.first_touch_campaign_id AS campaign_id, j.first_touch_asset_id AS asset_id, j.customer_id AS customer_id, ${money.currency} AS currency,
  t.data_source AS data_source, t.source_category AS source_category, t.data_payload AS data_payload, t.attribution_data AS attribution_data,
  coalesce(${money.cost}, ${share}) AS acquisition_cost, ${money.value} AS lifetime_value,
  j.total_touchpoints AS total_touchpoints, j.conversions AS conversions
  FROM ${journeys} AS j LEFT JOIN ${spendSql(words)} AS s ON s.campaign = j.first_touch_campaign${money.from}
  LEFT JOIN ${touchpoints(ids, tenant, dialect)} AS t ON t.id = j.first_touch_id)`;
}

/** The one that a customer has paid in; null for none and for several. */
const currencyOf = (dialect: DialectName): string =>
  dialect === 'postgres'
    ? `CASE WHEN cardinality(j.currencies) = 1 THEN j.currencies[1] END`
    : `if(length(j.currencies) = 1, j.currencies[1], NULL)`;

/** What was spent on each campaign in rows without a customer, in whole cents. */
function spendSql({ dialect, tenant, field, text, amount }: Words): string {
  const spend = field('spend', 'number');
  const cents = `sum(${amount(spend)})`;
  const whole = dialect === 'postgres' ? `floor(${cents} * 100)` : `toInt128(floor(${cents} * 100))`;
  return `(SELECT coalesce(${field('campaign_name', 'text')}, ${text('r.campaign_id')}) AS campaign, ${whole} AS cents,
    count(${spend}) - count(${amount(spend)}) AS missing
    FROM ${DATA_TABLE} AS r WHERE r.${tenant} AND r.customer_id IS NULL AND r.source_category IN ${among(SPEND_CATEGORIES)}
    GROUP BY 1)`;
}

/** What each customer has brought, and cost until the first conversion, from rows; and how many amounts miss their rate. */
function amountsSql({ dialect, tenant, final, field, amount }: Words, rules: JourneyRules): string {
  const { touch, sale } = rowKindSql(rules, 'r', dialect);
  const [earned, refunded] = [field(rules.revenue_field, 'number'), field(rules.refund_field, 'number')];
  const customer = 'coalesce(i.canonical_id, r.customer_id)';
  const value = `CASE WHEN ${sale} AND (${earned} IS NOT NULL OR ${refunded} IS NOT NULL)
      THEN coalesce(${earned}, 0) - coalesce(${refunded}, 0) END`;
  const cost = `CASE WHEN ${touch} AND (k.first_conversion_at IS NULL OR r.recorded_at <= k.first_conversion_at)
      THEN coalesce(${field('cost', 'number')}, ${field('spend', 'number')}) END`;
  return `(SELECT ${customer} AS customer_id, sum(${amount(value)}) AS value, sum(${amount(cost)}) AS cost,
    count(${value}) - count(${amount(value)}) + count(${cost}) - count(${amount(cost)}) AS missing
    FROM ${DATA_TABLE} AS r
    LEFT JOIN (SELECT customer_id, canonical_id FROM customer_identities${final} WHERE ${tenant}) AS i ON i.customer_id = r.customer_id
    LEFT JOIN (SELECT customer_id, first_conversion_at FROM customer_journey_tracking${final} WHERE ${tenant}) AS k ON k.customer_id = ${customer}
    WHERE r.${tenant} AND r.customer_id IS NOT NULL AND (${sale} OR ${touch})
    GROUP BY 1)`;
}
