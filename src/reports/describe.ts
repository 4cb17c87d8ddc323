import { resolveMember } from '../compiler/model/build.js';
import type { Model } from '../compiler/model/types.js';
import type { DateRange, Filter, FilterCondition, FilterOperator } from '../compiler/query/types.js';

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A date range in words, e.g. `Last 30 complete days`. */
export function describeRange(range: DateRange | null | undefined): string {
  if (!range) return 'All time';
  if (typeof range === 'string') return sentence(range.replaceAll('_', ' '));
  if ('last' in range) {
    const complete = range.complete === false ? '' : 'complete ';
    return `Last ${range.last} ${complete}${range.unit}${range.last === 1 ? '' : 's'}`;
  }
  return `${range.from} to ${range.to}`;
}

const WORDS: Readonly<Record<FilterOperator, string>> = {
  equals: 'is',
  notEquals: 'is not',
  contains: 'contains',
  notContains: 'does not contain',
  startsWith: 'starts with',
  endsWith: 'ends with',
  gt: 'is more than',
  gte: 'is at least',
  lt: 'is less than',
  lte: 'is at most',
  set: 'is set',
  notSet: 'is not set',
  inDateRange: 'is within',
  notInDateRange: 'is not within',
  beforeDate: 'is before',
  afterDate: 'is after',
};

const condition = (filter: FilterCondition, model: Model): string => {
  const label = resolveMember(model, filter.member)?.member.label ?? filter.member;
  const values = filter.values ?? [];
  const shown = values.slice(0, 5).map(String);
  if (values.length > 5) shown.push(`${values.length - 5} more`);
  const last = shown.length > 1 ? ` or ${shown.pop()}` : '';
  return `${label} ${WORDS[filter.operator]} ${shown.join(', ')}${last}`.trim();
};

const phrase = (filter: Filter, model: Model): string => {
  if ('and' in filter) return filter.and.map((part) => phrase(part, model)).join(' and ');
  if ('or' in filter) return `(${filter.or.map((part) => phrase(part, model)).join(' or ')})`;
  return condition(filter, model);
};

/** One readable sentence for each filter that must hold. */
export function describeFilters(filters: Filter | readonly Filter[] | null | undefined, model: Model): string[] {
  if (!filters) return [];
  const list: readonly Filter[] = Array.isArray(filters)
    ? (filters as readonly Filter[])
    : 'and' in (filters as Filter)
      ? (filters as { and: readonly Filter[] }).and
      : [filters as Filter];
  return list.map((filter) => phrase(filter, model));
}
