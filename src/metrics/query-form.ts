/** Queries that differ in values alone are one statement: Cube writes it once, and the values are put in afterwards. */
import { randomUUID } from 'node:crypto';
import { CUBE, TENANT_KEY, TIME_KEY } from '../compiler/cube/base.js';
import type { CubeFilter, CubeQuery } from '../compiler/cube/compile.js';
import { CONDITION_OPERATORS } from '../compiler/dialect/condition-sql.js';
import type { Statement } from '../compiler/query/types.js';

/** A query with marks where values stood. */
export interface QueryForm {
  readonly query: CubeQuery;
  /** What the marks stand for, by their number. */
  readonly values: readonly string[];
}

/** Whose rows, and between which instants. Their conditions are the same SQL whatever the values are; see `conditionSql`. */
const VARYING = new Set([TENANT_KEY, TIME_KEY].map((key) => `${CUBE}.${key}`));

const isComparison = (operator: string): boolean => (CONDITION_OPERATORS as readonly string[]).includes(operator);

/** A mark looks like the id of an organisation; nobody can know it, so no other value of a query is one. */
const MARK = randomUUID().slice(0, 24);
const markOf = (index: number): string => `${MARK}${String(index).padStart(12, '0')}`;

export function formOf(query: CubeQuery): QueryForm {
  const values: string[] = [];
  const marked = (filter: CubeFilter): CubeFilter => {
    if ('and' in filter) return { and: filter.and.map(marked) };
    if ('or' in filter) return { or: filter.or.map(marked) };
    if (!VARYING.has(filter.member) || !isComparison(filter.operator)) return filter;
    return { ...filter, values: filter.values.map((value) => markOf(values.push(value) - 1)) };
  };
  return { query: { ...query, filters: query.filters.map(marked) }, values };
}

/** The statement of the query itself. @param statement of its form */
export function filledIn({ sql, params }: Statement, { values }: QueryForm): Statement {
  const value = (param: Statement['params'][number]): Statement['params'][number] =>
    typeof param === 'string' && param.startsWith(MARK) ? (values[Number(param.slice(MARK.length))] ?? null) : param;
  return Object.freeze({ sql, params: params.map(value) });
}
