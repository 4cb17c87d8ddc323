import { Inject, Injectable } from '@nestjs/common';
import { Decimal } from 'decimal.js';
import type { Identity } from '../access/identity.js';
import { policyOf, seesAll } from '../access/policy.js';
import { isOfKind, journeyRulesOf, type JourneyRules } from '../attribution/models/journey-rules.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor, type PageQuery } from '../common/page.js';
import { badRequest, Problem } from '../common/problem.js';
import { isUuid, uuidV5 } from '../common/uuid.js';
import { journeysSql } from '../compiler/cube/journeys-sql.js';
import { amountSql } from '../compiler/dialect/amount-sql.js';
import { fieldSql, type Reading } from '../compiler/dialect/field-sql.js';
import { NO_CURRENCY } from '../compiler/model/relations.js';
import { EngineReads, type Words } from '../engine/engine-reads.js';
import type { Engine, EngineValue } from '../engine/engine.js';
import { ENGINE } from '../engine/engine.tokens.js';
import { JourneyRefresh } from '../journeys/journey-refresh.service.js';
import { columnTypes } from '../metrics/typed-fields.js';
import { LibraryService } from '../metrics/library.service.js';
import type { OrganizationState } from '../access/organization-state.js';
import { OrganizationStates } from '../query/organization-state.js';
import { CustomerIds } from './customer-ids.service.js';
import { OrganizationMoney, type CustomerMoney } from './organization-money.service.js';
import type {
  CustomerJourneyDto,
  CustomerJourneyListDto,
  JourneyDetailsDto,
  JourneyEventDto,
  JourneyListQuery,
} from './journey.dto.js';

const AT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Journeys of customers, one by one. They lead through everyone's campaigns, so a limited view has none of them. */
@Injectable()
export class JourneyReading {
  private readonly reads: EngineReads;

  constructor(
    @Inject(ENGINE) engine: Engine,
    private readonly ids: CustomerIds,
    private readonly refresh: JourneyRefresh,
    private readonly states: OrganizationStates,
    private readonly library: LibraryService,
    private readonly money: OrganizationMoney,
  ) {
    this.reads = new EngineReads(engine);
  }

  /** @throws Problem 404 for a customer without rows, 409 `ambiguous_customer` */
  async get(identity: Identity, customer: string, query: PageQuery): Promise<JourneyDetailsDto> {
    const { organizationId, state, money, rules } = await this.ready(identity);
    const { canonical, members } = await this.ids.find(organizationId, customer);
    const owner = { organizationId, money, rules };
    const [found] = await this.journeys(owner, [['j.customer_id', canonical, 'uuid']], 1);
    const journey = found?.journey;
    if (!journey) throw new Problem(404, 'not_found', `There is no customer ${customer.slice(0, 80)}.`);
    const limit = query.limit ?? DEFAULT_PAGE;
    const events = await this.events(owner, members, limit + 1, query.cursor);
    const shown = events.slice(0, limit);
    const runs = state.attribution_runs;
    const { models, timeline, missesRate } = await this.credited(organizationId, money, { canonical, shown, runs });
    const last = shown.at(-1);
    return {
      journey,
      customer_ids: [...members],
      models,
      timeline,
      next_cursor: last && events.length > limit ? encodeCursor(`${last.at}|${last.id}`) : null,
      warnings: [
        ...(runs.length === 0 ? [NOT_CALCULATED] : []),
        ...(found?.missesRate === true || missesRate ? [rateMissing(journey.currency)] : []),
      ],
    };
  }

  async list(identity: Identity, query: JourneyListQuery): Promise<CustomerJourneyListDto> {
    const { organizationId, money, rules } = await this.ready(identity);
    const limit = query.limit ?? DEFAULT_PAGE;
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
    if (after !== null && !isUuid(after)) throw badRequest('invalid_cursor', 'The cursor is not one of this list.');
    const conditions: Condition[] = [
      ...given('j.first_touch_source', query.first_touch_source),
      ...given('j.current_stage', query.current_stage),
      ...(query.first_touch_campaign_id
        ? [['j.first_touch_campaign_id', query.first_touch_campaign_id, 'uuid'] as const]
        : []),
      ...(query.converted ? [['j.conversions', query.converted, 'positive'] as const] : []),
      ...(after === null ? [] : [['j.customer_id', after, 'after'] as const]),
    ];
    const found = await this.journeys({ organizationId, money, rules }, conditions, limit + 1);
    const data = found.slice(0, limit).map(({ journey }) => journey);
    const last = data.at(-1);
    return { data, next_cursor: last && found.length > limit ? encodeCursor(last.customer_id) : null };
  }

  private async ready(identity: Identity): Promise<Owner & { readonly state: OrganizationState }> {
    if (!seesAll(policyOf(identity)))
      throw new Problem(
        403,
        'policy_not_supported_here',
        'A journey leads through rows and fields that your role does not see. Ask for metrics of journeys instead: POST /api/query.',
      );
    const { organizationId } = identity;
    const state = await this.states.read(organizationId);
    await this.refresh.ensure(organizationId, state.data_version);
    const rules = journeyRulesOf(state.journey_settings);
    return { organizationId, state, rules, money: await this.money.of(organizationId, state) };
  }

  private async journeys(
    { organizationId, money, rules }: Owner,
    conditions: readonly Condition[],
    limit: number,
  ): Promise<{ journey: CustomerJourneyDto; missesRate: boolean }[]> {
    const typed = columnTypes(this.library.library);
    const relation = { organizationId, rules, ...(money.converts ? { convertedTo: money.currency } : {}) };
    const rows = await this.reads.rows(
      organizationId,
      (words) => {
        const { dialect, uuid, instant, final } = words;
        const text = (column: string): string => (dialect === 'postgres' ? `${column}::text` : `toString(${column})`);
        const currencies =
          dialect === 'postgres' ? "array_to_string(j.currencies, ',')" : "arrayStringConcat(j.currencies, ',')";
        const columns = [
          uuid('j.customer_id'),
          instant('j.journey_start_date'),
          ...['first', 'last'].flatMap((which) => [
            uuid(`j.${which}_touch_campaign_id`),
            `j.${which}_touch_campaign`,
            uuid(`j.${which}_touch_asset_id`),
            `j.${which}_touch_source`,
          ]),
          ...[text('j.total_touchpoints'), text('j.conversions'), instant('j.first_conversion_at')],
          ...[text('c.acquisition_cost'), text('c.lifetime_value'), currencies, 'j.current_stage', 'c.currency'],
        ];
        const where = conditions.map((condition) => conditionSql(condition, words)).join(' AND ') || '1 = 1';
        const costs = journeysSql(relation, dialect, typed);
        return money.apply(`SELECT ${columns.join(', ')} FROM customer_journey_tracking AS j${final}
          LEFT JOIN ${costs} AS c ON c.customer_id = j.customer_id
          WHERE ${where} ORDER BY ${uuid('j.customer_id')} LIMIT ${limit}`);
      },
      conditions.flatMap(([, value, kind]) => (kind === 'positive' ? [] : [value])),
    );
    return rows.map((row) => journeyOf(row, organizationId, money.currency));
  }

  private async events(
    { organizationId, rules }: Owner,
    members: readonly string[],
    limit: number,
    cursor: string | undefined,
  ): Promise<JourneyEventDto[]> {
    const after = cursor === undefined ? null : decodeCursor(cursor).split('|');
    const [at = '', id = ''] = after ?? [];
    if (after !== null && (!AT.test(at) || !isUuid(id)))
      throw badRequest('invalid_cursor', 'The cursor is not one of this timeline.');
    const typed = columnTypes(this.library.library);
    const rows = await this.reads.rows(
      organizationId,
      ({ dialect, uuid, instant, list, next }) => {
        const field = (name: string, reading: Reading): string =>
          fieldSql({ kind: 'payload', root: 'data_payload', path: [name] }, reading, { dialect, row: 'r', typed });
        const text = (value: string): string => (dialect === 'postgres' ? `(${value})::text` : `toString(${value})`);
        const columns = [
          ...[instant('r.recorded_at'), uuid('r.id'), 'r.data_source', 'r.source_category', field('channel', 'text')],
          ...[uuid('r.campaign_id'), field('campaign_name', 'text'), uuid('r.asset_id'), field('lead_stage', 'text')],
          ...[field('stage', 'text'), text(`coalesce(${field('cost', 'number')}, ${field('spend', 'number')})`)],
          ...[text(field(rules.revenue_field, 'number')), text(field(rules.refund_field, 'number')), 'r.currency'],
        ];
        const owned = `r.customer_id IN (${list(members)})`;
        const moment = (): string =>
          dialect === 'postgres' ? `${next()}::timestamptz` : `parseDateTime64BestEffort(?, 3, 'UTC')`;
        const later =
          after === null
            ? ''
            : ` AND (r.recorded_at > ${moment()} OR (r.recorded_at = ${moment()} AND ${uuid('r.id')} > ${next()}))`;
        return `SELECT ${columns.join(', ')} FROM unified_marketing_data AS r WHERE ${owned}${later}
          ORDER BY r.recorded_at, ${uuid('r.id')} LIMIT ${limit}`;
      },
      [...members, ...(after === null ? [] : [at, at, id])],
    );
    return rows.map((row) => eventOf(row, rules));
  }

  /** The events with what the published attribution credits to each. */
  private async credited(
    organizationId: string,
    money: CustomerMoney,
    { canonical, shown: events, runs }: Credited,
  ): Promise<{ models: string[]; timeline: JourneyEventDto[]; missesRate: boolean }> {
    const touches = events.filter(({ kind }) => kind === 'touchpoint').map(({ id }) => id);
    if (runs.length === 0 || touches.length === 0) return { models: [], timeline: [...events], missesRate: false };
    const rows = await this.reads.rows(
      organizationId,
      ({ dialect, uuid, list }) => {
        const text = (value: string): string => (dialect === 'postgres' ? `${value}::text` : `toString(${value})`);
        const revenue = money.converts ? amountSql('c.revenue_amount', 'c') : 'c.revenue_amount';
        return money.apply(`SELECT ${uuid('c.touchpoint_id')}, c.attribution_model, ${text('sum(c.attribution_weight)')},
            CASE WHEN count(${revenue}) = count(*) THEN ${text(`sum(${revenue})`)} END
          FROM (SELECT *, transaction_date AS recorded_at FROM revenue_attribution
            WHERE customer_id IN (${list([canonical])}) AND touchpoint_id IN (${list(touches)})) AS c
          GROUP BY 1, 2 ORDER BY 1, 2`);
      },
      [canonical, ...touches],
      runs,
    );
    const credits = new Map<string, JourneyEventDto['credits']>();
    for (const [touch, model, weight, revenue] of rows) {
      const own = credits.get(String(touch)) ?? {};
      own[String(model)] = { conversions: plain(weight) ?? '0', revenue: moneyText(revenue) };
      credits.set(String(touch), own);
    }
    return {
      models: [...new Set(rows.map(([, model]) => String(model)))].sort(),
      timeline: events.map((event) => ({ ...event, credits: credits.get(event.id) ?? {} })),
      missesRate: rows.some(([, , , revenue]) => revenue === null),
    };
  }
}

/** Whose journeys are read. */
interface Owner {
  readonly organizationId: string;
  readonly money: CustomerMoney;
  readonly rules: JourneyRules;
}

interface Credited {
  /** The id that stands for the customer. */
  readonly canonical: string;
  readonly shown: readonly JourneyEventDto[];
  /** Of the published attribution. */
  readonly runs: readonly string[];
}

/** Column, value, and how they are compared. */
type Condition = readonly [column: string, value: string, kind: 'text' | 'uuid' | 'after' | 'positive'];

const given = (column: string, value: string | undefined): Condition[] =>
  value === undefined ? [] : [[column, value, 'text']];

function conditionSql([column, value, kind]: Condition, { list, next, uuid }: Words): string {
  switch (kind) {
    case 'text':
      return `${column} = ${next()}`;
    case 'uuid':
      return `${column} IN (${list([value])})`;
    case 'after':
      return `${uuid(column)} > ${next()}`;
    case 'positive':
      return value === 'true' ? `${column} > 0` : `${column} = 0`;
    default:
      return kind satisfies never;
  }
}

const textOf = (value: EngineValue | undefined): string | null => (value == null ? null : String(value));
const plain = (value: EngineValue | undefined): string | null =>
  value == null ? null : new Decimal(String(value)).toFixed();
const moneyText = (value: EngineValue | undefined): string | null =>
  value == null ? null : new Decimal(String(value)).toFixed(2);

function journeyOf(
  row: readonly EngineValue[],
  organizationId: string,
  currency: string,
): { journey: CustomerJourneyDto; missesRate: boolean } {
  const [id = '', start, ...rest] = row;
  const touch = (from: number): (string | null)[] => rest.slice(from, from + 4).map(textOf);
  const [firstCampaign = null, firstName = null, firstAsset = null, firstSource = null] = touch(0);
  const [lastCampaign = null, lastName = null, lastAsset = null, lastSource = null] = touch(4);
  const [touchpoints, conversions, converted, cost, value, currencies, stage, code] = rest.slice(8);
  const missesRate = code === NO_CURRENCY;
  const customer = String(id);
  const journey = {
    id: uuidV5(`journey:${customer}`, organizationId),
    customer_id: customer,
    journey_start_date: String(start),
    first_touch_campaign_id: firstCampaign,
    first_touch_campaign: firstName,
    first_touch_asset_id: firstAsset,
    first_touch_source: firstSource,
    last_touch_campaign_id: lastCampaign,
    last_touch_campaign: lastName,
    last_touch_asset_id: lastAsset,
    last_touch_source: lastSource,
    total_touchpoints: Number(touchpoints),
    conversions: Number(conversions),
    first_conversion_at: textOf(converted),
    acquisition_cost: missesRate ? null : moneyText(cost),
    lifetime_value: missesRate ? null : (moneyText(value) ?? '0.00'),
    currency,
    currencies: String(currencies ?? '')
      .split(',')
      .filter((code) => code !== ''),
    current_stage: textOf(stage),
  };
  return { journey, missesRate };
}

function eventOf(row: readonly EngineValue[], { touch, conversion }: JourneyRules): JourneyEventDto {
  const [at, id, source, category, channel, campaignId, campaign, asset, lead, stage, cost, ...paid] = row.map(textOf);
  const [revenue, refunds, currency = null] = paid;
  const kind = { data_source: source ?? '', source_category: category ?? '' };
  const earns = isOfKind(conversion, kind);
  const isTouch = isOfKind(touch, kind) && !earns;
  const value =
    earns && (revenue != null || refunds != null) ? new Decimal(revenue ?? 0).minus(refunds ?? 0).toFixed(2) : null;
  const isConversion = earns && revenue != null && !new Decimal(revenue).isNegative();
  return {
    at: at ?? '',
    id: id ?? '',
    kind: isTouch ? 'touchpoint' : isConversion ? 'conversion' : 'other',
    data_source: source ?? '',
    channel: channel ?? source ?? null,
    campaign_id: campaignId ?? null,
    campaign: campaign ?? null,
    asset_id: asset ?? null,
    stage: lead ?? stage ?? null,
    cost: isTouch ? moneyText(cost) : null,
    value,
    currency,
    credits: {},
  };
}

const NOT_CALCULATED = {
  code: 'attribution_not_calculated',
  message:
    'Attribution was never calculated, so no touchpoint has credits. POST /api/analytics/attribution/calculate does it.',
};
const rateMissing = (currency: string): { code: string; message: string } => ({
  code: 'fx_rate_missing',
  message: `Amounts of the customer miss an exchange rate into ${currency}; numbers that need it are null. Import the rates (POST /api/fx/rates).`,
});
