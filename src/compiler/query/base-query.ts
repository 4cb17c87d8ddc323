/** The grouped queries that everything is made of: always of one organisation, always with the request's row filters. */
import { CUBE, GRANULARITY, ROLLUP_TABLE, SEGMENT_KEY, TENANT_KEY, TIME_KEY } from '../cube/base.js';
import type { CompiledModel, CubeFilter, CubeQuery } from '../cube/compile.js';
import type { Relation } from '../cube/relation-sql.js';
import type { Placement } from '../dialect/ordinal-sql.js';
import { canonicalZone } from '../dialect/request-zone.js';
import type { DialectName } from '../dialect/types.js';
import { segmentsFor } from '../rollup/match.js';
import type { RollupView } from '../rollup/view.js';
import type { CalendarSettings } from './calendar.js';
import type { Money } from './money.js';
import type { Resolved } from './resolve.js';
import { engineInstant, type OpenRange } from './time-range.js';
import type { Statement, TimeGrain } from './types.js';

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
  constructor(private readonly input: BaseQueriesInput) {}

  /** Whether numbers may be null because they miss an exchange rate. */
  get flagsMoney(): boolean {
    return this.input.money.flags;
  }

  /** @throws RollupMismatch where there is a rollup that would not give the answer that rows give */
  async statement(grouping: Grouping): Promise<Statement> {
    const { rollup, compiled } = this.input;
    if (rollup === null || grouping.relation) return this.grouped(grouping, compiled, []);
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
    const segments: CubeFilter = { member: path(SEGMENT_KEY), operator: 'equals', values };
    const { sql, params } = await this.grouped(grouping, rollup.compiled, [segments]);
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
    const relation = grouping.relation && {
      ...grouping.relation,
      organizationId,
      withPayload: keys.some((key) => !this.isOnRelation(key)) || metrics.some((key) => this.isFiltered(key)),
    };
    const { sql, params } = await compiled.toSql({
      measures: metrics.map(path),
      dimensions: dimensions.map(({ key }) => path(key)),
      timeDimensions: time === null ? [] : [{ dimension: path(TIME_KEY), granularity }],
      filters: [tenant, ...segments, ...within(range), ...conditions],
      timeZone: canonicalZone(timeZone),
      ...(grouping.zone === undefined ? {} : { bucketZone: grouping.zone }),
      rowLimit: limit,
      offset,
      weekStart,
      fiscalYearStart,
      ...(time !== null && typeof time === 'object' ? { placement: time } : {}),
      rowOrder: grouping.order ?? [],
      withheld: [],
      ...(relation ? { relation } : {}),
    });
    return { sql: segments.length > 0 ? money.overRollup(sql) : money.apply(sql, range), params };
  }

  /** Whether a relation has the dimension's value itself, so that it need not look into the touchpoint's payload. */
  private isOnRelation(key: string): boolean {
    const member = this.input.compiled.model.members.find((each) => each.key === key);
    if (member === undefined || key === TIME_KEY) return true;
    return member.kind === 'dimension' && member.field.kind === 'column' && member.formula === undefined;
  }

  private isFiltered(measure: string): boolean {
    const key = measure.replace(/^_(exact|sum|parts|amounts|currencies)_/, '');
    const member = this.input.compiled.model.members.find((each) => each.key === key);
    return member?.kind === 'simple' && member.filter !== undefined;
  }
}

/** A relation to read, and the attribution model where it has several. */
export type RelationKind = Pick<Relation, 'name' | 'model'>;

const keysIn = (filter: CubeFilter): string[] =>
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
