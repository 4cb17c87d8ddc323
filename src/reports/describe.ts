import { resolveMember } from '../compiler/model/build.js';
import type { Model } from '../compiler/model/types.js';
import { twinOf } from '../compiler/query/columns.js';
import { filled, isEnglish, wordsOf } from './render/words/words.js';
import type { DateRange, Filter, FilterCondition, FilterOperator } from '../compiler/query/types.js';

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * A date range in words, e.g. `Last 30 complete days`; in languages other than English nothing, since its days are said
 * beside it.
 */
export function describeRange(range: DateRange | null | undefined, locale: string): string {
  if (!range) return wordsOf(locale).all_time;
  if (!isEnglish(locale)) return '';
  if (typeof range === 'string') return sentence(range.replaceAll('_', ' '));
  if ('last' in range) {
    const complete = range.complete === false ? '' : 'complete ';
    return `Last ${range.last} ${complete}${range.unit}${range.last === 1 ? '' : 's'}`;
  }
  // Its days are said beside it, as the locale writes them.
  return '';
}

const WORDS: Readonly<Record<FilterOperator, string>> = {
  equals: 'is {values}',
  notEquals: 'is not {values}',
  contains: 'contains {values}',
  notContains: 'does not contain {values}',
  startsWith: 'starts with {values}',
  endsWith: 'ends with {values}',
  gt: 'is more than {values}',
  gte: 'is at least {values}',
  lt: 'is less than {values}',
  lte: 'is at most {values}',
  set: 'is set',
  notSet: 'is not set',
  inDateRange: 'is within {values}',
  notInDateRange: 'is not within {values}',
  beforeDate: 'is before {values}',
  afterDate: 'is after {values}',
};

/** In languages other than English: signs that all of them read. */
const SIGNS: Readonly<Record<FilterOperator, string>> = {
  equals: '= {values}',
  notEquals: '≠ {values}',
  contains: '= …{values}…',
  notContains: '≠ …{values}…',
  startsWith: '= {values}…',
  endsWith: '= …{values}',
  gt: '> {values}',
  gte: '≥ {values}',
  lt: '< {values}',
  lte: '≤ {values}',
  set: '≠ –',
  notSet: '= –',
  inDateRange: '= {values}',
  notInDateRange: '≠ {values}',
  beforeDate: '< {values}',
  afterDate: '> {values}',
};
const MOST_VALUES = 5;

class Sentences {
  private readonly isEnglish: boolean;

  constructor(
    private readonly model: Model,
    private readonly locale: string,
  ) {
    this.isEnglish = isEnglish(locale);
  }

  of(filter: Filter): string {
    if ('and' in filter) return this.all(filter.and, 'conjunction');
    if ('or' in filter) return `(${this.all(filter.or, 'disjunction')})`;
    return this.condition(filter);
  }

  private all(filters: readonly Filter[], type: 'conjunction' | 'disjunction'): string {
    const texts = filters.map((part) => this.of(part));
    if (this.isEnglish) return texts.join(type === 'conjunction' ? ' and ' : ' or ');
    return this.list(texts, type);
  }

  private condition({ member, operator, values = [] }: FilterCondition): string {
    const label = labelOf(member, this.model);
    const shown = (values ?? []).slice(0, MOST_VALUES).map(String);
    const rest = (values ?? []).length - shown.length;
    if (rest > 0) shown.push(this.isEnglish ? `${rest} more` : filled(wordsOf(this.locale).more, { count: rest }));
    const isRange = operator === 'inDateRange' || operator === 'notInDateRange';
    const text = this.isEnglish ? WORDS[operator] : SIGNS[operator];
    return `${label} ${filled(text, { values: isRange && !this.isEnglish ? shown.join(' – ') : this.list(shown, 'disjunction') })}`.trim();
  }

  private list(texts: readonly string[], type: 'conjunction' | 'disjunction'): string {
    if (!this.isEnglish) return new Intl.ListFormat(this.locale, { type }).format(texts);
    const last = texts.length > 1 ? ` or ${texts.at(-1) ?? ''}` : '';
    return (texts.length > 1 ? texts.slice(0, -1) : texts).join(', ') + last;
  }
}

/** Of a member, or of what a comparison adds to it, as its column is labelled. */
function labelOf(name: string, model: Model): string {
  const twin = twinOf(name);
  const metric = twin && resolveMember(model, twin.metric)?.member;
  return resolveMember(model, name)?.member.label ?? (metric ? `${metric.label} (${twin.of})` : name);
}

/** One readable sentence for each filter that must hold. */
export function describeFilters(
  filters: Filter | readonly Filter[] | null | undefined,
  model: Model,
  locale: string,
): string[] {
  if (!filters) return [];
  const list: readonly Filter[] = Array.isArray(filters)
    ? (filters as readonly Filter[])
    : 'and' in (filters as Filter)
      ? (filters as { and: readonly Filter[] }).and
      : [filters as Filter];
  const sentences = new Sentences(model, locale);
  return list.map((filter) => sentences.of(filter));
}
