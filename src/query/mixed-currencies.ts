import type { ProblemItem } from '../common/problem.js';
import type { Filter, QueryPlan, ReportRequest } from '../compiler/query/types.js';

const CURRENCY = 'currency';

const mentions = (filters: ReportRequest['filters']): boolean => {
  if (!filters) return false;
  if (Array.isArray(filters)) return (filters as readonly Filter[]).some(mentions);
  const filter = filters as Filter;
  if ('and' in filter) return filter.and.some(mentions);
  if ('or' in filter) return filter.or.some(mentions);
  return filter.member === CURRENCY;
};

/**
 * Says that amounts of several currencies may have been added up as they are: where the organisation's rows carry more
 * than one, money is asked for, and the request neither groups by `currency` nor filters on it.
 */
export function mixedCurrencies(
  request: ReportRequest,
  { columns }: Pick<QueryPlan, 'columns'>,
  currencies: readonly string[],
): ProblemItem[] {
  if (currencies.length < 2 || mentions(request.filters)) return [];
  if (columns.some(({ name }) => name === CURRENCY)) return [];
  const money = columns.filter(({ role, type }) => role === 'metric' && type === 'currency').map(({ name }) => name);
  if (money.length === 0) return [];
  return [
    {
      code: 'mixed_currencies',
      message:
        `Rows are in ${currencies.join(', ')}, and ${money.join(', ')} may add them up without conversion. ` +
        'Group by the dimension “currency”, or filter on one.',
      pointer: '/metrics',
      suggestions: [CURRENCY],
    },
  ];
}
