/**
 * Distinct counts over overlapping windows, without reading each row once for each window that holds it. Rows are
 * grouped by value and stretch of time once. A value counts in the windows of its first stretch, and in those of each
 * later one that none of its earlier stretches has reached.
 */
import { valueKey } from '../cube/measure.js';
import { windowsBetween, windowsOf, type Placement, stretchesOf } from '../dialect/ordinal-sql.js';
import type { DialectName } from '../dialect/types.js';
import { namesOf, wholeSql, type BaseQueries } from './base-query.js';
import { embedded, sql } from './fragment.js';
import type { FrameSource, SourceInput } from './frame-sources.js';

export async function distinctSource(
  queries: BaseQueries,
  dialect: DialectName,
  key: string,
  { dimensions, range, filters }: Omit<SourceInput, 'metrics'>,
  placement: Placement,
): Promise<FrameSource> {
  const value = valueKey(key);
  const time = stretchesOf(placement);
  const keys = [...new Set(dimensions.map((dimension) => dimension.key))];
  const grouped = [...keys, value].map((each) => ({ key: each }));
  const statement = await queries.statement({ metrics: [], dimensions: grouped, time, range, filters });
  const { name, list } = namesOf(dialect, time, [...keys, value], 's');
  const { first, last } = windowsOf(placement, name(null), dialect);
  const columns = keys.map((_, index) => `y${index + 1}`);
  const named = [
    ...keys.map((each, index) => `${name(each)} AS y${index + 1}`),
    ...[`${name(value)} AS v`, `${first} AS f`, `${last} AS l`],
  ].join(', ');
  // A stretch in no window has its last one before its first.
  const stretches = sql`SELECT * FROM (SELECT ${named} FROM (${embedded(statement, dialect)}) AS s${list}) AS h WHERE h.f <= h.l`;
  const of = (alias: string): string => columns.map((column) => `${alias}.${column} AS ${column}, `).join('');
  const by = (alias: string, ...more: string[]): string =>
    [...columns, ...more].map((column) => `${alias}.${column}`).join(', ');
  // Windows are numbered from 0, so that "nothing before" may be null or 0.
  const reached = sql`SELECT ${of('h')}h.v AS v, h.f AS f, h.l AS l, max(h.l + 1) OVER (PARTITION BY ${by('h', 'v')} ORDER BY h.l, h.f ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS r FROM (${stretches}) AS h`;
  const fresh = sql`SELECT ${of('r')}r.v AS v, greatest(r.f, coalesce(r.r, 0)) AS f, r.l AS l FROM (${reached}) AS r`;
  const counted = sql`SELECT ${of('c')}c.f AS f, c.l AS l, count(c.v) AS n FROM (${fresh}) AS c WHERE c.f <= c.l GROUP BY ${by('c', 'f', 'l')}`;
  const spread = sql`SELECT ${of('n')}${windowsBetween('n.f', 'n.l', dialect)} AS w, n.n AS n FROM (${counted}) AS n`;
  const from = sql`(SELECT ${of('w')}w.w AS w, sum(w.n) AS n FROM (${spread}) AS w GROUP BY ${by('w', 'w')}) AS b`;
  return {
    from,
    column: (each) => (keys.includes(each) ? `b.y${keys.indexOf(each) + 1}` : 'b.n'),
    ordinal: wholeSql('b.w', dialect),
  };
}
