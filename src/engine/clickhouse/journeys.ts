import type { JourneyRules } from '../../attribution/models/journey-rules.js';
import { rowKindSql } from '../../attribution/sql/row-kinds.js';
import { fieldSql, type FieldSource, type Reading, type TypedFields } from '../../compiler/dialect/field-sql.js';
import { CUSTOMER_READERS, type CustomerIdentity, type CustomerJourneys, type CustomerReader } from '../journeys.js';
import { checkedUuid } from '../identifiers.js';
import type { TypedField } from '../typed-field.js';
import { CHANGE_TABLE, IDENTITY_TABLE, JOURNEY_TABLE } from './customer-tables.js';
import { asFailure } from './failures.js';
import type { SupersededRows } from './superseded-rows.js';
import { DATA_TABLE } from './tables.js';
import type { ClickHouseTransport } from './transport.js';

/** Rows that one statement gathers in memory. */
const SLICE_ROWS = 1_000_000;
const BOUNDED =
  'max_bytes_before_external_group_by = 600000000, max_bytes_before_external_sort = 300000000, max_threads = 2';

export class ClickHouseJourneys implements CustomerJourneys {
  constructor(
    private readonly transport: ClickHouseTransport,
    private readonly superseded: SupersededRows,
    private readonly typedFields: readonly TypedField[],
  ) {}

  async mark(organizationId: string, changeId: string, customerIds: readonly string[]): Promise<void> {
    const [organization, change] = [uuid(organizationId), uuid(changeId)];
    const lines = customerIds.flatMap((customer) =>
      CUSTOMER_READERS.map((reader) => JSON.stringify([organization, reader, change, uuid(customer)])),
    );
    await this.guarded(() =>
      this.transport.insert(CHANGE_TABLE, ['organization_id', 'reader', 'change_id', 'customer_id'], lines.join('\n')),
    );
  }

  async markAll(organizationId: string, changeId: string, reader: CustomerReader): Promise<void> {
    const [organization, change] = [uuid(organizationId), uuid(changeId)];
    await this.guarded(() =>
      this.transport.command(
        `INSERT INTO ${CHANGE_TABLE} (organization_id, reader, change_id, customer_id)
         SELECT DISTINCT toUUID('${organization}'), '${reader}', toUUID('${change}'), assumeNotNull(customer_id)
         FROM ${DATA_TABLE} WHERE organization_id = '${organization}' AND customer_id IS NOT NULL SETTINGS ${BOUNDED}`,
      ),
    );
  }

  async changes(organizationId: string, reader: CustomerReader): Promise<string[]> {
    const rows = await this.guarded(() =>
      this.transport.select(
        `SELECT DISTINCT toString(change_id) FROM ${CHANGE_TABLE}
         WHERE organization_id = '${uuid(organizationId)}' AND reader = '${reader}'`,
      ),
    );
    return rows.map(([id]) => String(id));
  }

  async forget(organizationId: string, reader: CustomerReader, changeIds: readonly string[]): Promise<void> {
    if (changeIds.length === 0) return;
    await this.guarded(() =>
      this.transport.command(`DELETE FROM ${CHANGE_TABLE} WHERE ${noted(organizationId, reader, changeIds)}`),
    );
  }

  async identify(organizationId: string, identities: readonly CustomerIdentity[]): Promise<void> {
    if (identities.length === 0) return;
    const organization = uuid(organizationId);
    const version = await this.newVersion(IDENTITY_TABLE, organization);
    const lines = identities.map(({ customer_id, canonical_id }) => {
      const [own, canonical] = [uuid(customer_id), uuid(canonical_id)];
      return JSON.stringify([organization, own, canonical, version, own === canonical ? 1 : 0]);
    });
    await this.guarded(() =>
      this.transport.insert(
        IDENTITY_TABLE,
        ['organization_id', 'customer_id', 'canonical_id', 'version', 'is_deleted'],
        lines.join('\n'),
      ),
    );
  }

  async refresh(organizationId: string, changeIds: readonly string[], rules: JourneyRules): Promise<number> {
    if (changeIds.length === 0) return 0;
    const organization = uuid(organizationId);
    return this.guarded(async () => {
      const version = await this.newVersion(JOURNEY_TABLE, organization);
      const typed: TypedFields = Object.fromEntries(
        this.typedFields.flatMap(({ name, type }) => (type === 'string' ? [] : [[name, type]])),
      );
      const input = { organization, typed, rules, version, changes: noted(organizationId, 'journeys', changeIds) };
      const final = (await this.superseded.read(organization)) ? 1 : 0;
      const settings = `SETTINGS ${BOUNDED}, final = ${final}`;
      const [rows] = await this.transport.select(`SELECT count() ${rowsOf(input)} ${settings}`);
      const slices = Math.max(1, Math.ceil(Number(rows?.[0]) / SLICE_ROWS));
      for (let slice = 0; slice < slices; slice++) {
        const share = slices === 1 ? '1' : `sipHash64(customer) % ${slices} = ${slice}`;
        await this.transport.command(`INSERT INTO ${JOURNEY_TABLE} ${journeys(input, share)} ${settings}`);
      }
      await this.transport.command(`INSERT INTO ${JOURNEY_TABLE} ${tombstones(input)} SETTINGS ${BOUNDED}`);
      const [count] = await this.transport.select(
        `SELECT count() FROM ${JOURNEY_TABLE} WHERE organization_id = '${organization}' AND version = ${version} AND is_deleted = 0`,
      );
      return Number(count?.[0]);
    });
  }

  private async newVersion(table: string, organization: string): Promise<string> {
    const [row] = await this.transport.select(
      `SELECT max(version) + 1 FROM ${table} WHERE organization_id = '${organization}'`,
    );
    return String(row?.[0] ?? 1);
  }

  private async guarded<T>(job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      throw asFailure(error);
    }
  }
}

const uuid = (value: string): string => checkedUuid(value, 'an id');

/**
 * SQL that notes the customers of rows for every reader, with what the rows have in common; see `CustomerJourneys`.
 * @param rows what stands behind FROM: old and new versions of the rows
 */
export const markRows = (organizationId: string, changeId: string, rows: string): string => `
INSERT INTO ${CHANGE_TABLE} (organization_id, reader, change_id, customer_id, source_category, data_source, first_ms, last_ms)
SELECT toUUID('${organizationId}'), reader, toUUID('${changeId}'), assumeNotNull(customer), category, source, earliest, latest
FROM (
  SELECT customer_id AS customer, ${common('source_category')} AS category, ${common('data_source')} AS source,
    toUnixTimestamp64Milli(min(recorded_at)) AS earliest, toUnixTimestamp64Milli(max(recorded_at)) AS latest
  FROM ${rows} WHERE customer_id IS NOT NULL GROUP BY customer
) ARRAY JOIN [${CUSTOMER_READERS.map((each) => `'${each}'`).join(', ')}] AS reader`;

const common = (column: string): string => `if(min(${column}) = max(${column}), min(${column}), NULL)`;

const noted = (organizationId: string, reader: CustomerReader, changeIds: readonly string[]): string =>
  `organization_id = '${uuid(organizationId)}' AND reader = '${reader}' AND change_id IN (${changeIds.map((id) => `'${uuid(id)}'`).join(', ')})`;

interface RefreshSql {
  readonly organization: string;
  readonly typed: TypedFields;
  readonly rules: JourneyRules;
  readonly version: string;
  /** Condition on {@link CHANGE_TABLE}. */
  readonly changes: string;
}

const identities = ({ organization }: RefreshSql): string =>
  `(SELECT customer_id, canonical_id FROM ${IDENTITY_TABLE} FINAL WHERE organization_id = '${organization}' AND is_deleted = 0)`;

/** The ids that stand for the customers whose rows changed. */
const canonical = (sql: RefreshSql): string =>
  `SELECT coalesce(i.canonical_id, c.customer_id) AS id
   FROM (SELECT DISTINCT customer_id FROM ${CHANGE_TABLE} WHERE ${sql.changes}) AS c
   LEFT JOIN ${identities(sql)} AS i ON i.customer_id = c.customer_id`;

/** All ids of those customers. */
const members = (sql: RefreshSql): string =>
  `SELECT id FROM (${canonical(sql)}) UNION ALL
   SELECT customer_id AS id FROM ${identities(sql)} WHERE canonical_id IN (SELECT id FROM (${canonical(sql)}))`;

const rowsOf = (sql: RefreshSql): string =>
  `FROM ${DATA_TABLE} AS r LEFT JOIN ${identities(sql)} AS i ON i.customer_id = r.customer_id
   WHERE r.organization_id = '${sql.organization}' AND r.is_deleted = 0 AND r.customer_id IN (${members(sql)})`;

/** Touches up to the first conversion have brought the customer; what they cost is the customer's own cost. */
function journeys(sql: RefreshSql, share: string): string {
  const source: FieldSource = { dialect: 'clickhouse', row: 'r', typed: sql.typed };
  const field = (path: string, reading: Reading): string =>
    fieldSql({ kind: 'payload', root: 'data_payload', path: [path] }, reading, source);
  const { touch: isTouch, sale: isSale } = rowKindSql(sql.rules, 'r', 'clickhouse');
  const touch = `(campaign_id, campaign, asset_id, channel, row_id, at)`;
  const place = '(at, toString(row_id))';
  const first = (index: number): string => `tupleElement(argMinIf(${touch}, ${place}, is_touch), ${index})`;
  const last = (index: number): string => `tupleElement(argMaxIf(${touch}, ${place}, is_touch), ${index})`;
  const none = (value: string): string => `if(countIf(is_touch) = 0, NULL, ${value})`;
  const kind = `multiIf(is_touch, 'touchpoint', is_conversion, 'conversion', 'other')`;
  const item = `CAST(tuple(concat(replaceOne(toString(at), ' ', 'T'), 'Z'), row_id, ${kind}, source, channel, campaign_id, campaign, asset_id, stage, toString(cost), toString(value)),
    'Tuple(at String, id UUID, kind String, data_source String, channel Nullable(String), campaign_id Nullable(UUID), campaign Nullable(String), asset_id Nullable(UUID), stage Nullable(String), cost Nullable(String), value Nullable(String))')`;
  return `(organization_id, customer_id, journey_start_date,
  first_touch_campaign_id, first_touch_campaign, first_touch_asset_id, first_touch_source, first_touch_id, first_touch_at,
  last_touch_campaign_id, last_touch_campaign, last_touch_asset_id, last_touch_source, last_touch_id, last_touch_at,
  total_touchpoints, conversions, first_conversion_at, own_cost, lifetime_value, currencies, current_stage, journey_data,
  version, is_deleted)
SELECT toUUID('${sql.organization}'), assumeNotNull(customer), min(at),
  ${[1, 2, 3, 4, 5, 6].map((index) => none(first(index))).join(', ')},
  ${[1, 2, 3, 4, 5, 6].map((index) => none(last(index))).join(', ')},
  countIf(is_touch), countIf(is_conversion),
  if(countIf(is_conversion) = 0, NULL, minIf(at, is_conversion)) AS converted,
  if(countIf(is_touch AND cost IS NOT NULL) = 0, NULL,
    arraySum(arrayMap(c -> c.2, arrayFilter(c -> isNull(converted) OR c.1 <= assumeNotNull(converted), groupArrayIf((at, assumeNotNull(cost)), is_touch AND cost IS NOT NULL))))),
  coalesce(sum(value), toDecimal128(0, 9)),
  arraySort(groupUniqArrayIf(assumeNotNull(money), is_conversion AND money IS NOT NULL)),
  if(countIf(stage IS NOT NULL) = 0, NULL, argMaxIf(stage, ${place}, stage IS NOT NULL)),
  toJSONString(arrayMap(e -> e.3, arraySort(e -> (e.1, e.2), groupArray((at, toString(row_id), ${item}))))),
  ${sql.version}, 0
FROM (
  SELECT coalesce(i.canonical_id, r.customer_id) AS customer, r.recorded_at AS at, r.id AS row_id, r.data_source AS source,
    r.campaign_id AS campaign_id, r.asset_id AS asset_id, r.currency AS money,
    coalesce(${field('channel', 'text')}, toString(r.data_source)) AS channel,
    coalesce(${field('campaign_name', 'text')}, toString(r.campaign_id)) AS campaign,
    coalesce(${field('lead_stage', 'text')}, ${field('stage', 'text')}) AS stage,
    ${isTouch} AS is_touch,
    if(is_touch, coalesce(${field('cost', 'number')}, ${field('spend', 'number')}), NULL) AS cost,
    if(${isSale}, ${field(sql.rules.revenue_field, 'number')}, NULL) AS earned,
    if(${isSale}, ${field(sql.rules.refund_field, 'number')}, NULL) AS refunded,
    earned IS NOT NULL AND earned >= 0 AS is_conversion,
    if(earned IS NULL AND refunded IS NULL, NULL, coalesce(earned, toDecimal128(0, 9)) - coalesce(refunded, toDecimal128(0, 9))) AS value
  ${rowsOf(sql)} AND ${share}
) GROUP BY customer`;
}

/** Customers whose last row is gone, or who have become part of another one. */
const tombstones = (sql: RefreshSql): string => `
(organization_id, customer_id, version, is_deleted)
SELECT toUUID('${sql.organization}'), assumeNotNull(id), ${sql.version}, 1
FROM (SELECT DISTINCT id FROM (
  ${canonical(sql)} UNION ALL SELECT customer_id AS id FROM ${CHANGE_TABLE} WHERE ${sql.changes}
))
WHERE id IN (SELECT customer_id FROM ${JOURNEY_TABLE} WHERE organization_id = '${sql.organization}')
  AND id NOT IN (SELECT customer_id FROM ${JOURNEY_TABLE} WHERE organization_id = '${sql.organization}' AND version = ${sql.version})`;
