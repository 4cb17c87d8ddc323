/**
 * Customers who did one thing within some days after they first did another. The first event is the first in the range,
 * whatever the request's filters choose; filters and dimensions are about that event, so that the groups of an answer
 * are parts of its whole. The second event may come after the range ends.
 */
import { CUBE, FIRST_ROW_KEY, INSTANT_KEY, ROW_KEY } from '../cube/base.js';
import type { CubeFilter } from '../cube/compile.js';
import { exactKey } from '../cube/measure.js';
import { FORMULA_DIALECTS } from '../dialect/formula-dialect.js';
import type { Placement } from '../dialect/ordinal-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { ConversionMetricMember, RowFilter } from '../model/types.js';
import { namesOf, path, wholeSql, type BaseQueries } from './base-query.js';
import type { OpenRange } from './time-range.js';
import { embedded, sql, statementOf } from './fragment.js';
import type { FrameSource, SourceInput } from './frame-sources.js';
import type { TimeGrain } from './types.js';

/** What a rate and a count of the same events share. */
export type ConversionEvents = Pick<ConversionMetricMember['conversion'], 'from' | 'to' | 'days'>;

const CUSTOMER = 'customer_id';
const DAY = 86_400_000;
const KNOWN_CUSTOMER: CubeFilter = { member: path(CUSTOMER), operator: 'set', values: [] };

export async function conversionSource(
  queries: BaseQueries,
  dialect: DialectName,
  { from, to, days }: ConversionEvents,
  { metrics, dimensions, range, filters }: SourceInput,
  time: TimeGrain | Placement | null,
): Promise<FrameSource> {
  const firsts = await queries.statement({
    ...{ metrics: [FIRST_ROW_KEY], dimensions: [{ key: CUSTOMER }], time: null, range, isUnfiltered: true },
    filters: [KNOWN_CUSTOMER, cubeFilter(from)],
  });
  const first = namesOf(dialect, null, [CUSTOMER, FIRST_ROW_KEY], 'f');
  const chosen = statementOf(
    sql`SELECT ${first.name(FIRST_ROW_KEY)} AS value FROM (${embedded(firsts, dialect)}) AS f${first.list}`,
    dialect,
  );
  const keys = [...new Set([CUSTOMER, ROW_KEY, INSTANT_KEY, ...dimensions.map(({ key }) => key)])];
  const entries = await queries.statement({
    ...{ metrics: [], dimensions: keys.map((key) => ({ key })), time, range },
    filters: [{ member: path(ROW_KEY), operator: 'among', values: [JSON.stringify(chosen)] }, ...filters],
  });
  const after = await queries.statement({
    ...{ metrics: [], dimensions: [CUSTOMER, ROW_KEY, INSTANT_KEY].map((key) => ({ key })), time: null },
    ...{ range: reach(range, days), isUnfiltered: true },
    filters: [KNOWN_CUSTOMER, cubeFilter(to)],
  });
  const entry = namesOf(dialect, time, keys, 'e');
  const then = namesOf(dialect, null, [CUSTOMER, ROW_KEY, INSTANT_KEY], 't');
  const events = sql`SELECT ${then.name(CUSTOMER)} AS c, ${then.name(ROW_KEY)} AS r, ${then.name(INSTANT_KEY)} AS i, 1 AS m FROM (${embedded(after, dialect)}) AS t${then.list}`;

  const at = entry.name(INSTANT_KEY);
  // Where there is no second event at all, its columns are null on one engine and empty on the other; `m` tells.
  const isConverted = `t.m = 1 AND t.r <> ${entry.name(ROW_KEY)} AND t.i BETWEEN ${at} AND ${at} + ${days * DAY}`;
  const groups = [...(time === null ? [] : [null]), ...dimensions.map(({ key }) => key)];
  const by = [CUSTOMER, ROW_KEY, ...groups].map(entry.name);
  const customers = sql`SELECT ${groups.map((key, index) => `${entry.name(key)} AS y${index + 1}, `).join('')}max(CASE WHEN ${isConverted} THEN 1 ELSE 0 END) AS h FROM (${embedded(entries, dialect)}) AS e${entry.list} LEFT JOIN (${events}) AS t ON t.c = ${entry.name(CUSTOMER)} GROUP BY ${[...new Set(by)].join(', ')}`;
  const named = groups.map((_, index) => `b.y${index + 1}`);
  const columns = [
    ...named.map((name, index) => `${name} AS y${index + 1}`),
    'count(*) AS n',
    'coalesce(sum(b.h), 0) AS c',
  ];
  const grouped = sql`(SELECT ${columns.join(', ')} FROM (${customers}) AS b${named.length === 0 ? '' : ` GROUP BY ${named.join(', ')}`}) AS b`;

  const math = FORMULA_DIALECTS[dialect];
  const rate = math.quotient(math.leaf('b.c'), math.leaf('b.n'));
  const values = new Map(
    metrics.flatMap(({ member }): [string, string][] => {
      if (member.kind !== 'conversion') throw new Error('Only conversions are of customers.');
      const isRate = member.conversion.output === 'rate';
      return [
        [member.key, isRate ? math.result(rate, 9) : 'b.c'],
        [exactKey(member.key), isRate ? rate : 'b.c'],
      ];
    }),
  );
  const ordinal = time === null ? null : 'b.y1';
  return {
    from: grouped,
    column: (key) => values.get(key) ?? `b.y${groups.indexOf(key) + 1}`,
    ordinal: ordinal === null || typeof time === 'string' ? ordinal : wholeSql(ordinal, dialect),
  };
}

/** The range in which the second event may be. */
const reach = (range: OpenRange | null, days: number): OpenRange | null =>
  range === null ? null : { from: range.from, to: range.to.plus({ hours: 24 * days, milliseconds: 1 }) };

function cubeFilter(filter: RowFilter): CubeFilter {
  if ('and' in filter) return { and: filter.and.map(cubeFilter) };
  if ('or' in filter) return { or: filter.or.map(cubeFilter) };
  return { member: `${CUBE}.${filter.member}`, operator: filter.operator, values: filter.values };
}
