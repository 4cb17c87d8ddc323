/** The grouped queries that everything is made of: always of one organisation, always with the request's row filters. */
import type { JourneyRules } from '../../attribution/models/journey-rules.js';
import { unprocessable, type ProblemItem } from '../../common/problem.js';
import { CUBE, GRANULARITY, ROLLUP_TABLE, SEGMENT_KEY, TENANT_KEY, TIME_KEY } from '../cube/base.js';
import type { CompiledModel, CubeFilter, CubeQuery } from '../cube/compile.js';
import { RollupMismatch } from '../rollup/types.js';
import type { Relation } from '../cube/relation-sql.js';
import { marksIn } from '../dialect/amount-sql.js';
import type { Placement } from '../dialect/ordinal-sql.js';
import { canonicalZone } from '../dialect/request-zone.js';
import type { DialectName } from '../dialect/types.js';
import { moneyFields, readsAmounts } from '../model/amounts.js';
import { behind } from '../model/around.js';
import type { Member } from '../model/types.js';
import { segmentsFor } from '../rollup/match.js';
import type { RollupView } from '../rollup/view.js';
import type { CalendarSettings } from './calendar.js';
import type { Money } from './money.js';
import type { Resolved } from './resolve.js';
import { engineInstant, type OpenRange } from './time-range.js';
import type { MergedGroups, Statement, TimeGrain } from './types.js';

export interface Grouping {
  readonly metrics: readonly string[];
  readonly dimensions: readonly Pick<Resolved, 'key'>[];
  /** By what time is grouped, if at all; the time column comes first. */
  readonly time: TimeGrain | Placement | null;
  /** Zone of the time buckets where it is not the request’s. */
  readonly zone?: 'UTC';
  /** Null for all rows. */
  readonly range: OpenRange | null;
  /** Further conditions. */
  readonly filters?: readonly CubeFilter[];
  /** Reads rows whether or not they meet the request's own conditions; the tenant's and the policy's hold always. */
  readonly isUnfiltered?: boolean;
  /** Each row is a group of its own: one of the dimensions is its id. */
  readonly byRow?: boolean;
  /** Read in the place of rows. */
  readonly relation?: RelationKind;
  readonly limit?: number | null;
  readonly offset?: number | null;
  readonly order?: CubeQuery['rowOrder'];
}

export interface BaseQueriesInput extends CalendarSettings {
  readonly compiled: CompiledModel;
  readonly organizationId: string;
  readonly timeZone: string;
  /** The request's conditions on rows. */
  /** What the asker may see: holds for every row that is read, whatever it is read for. */
  readonly always: readonly CubeFilter[];
  /** What the request asks for. */
  readonly rowFilters: readonly CubeFilter[];
  /** Every query is answered from this rollup, or refused with `RollupMismatch`; null for rows. */
  readonly rollup: RollupView | null;
  readonly money: Money;
  readonly journeys: JourneyRules;
  /** Rows are read by people: ids that were merged are one. */
  readonly byPeople: boolean;
  readonly merged: readonly MergedGroups[];
}

export const path = (key: string): string => `${CUBE}.${key}`;

/** How the base query names a column. */
export const baseColumn = (key: string): string => `${CUBE}__${key}`;
export const baseTimeColumn = (time: TimeGrain | Placement): string =>
  baseColumn(`${TIME_KEY}_${GRANULARITY[typeof time === 'string' ? time : 'daily']}`);

/**
 * How the columns of a grouped query are named from outside, and the list of names that belongs behind its alias.
 * `null` is the time.
 */
export function namesOf(
  dialect: DialectName,
  time: TimeGrain | Placement | null,
  keys: readonly string[],
  alias: string,
): { readonly name: (key: string | null) => string; readonly list: string } {
  const all = [...(time === null ? [] : [null]), ...keys];
  if (dialect === 'postgres') {
    const list = `(${all.map((_, index) => `x${index + 1}`).join(', ')})`;
    return { name: (key) => `${alias}.x${all.indexOf(key) + 1}`, list };
  }
  const column = (key: string | null): string => (key === null ? baseTimeColumn(time ?? 'daily') : baseColumn(key));
  return { name: (key) => `${alias}.\`${column(key)}\``, list: '' };
}

/** The number of a window, of one type whatever it was read from. */
export const wholeSql = (value: string, dialect: DialectName): string =>
  dialect === 'clickhouse' ? `toInt64(${value})` : `${value}::bigint`;

export class BaseQueries {
  /** Whether any statement so far reads the rollup; those over attribution and journeys never do. */
  readsRollup = false;

  constructor(private readonly input: BaseQueriesInput) {}

  /** Whether numbers may be null because they miss an exchange rate. */
  get flagsMoney(): boolean {
    return this.input.money.mayMiss;
  }

  /** @throws RollupMismatch where there is a rollup that would not give the answer that rows give */
  async statement(grouping: Grouping): Promise<Statement> {
    const { rollup, compiled } = this.input;
    if (rollup === null || grouping.relation) return this.grouped(grouping, compiled, []);
    if (this.input.byPeople) throw new RollupMismatch('customers are counted as people, and rollups know ids');
    const { metrics, dimensions, time, range, filters = [] } = grouping;
    const { always, rowFilters } = this.input;
    const query = {
      ...{ metrics, dimensions: dimensions.map(({ key }) => key), time },
      filters: [...always, ...(grouping.isUnfiltered ? [] : rowFilters), ...filters],
      from: range?.from ? +range.from : null,
      to: range === null ? null : +range.to,
      timeZone: canonicalZone(this.input.timeZone),
    };
    const values = segmentsFor(query, rollup);
    this.readsRollup = true;
    const segments: CubeFilter = { member: path(SEGMENT_KEY), operator: 'equals', values };
    const { sql, params } = await this.grouped({ ...grouping, byRow: false }, rollup.compiled, [segments]);
    return { sql: sql.replaceAll(ROLLUP_TABLE, rollup.table), params };
  }

  private async grouped(
    grouping: Grouping,
    compiled: CompiledModel,
    segments: readonly CubeFilter[],
  ): Promise<Statement> {
    const { organizationId, timeZone, weekStart, fiscalYearStart, always, rowFilters, money } = this.input;
    const { metrics, dimensions, time, range, filters = [], limit = null, offset = null } = grouping;
    const tenant: CubeFilter = { member: path(TENANT_KEY), operator: 'equals', values: [organizationId] };
    const granularity = GRANULARITY[typeof time === 'string' ? time : 'daily'];
    const conditions = [...always, ...(grouping.isUnfiltered ? [] : rowFilters), ...filters];
    const keys = [...dimensions.map(({ key }) => key), ...conditions.flatMap(keysIn)];
    const convertedTo = this.journeyCurrency(grouping, keys);
    const relation = grouping.relation && {
      ...grouping.relation,
      ...(convertedTo === null ? {} : { convertedTo }),
      organizationId,
      rules: this.input.journeys,
      withPayload: keys.some((key) => !this.isOnRelation(key)) || metrics.some((key) => this.isFiltered(key)),
    };
    const whole = await compiled.toSql({
      measures: metrics.map(path),
      dimensions: dimensions.map(({ key }) => path(key)),
      timeDimensions: time === null ? [] : [{ dimension: path(TIME_KEY), granularity }],
      filters: [tenant, ...segments, ...within(range), ...conditions],
      timeZone: canonicalZone(timeZone),
      ...(grouping.zone === undefined ? {} : { bucketZone: grouping.zone }),
      weekStart,
      fiscalYearStart,
      ...(time !== null && typeof time === 'object' ? { placement: time } : {}),
      rowOrder: grouping.order ?? [],
      withheld: [],
      merged: this.input.merged,
      ...(relation ? { relation } : {}),
      ...(grouping.byRow ? { byRow: true } : {}),
      ...(this.input.byPeople && !relation ? { peopleOf: organizationId } : {}),
    });
    const { params } = whole;
    const sql = `${whole.sql}${limit === null ? '' : ` LIMIT ${limit}`}${offset === null ? '' : ` OFFSET ${offset}`}`;
    if (grouping.relation && money.hasSeveral && marksIn(sql).own) throw unprocessable(...asProblem(BY_AMOUNTS));
    return {
      sql: segments.length > 0 ? money.overRollup(sql) : money.apply(sql, range, convertedTo !== null),
      params,
    };
  }

  /**
   * Into what the amounts of journeys are converted; null where there is nothing to convert.
   * @throws Problem 422 `mixed_currencies` where they would have to be shown by a currency that they do not have
   */
  private journeyCurrency({ relation, metrics }: Grouping, keys: readonly string[]): string | null {
    const { money } = this.input;
    if (relation?.name !== 'customer_journey_tracking' || !metrics.some((key) => this.isMoney(key))) return null;
    if (!money.hasSeveral && !money.converts) return null;
    if (money.unit === null) throw unprocessable(...asProblem(JOURNEYS_AS_RECORDED));
    if (keys.some((key) => this.tellsCurrency(key))) throw unprocessable(...asProblem(JOURNEYS_BY_CURRENCY));
    return money.unit;
  }

  private tellsCurrency(key: string): boolean {
    const reads = ({ depends_on: names, ...member }: Member): boolean =>
      names.includes('currency') ||
      (member.kind === 'dimension' && member.field.kind === 'column' && member.field.column === 'currency');
    return key === 'currency' || behind(key, this.input.compiled.model).some(reads);
  }

  private isMoney(measure: string): boolean {
    const { model } = this.input.compiled;
    const fields = moneyFields(model.members);
    return behind(memberKey(measure), model).some((member) => member.kind === 'simple' && readsAmounts(member, fields));
  }

  /** Whether a relation has the dimension's value itself, so that it need not look into the touchpoint's payload. */
  private isOnRelation(key: string): boolean {
    const member = this.input.compiled.model.members.find((each) => each.key === key);
    if (member === undefined || key === TIME_KEY) return true;
    return member.kind === 'dimension' && member.field.kind === 'column' && member.formula === undefined;
  }

  private isFiltered(measure: string): boolean {
    const key = memberKey(measure);
    const member = this.input.compiled.model.members.find((each) => each.key === key);
    return member?.kind === 'simple' && member.filter !== undefined;
  }
}

/** The metric that a measure is about. */
const memberKey = (measure: string): string => measure.replace(/^_(exact|sum|divisor|parts|amounts|currencies)_/, '');

const mixed = (message: string, pointer: string): ProblemItem => ({ code: 'mixed_currencies', message, pointer });
const asProblem = (item: ProblemItem): [string, string, ProblemItem[]] => [item.code, item.message, [item]];
const JOURNEYS_AS_RECORDED = mixed(
  'What a customer has cost and brought is put together from rows of several currencies, so there is none in which it was recorded. Ask for a currency to convert it into.',
  '/currency',
);
const JOURNEYS_BY_CURRENCY = mixed(
  'What a customer has cost and brought is put together from rows of several currencies, so it is not by “currency”. Leave that out.',
  '/dimensions',
);
const BY_AMOUNTS = mixed(
  'Attribution and journeys are in another currency than their touchpoints may be, so they can’t be told apart by amounts of touchpoints. Leave out dimensions and filters that read amounts.',
  '/dimensions',
);

/** A relation to read, and the attribution model where it has several. */
export type RelationKind = Pick<Relation, 'name' | 'model'>;

export const keysIn = (filter: CubeFilter): string[] =>
  'and' in filter
    ? filter.and.flatMap(keysIn)
    : 'or' in filter
      ? filter.or.flatMap(keysIn)
      : [filter.member.slice(CUBE.length + 1)];

function within(range: OpenRange | null): CubeFilter[] {
  if (range === null) return [];
  const member = path(TIME_KEY);
  const to = engineInstant(range.to);
  return range.from === null
    ? [{ member, operator: 'lt', values: [to] }]
    : [{ member, operator: 'within', values: [engineInstant(range.from), to] }];
}
