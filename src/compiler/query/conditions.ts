/** A request's filters → checked Cube filters. Conditions on metrics filter groups; those on dimensions filter rows. */
import { Decimal } from 'decimal.js';
import { CUBE, TIME_KEY, type ValueKind } from '../cube/base.js';
import type { CubeFilter } from '../cube/compile.js';
import { comparisonsOf, type ConditionOperator } from '../dialect/condition-sql.js';
import { changeName, previousName, twinOf } from './columns.js';
import type { Mistakes } from './mistakes.js';
import type { MemberResolver, Resolved } from './resolve.js';
import {
  engineInstant,
  readMoment,
  resolveRange,
  writtenRange,
  type Instants,
  type RangeContext,
} from './time-range.js';
import { NAMED_RANGES, type Filter, type FilterCondition, type FilterOperator, type NamedRange } from './types.js';

/** `comparisons` bounds the length of the SQL: values of one list are one, those of `contains` are one each. */
export const FILTER_LIMITS = { conditions: 100, depth: 8, values: 10_000, comparisons: 500 };

export interface PlannedFilters {
  /** Conditions that rows must meet. */
  readonly onRows: readonly CubeFilter[];
  /** Conditions on metrics, that groups must meet. */
  readonly onGroups: readonly CubeFilter[];
  /** The metrics in `onGroups`, also of what a comparison adds to them, each once. */
  readonly metrics: readonly Resolved[];
  /** Whether any condition is on the time itself. */
  readonly onTime: boolean;
}
type Role = Resolved['role'];
interface Planned {
  readonly filter: CubeFilter;
  readonly role: Role;
}

const TEXT: readonly FilterOperator[] = ['contains', 'notContains', 'startsWith', 'endsWith'];
const ORDER: readonly FilterOperator[] = ['gt', 'gte', 'lt', 'lte'];
const DATES: readonly FilterOperator[] = ['inDateRange', 'notInDateRange', 'beforeDate', 'afterDate'];
const ANY: readonly FilterOperator[] = ['equals', 'notEquals', 'set', 'notSet'];
const ALLOWED: Readonly<Record<ValueKind, readonly FilterOperator[]>> = {
  string: [...ANY, ...TEXT, ...ORDER],
  uuid: [...ANY, ...TEXT],
  number: [...ANY, ...ORDER],
  boolean: ANY,
  date: [...ANY, ...ORDER, ...DATES],
  datetime: [...ANY, ...ORDER, ...DATES],
};

export class FilterPlanner {
  private conditions = 0;
  private comparisons = 0;
  private readonly metrics = new Map<string, Resolved>();
  private onTime = false;

  constructor(
    private readonly resolver: MemberResolver,
    private readonly context: RangeContext,
    private readonly mistakes: Mistakes,
    /** Whether metrics have twins, of a comparison. */
    private readonly compared = false,
  ) {}

  plan(filters: Filter | readonly Filter[] | null | undefined): PlannedFilters {
    if (filters == null) return { onRows: [], onGroups: [], metrics: [], onTime: false };
    const list = isList(filters)
      ? filters.map((filter, index) => this.filter(filter, `/filters/${index}`, 1))
      : 'and' in filters
        ? filters.and.map((filter, index) => this.filter(filter, `/filters/and/${index}`, 2))
        : [this.filter(filters, '/filters', 1)];
    const of = (wanted: Role): CubeFilter[] =>
      list.flat().flatMap(({ filter, role }) => (role === wanted ? [filter] : []));
    return {
      onRows: of('dimension'),
      onGroups: of('metric'),
      metrics: [...this.metrics.values()],
      onTime: this.onTime,
    };
  }

  /**
   * What `filter` comes to, as parts that all must hold: a group of rows and a group of groups can't stand under one
   * `and` in Cube, so an `and` is handed up in parts.
   */
  private filter(filter: Filter, pointer: string, depth: number): Planned[] {
    if (depth > FILTER_LIMITS.depth) {
      this.mistakes.add('too_deep', `Filters may be nested ${FILTER_LIMITS.depth} deep.`, pointer);
      return [];
    }
    if ('and' in filter) return this.group(filter.and, `${pointer}/and`, depth).flat();
    if ('or' in filter) return this.either(filter.or, `${pointer}/or`, depth);
    return this.condition(filter, pointer);
  }

  private group(filters: readonly Filter[], pointer: string, depth: number): Planned[][] {
    if (filters.length === 0) this.mistakes.add('empty_filter', 'A group of filters needs at least one.', pointer);
    return filters.map((filter, index) => this.filter(filter, `${pointer}/${index}`, depth + 1));
  }

  private either(filters: readonly Filter[], pointer: string, depth: number): Planned[] {
    const options = this.group(filters, pointer, depth).filter((option) => option.length > 0);
    const roles = new Set(options.flat().map(({ role }) => role));
    if (roles.size > 1) {
      this.mistakes.add(
        'mixed_filter',
        'One “or” mixes conditions on metrics, which are known only once rows are grouped, with conditions on dimensions. Use two requests, or “and”.',
        pointer,
      );
      return [];
    }
    const [role] = roles;
    if (role === undefined) return [];
    const or = options.map((option) => {
      const all = option.map(({ filter }) => filter);
      return all.length === 1 && all[0] !== undefined ? all[0] : { and: all };
    });
    return [{ filter: { or }, role }];
  }

  private condition(condition: FilterCondition, pointer: string): Planned[] {
    this.conditions += 1;
    if (this.conditions === FILTER_LIMITS.conditions + 1)
      this.mistakes.add('too_many', `A request may have ${FILTER_LIMITS.conditions} filters.`, pointer);
    const resolved = this.column(condition.member, `${pointer}/member`);
    if (resolved === undefined) return [];
    if (resolved.key === TIME_KEY) this.onTime = true;
    const planned = this.values(resolved, condition, pointer);
    if (planned === undefined) return [];
    const [operator, values] = planned;
    const before = this.comparisons;
    this.comparisons += comparisonsOf(operator, resolved.kind, values.length);
    if (before <= FILTER_LIMITS.comparisons && this.comparisons > FILTER_LIMITS.comparisons) {
      const message = `The filters come to more than ${FILTER_LIMITS.comparisons} comparisons. Use “equals” with a list, or fewer values.`;
      this.mistakes.add('too_many', message, `${pointer}/values`);
    }
    return [{ filter: { member: `${CUBE}.${resolved.key}`, operator, values }, role: resolved.role }];
  }

  /** What the condition is about: a member, or what a comparison adds to a metric, under the name of that column. */
  private column(name: string, pointer: string): Resolved | undefined {
    const twin = this.resolver.peek(name) === undefined ? twinOf(name) : null;
    const isTwin = twin !== null && this.resolver.peek(twin.metric)?.role === 'metric';
    const found = this.resolver.find(isTwin ? twin.metric : name, 'member', pointer);
    if (found === undefined) return undefined;
    if (found.role === 'metric') this.metrics.set(found.key, found);
    if (!isTwin) return found;
    if (!this.compared) {
      const message = `“${name}” is of a comparison: add “compare”, or filter by “${found.key}”.`;
      this.mistakes.add('comparison_required', message, pointer, [found.key]);
      return undefined;
    }
    if (twin.of === 'previous') return { ...found, key: previousName(found.key) };
    if (found.kind === 'number') return { ...found, key: changeName(found.key) };
    const message = `“${found.key}” is ${NAMED[found.kind]}, of which there is no change; filter by “${previousName(found.key)}”.`;
    this.mistakes.add('not_compared', message, pointer, [previousName(found.key)]);
    return undefined;
  }

  private values(resolved: Resolved, condition: FilterCondition, pointer: string): Comparison | undefined {
    const { operator } = condition;
    const values = condition.values ?? [];
    const allowed = ALLOWED[resolved.kind];
    if (!allowed.includes(operator)) {
      const message = `“${operator}” does not fit “${resolved.key}”, which is ${NAMED[resolved.kind]}. Use one of ${allowed.join(', ')}.`;
      this.mistakes.add('operator_mismatch', message, `${pointer}/operator`, allowed);
      return undefined;
    }
    if (operator === 'set' || operator === 'notSet') {
      if (values.length > 0) return this.refuse(`“${operator}” takes no values.`, pointer);
      return [operator, []];
    }
    if (values.length === 0) return this.refuse(`“${operator}” needs a value.`, pointer);
    if (values.length > FILTER_LIMITS.values) return this.refuse(`At most ${FILTER_LIMITS.values} values.`, pointer);
    const single = [...ORDER, 'beforeDate', 'afterDate'] as readonly FilterOperator[];
    if (single.includes(operator) && values.length > 1) return this.refuse(`“${operator}” takes one value.`, pointer);
    if (resolved.kind === 'date' || resolved.kind === 'datetime')
      return this.timeValues(resolved.kind, operator, values.map(String), pointer);
    const texts = values.map((value, index) => checkedValue(value, resolved.kind, operator) ?? index);
    const bad = texts.findIndex((text) => typeof text === 'number');
    if (bad >= 0) {
      const message = `“${resolved.key}” is ${NAMED[resolved.kind]}; ${JSON.stringify(values[bad]).slice(0, 60)} is not. ${HINT[resolved.kind]}`;
      this.mistakes.add('wrong_type', message.trim(), `${pointer}/values/${bad}`);
      return undefined;
    }
    return [operator as ConditionOperator, texts.map(String)];
  }

  private timeValues(
    kind: 'date' | 'datetime',
    operator: FilterOperator,
    values: readonly string[],
    pointer: string,
  ): Comparison | undefined {
    if (operator === 'inDateRange' || operator === 'notInDateRange') {
      const range = this.range(values, pointer);
      if (range === undefined) return undefined;
      const { from, to } = range;
      // A range that ends within a day still has that day's dates in it.
      const end = kind === 'date' && +to > +to.startOf('day') ? to.plus({ days: 1 }) : to;
      return [operator === 'inDateRange' ? 'within' : 'notWithin', [written(from, kind), written(end, kind)]];
    }
    const moments = values.map((value) => readMoment(value, this.context));
    const bad = moments.findIndex((moment) => moment === undefined || (kind === 'date' && !moment.day));
    if (bad >= 0) {
      const what =
        kind === 'date' ? 'a day like 2026-01-31' : 'a day like 2026-01-31 or an instant like 2026-01-31T09:00:00Z';
      this.mistakes.add(
        'bad_date',
        `Expected ${what}, not “${values[bad]?.slice(0, 40)}”.`,
        `${pointer}/values/${bad}`,
      );
      return undefined;
    }
    const read = moments.filter((moment) => moment !== undefined);
    const [first] = read;
    if (first === undefined) return undefined;
    const [from, to] = [written(first.from, kind), written(first.to, kind)];
    const wholeDay = kind === 'datetime' && first.day;
    switch (operator) {
      case 'equals':
      case 'notEquals':
        if (!read.some(({ day }) => day) || kind === 'date')
          return [operator, read.map((at) => written(at.from, kind))];
        if (read.length > 1) return this.refuse('Name one day, or use inDateRange.', pointer);
        return [operator === 'equals' ? 'within' : 'notWithin', [from, to]];
      case 'beforeDate':
      case 'lt':
        return ['lt', [from]];
      case 'gte':
        return ['gte', [from]];
      case 'afterDate':
      case 'gt':
        return wholeDay ? ['gte', [to]] : ['gt', [from]];
      case 'lte':
        return wholeDay ? ['lt', [to]] : ['lte', [from]];
      default:
        throw new Error(`Operator ${operator} was let through for a date.`);
    }
  }

  /** `[from, to]`, one day, or the name of a range. */
  private range(values: readonly string[], pointer: string): Instants | undefined {
    const [first = '', second] = values;
    const at = `${pointer}/values/0`;
    if (values.length > 2) return this.refuse('A date range has two values: from and to.', pointer);
    if (second === undefined && (NAMED_RANGES as readonly string[]).includes(first)) {
      if (first === 'all_time') return this.refuse('“all_time” filters nothing; leave the filter out.', pointer);
      return resolveRange(first as NamedRange, this.context, this.mistakes, at) ?? undefined;
    }
    return writtenRange(first, second ?? first, this.context, this.mistakes, [at, `${pointer}/values/1`]) ?? undefined;
  }

  private refuse(message: string, pointer: string): undefined {
    this.mistakes.add('bad_filter', message, `${pointer}/values`);
    return undefined;
  }
}

type Comparison = readonly [ConditionOperator, readonly string[]];

const isList = (filters: Filter | readonly Filter[]): filters is readonly Filter[] => Array.isArray(filters);

const NAMED: Readonly<Record<ValueKind, string>> = {
  string: 'a text',
  uuid: 'an id',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date',
  datetime: 'an instant',
};
const HINT: Readonly<Record<ValueKind, string>> = {
  string: '',
  uuid: '',
  number: 'Write plain digits, at most 29 before and nine after the point.',
  boolean: 'Write true or false.',
  date: '',
  datetime: '',
};

/** The value as text for a parameter; undefined where it does not fit. */
function checkedValue(value: string | number | boolean, kind: ValueKind, operator: FilterOperator): string | undefined {
  switch (kind) {
    case 'number':
      return typeof value === 'boolean' ? undefined : plainNumber(String(value));
    case 'boolean':
      return String(value) === 'true' || String(value) === 'false' ? String(value) : undefined;
    case 'string':
    case 'uuid': {
      const text = String(value);
      // No engine holds NUL or half of a surrogate pair; an empty part is contained in everything.
      if (text.includes('\0') || /\p{Surrogate}/u.test(text)) return undefined;
      return text === '' && TEXT.includes(operator) ? undefined : text;
    }
    default:
      throw new Error(`Kind ${kind} has its own check.`);
  }
}

function plainNumber(text: string): string | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text.trim()) || text.length > 80) return undefined;
  const number = new Decimal(text.trim());
  const plain = number.toFixed();
  return number.decimalPlaces() <= 9 && number.abs().lt('1e29') ? plain : undefined;
}

/** As the engines compare it: an instant in UTC, or for a date its day. */
const written = (at: Instants['from'], kind: 'date' | 'datetime'): string =>
  kind === 'datetime' ? engineInstant(at) : at.toFormat('yyyy-MM-dd');
