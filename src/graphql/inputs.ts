/** Input types that every organisation's schema shares, and how what stands in them becomes a report request. */
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLError,
  GraphQLFloat,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLInputFieldConfigMap,
  type GraphQLOutputType,
} from 'graphql';
import type { Member } from '../compiler/model/types.js';
import { ON_MISSING_RATE } from '../compiler/query/money.js';
import {
  COMPARISONS,
  FILLS,
  NAMED_RANGES,
  RELATIVE_UNITS,
  TIME_GRAINS,
  type DateRange,
  type Filter,
  type FilterOperator,
} from '../compiler/query/types.js';
import { DecimalScalar, IntegerScalar, TimeScalar } from './scalars.js';

export const TIME = 'recorded_at';
const enumOf = (name: string, description: string, values: readonly string[]): GraphQLEnumType =>
  new GraphQLEnumType({
    name,
    description,
    values: Object.fromEntries(values.map((value) => [value.toUpperCase(), { value }])),
  });

export const Grain = new GraphQLEnumType({
  name: 'TimeGrain',
  description: 'Length of a time bucket.',
  values: Object.fromEntries(
    TIME_GRAINS.map((grain) => [
      {
        fifteen_minutes: 'FIFTEEN_MINUTES',
        hourly: 'HOUR',
        daily: 'DAY',
        weekly: 'WEEK',
        monthly: 'MONTH',
        quarterly: 'QUARTER',
        yearly: 'YEAR',
      }[grain],
      { value: grain },
    ]),
  ),
});
export const DateRangeInput = new GraphQLInputObjectType({
  name: 'DateRangeInput',
  description: 'Either `name`, or `last` and `unit`, or `from` and `to` (days, both included, or instants).',
  fields: {
    name: { type: enumOf('NamedRange', 'A range by name.', NAMED_RANGES), description: 'A range by name.' },
    last: { type: GraphQLInt, description: 'How many units back from now.' },
    unit: { type: enumOf('RelativeUnit', 'Unit of a relative range.', RELATIVE_UNITS), description: 'Unit of `last`.' },
    complete: { type: GraphQLBoolean, description: 'Whole past units only; default true.' },
    from: { type: GraphQLString, description: 'First day, or instant.' },
    to: { type: GraphQLString, description: 'Last day (included), or instant (excluded).' },
  },
});
export const ComparisonEnum = enumOf(
  'Comparison',
  'The range before of the same length; the same dates a year earlier; or 364 days earlier, so that weekdays meet.',
  COMPARISONS,
);
export const FillEnum = enumOf(
  'Fill',
  'What stands in time buckets without rows: no row, 0 for what adds up (else null), or null.',
  FILLS,
);
export const Direction = enumOf('SortDirection', 'Direction of a sort order.', ['asc', 'desc']);
export const OnMissingRateEnum = enumOf('OnMissingRate', 'What to do without an exchange rate.', ON_MISSING_RATE);
export const list = (
  type: GraphQLEnumType | GraphQLInputObjectType | typeof GraphQLString,
): GraphQLList<GraphQLNonNull<typeof type>> => new GraphQLList(new GraphQLNonNull(type));

/** Filter argument → operator. */
const OPERATORS = {
  equals: 'equals',
  notEquals: 'notEquals',
  contains: 'contains',
  notContains: 'notContains',
  startsWith: 'startsWith',
  endsWith: 'endsWith',
  gt: 'gt',
  gte: 'gte',
  lt: 'lt',
  lte: 'lte',
  before: 'beforeDate',
  after: 'afterDate',
  between: 'inDateRange',
  notBetween: 'notInDateRange',
} as const satisfies Record<string, FilterOperator>;
type FilterArgument = keyof typeof OPERATORS;

const filterInput = (
  name: string,
  description: string,
  listed: readonly FilterArgument[],
  single: readonly FilterArgument[],
): GraphQLInputObjectType =>
  new GraphQLInputObjectType({
    name,
    description,
    fields: {
      ...Object.fromEntries(
        listed.map((key): [string, GraphQLInputFieldConfigMap[string]] => [
          key,
          { type: list(GraphQLString), description: `Operator \`${OPERATORS[key]}\`.` },
        ]),
      ),
      ...Object.fromEntries(
        single.map((key): [string, GraphQLInputFieldConfigMap[string]] => [
          key,
          { type: GraphQLString, description: `Operator \`${OPERATORS[key]}\`.` },
        ]),
      ),
      set: { type: GraphQLBoolean, description: 'True: has a value; false: has none.' },
    },
  });
const TextFilter = filterInput(
  'TextFilter',
  'Conditions on a text; all must hold.',
  ['equals', 'notEquals', 'contains', 'notContains', 'startsWith', 'endsWith'],
  ['gt', 'gte', 'lt', 'lte'],
);
const NumberFilter = filterInput(
  'NumberFilter',
  'Conditions on a number, given as text so that it stays exact; all must hold.',
  ['equals', 'notEquals'],
  ['gt', 'gte', 'lt', 'lte'],
);
const DateFilter = filterInput(
  'DateFilter',
  'Conditions on a day; all must hold.',
  ['equals', 'notEquals', 'between', 'notBetween'],
  ['before', 'after', 'gt', 'gte', 'lt', 'lte'],
);
const BooleanFilter = filterInput(
  'BooleanFilter',
  'Conditions on a boolean (`"true"`, `"false"`).',
  ['equals', 'notEquals'],
  [],
);

export function filterTypeOf(member: Member): GraphQLInputObjectType {
  if (member.kind !== 'dimension') return NumberFilter;
  switch (member.data_type) {
    case 'boolean':
      return BooleanFilter;
    case 'date':
      return DateFilter;
    case 'string':
      return TextFilter;
    case 'integer':
    case 'float':
    case 'currency':
      return NumberFilter;
    default:
      return member.data_type satisfies never;
  }
}

export function outputTypeOf(member: Member): GraphQLOutputType {
  if (member.key === TIME) return TimeScalar;
  switch (member.data_type) {
    case 'currency':
      return DecimalScalar;
    case 'float':
      return GraphQLFloat;
    case 'integer':
      return IntegerScalar;
    case 'boolean':
      return GraphQLBoolean;
    case 'date':
      return TimeScalar;
    case 'string':
      return GraphQLString;
    default:
      return member.data_type satisfies never;
  }
}

export const describe = (member: Member): string =>
  [member.label, member.description, member.unit && `Unit: ${member.unit}.`].filter(Boolean).join(' — ');

export interface DateRangeArgument {
  readonly name?: DateRange & string;
  readonly last?: number;
  readonly unit?: Extract<DateRange, { last: number }>['unit'];
  readonly complete?: boolean;
  readonly from?: string;
  readonly to?: string;
}

export function dateRangeOf(given: DateRangeArgument): DateRange {
  const { name, last, unit, complete, from, to } = given;
  if (name && last === undefined && from === undefined && to === undefined) return name;
  if (last !== undefined && unit && !name && from === undefined && to === undefined) {
    return { last, unit, ...(complete === undefined ? {} : { complete }) };
  }
  if (from !== undefined && to !== undefined && !name && last === undefined) return { from, to };
  throw new GraphQLError('dateRange takes either `name`, or `last` and `unit`, or `from` and `to`.', {
    extensions: { code: 'invalid_request' },
  });
}

export type WhereArgument = Readonly<Record<string, unknown>>;

export function filterOf(where: WhereArgument, keyOf: (name: string) => string): Filter {
  const parts: Filter[] = [];
  for (const [name, value] of Object.entries(where)) {
    if (value === null || value === undefined) continue;
    if (name === 'and' || name === 'or') {
      const inner = (value as readonly WhereArgument[]).map((part) => filterOf(part, keyOf));
      parts.push(name === 'and' ? { and: inner } : { or: inner });
      continue;
    }
    const member = keyOf(name);
    for (const [argument, given] of Object.entries(value as Record<string, unknown>)) {
      if (given === null || given === undefined) continue;
      if (argument === 'set') parts.push({ member, operator: given === true ? 'set' : 'notSet' });
      else {
        const values = Array.isArray(given) ? (given as string[]) : [given as string];
        parts.push({ member, operator: OPERATORS[argument as FilterArgument], values });
      }
    }
  }
  return { and: parts };
}
