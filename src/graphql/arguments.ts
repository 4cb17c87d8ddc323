/** Arguments of the typed fields, and how they become parts of a report request. */
import {
  GraphQLBoolean,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLArgumentConfig,
  type GraphQLEnumType,
} from 'graphql';
import { ATTRIBUTION_MODELS, type AttributionModel } from '../compiler/model/relations.js';
import type { OnMissingRate } from '../compiler/query/money.js';
import type { Comparison, Fill, OrderBy, ReportRequest, Top } from '../compiler/query/types.js';
import {
  ComparisonEnum,
  DateRangeInput,
  FillEnum,
  OnMissingRateEnum,
  dateRangeOf,
  filterOf,
  list,
  type DateRangeArgument,
  type WhereArgument,
} from './inputs.js';

export interface Arguments {
  readonly dateRange?: DateRangeArgument | null;
  readonly where?: WhereArgument | null;
  readonly timeZone?: string | null;
  readonly attributionModel?: AttributionModel | null;
  readonly currency?: string | null;
  readonly onMissingRate?: OnMissingRate | null;
  readonly orderBy?: readonly { readonly field: string; readonly direction: OrderBy['direction'] }[] | null;
  readonly limit?: number | null;
  readonly offset?: number | null;
  readonly compare?: Comparison | null;
  readonly fill?: Fill | null;
  readonly top?: {
    readonly limit: number;
    readonly by: string;
    readonly dimension?: string | null;
    readonly other?: boolean | null;
  } | null;
  readonly subtotals?: readonly (readonly string[])[] | null;
  readonly after?: string | null;
}

type Configs<Name extends string> = Readonly<Record<Name, GraphQLArgumentConfig>>;

export const sharedArguments = (
  where: GraphQLInputObjectType,
): Configs<'dateRange' | 'where' | 'timeZone' | 'attributionModel' | 'currency' | 'onMissingRate'> => ({
  dateRange: { type: DateRangeInput, description: 'All time when absent.' },
  where: { type: where, description: 'Conditions; all must hold.' },
  timeZone: {
    type: GraphQLString,
    description: 'IANA zone, or an offset such as UTC+05:30; the organisation’s when absent.',
  },
  attributionModel: {
    type: GraphQLString,
    description: `For attributed metrics: ${ATTRIBUTION_MODELS.join(', ')}, or one of the organisation’s own; linear when absent.`,
  },
  currency: {
    type: GraphQLString,
    description: 'ISO 4217 code of amounts, or `as_recorded`; the organisation’s when absent.',
  },
  onMissingRate: {
    type: OnMissingRateEnum,
    description: 'Where an exchange rate is missing: refuse (ERROR, the default), or leave the number empty (FLAG).',
  },
});

export const rowArguments = (
  order: GraphQLInputObjectType,
  metric: GraphQLEnumType,
  dimension: GraphQLEnumType,
): Configs<'orderBy' | 'limit' | 'offset' | 'compare' | 'fill' | 'top'> => ({
  orderBy: { type: list(order), description: 'Sort order.' },
  limit: { type: GraphQLInt, description: 'Most rows.' },
  offset: { type: GraphQLInt, description: 'Rows to leave out first.' },
  compare: {
    type: ComparisonEnum,
    description: 'Gives each metric the twins `…Previous` and `…Change`. Needs a date range.',
  },
  fill: { type: FillEnum, description: 'Needs a date range and a grain, unless NONE.' },
  top: {
    type: new GraphQLInputObjectType({
      name: 'MarketingTop',
      description: 'Only the first values of a dimension, by a metric over the whole range.',
      fields: {
        limit: { type: new GraphQLNonNull(GraphQLInt), description: 'How many values; 1 to 1000.' },
        by: { type: new GraphQLNonNull(metric), description: 'The metric that ranks, largest first.' },
        dimension: { type: dimension, description: 'A selected dimension; may be left out when there is only one.' },
        other: {
          type: GraphQLBoolean,
          description: 'Also one row for all other values together; default true. It has `…Other` true.',
        },
      },
    }),
    description: 'Only the first values of a dimension.',
  },
});

export const pageArguments = (dimension: GraphQLEnumType): Configs<'subtotals' | 'after'> => ({
  subtotals: {
    type: new GraphQLList(new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(dimension)))),
    description: 'For each list of selected dimensions: the metrics grouped by these only. At most 10.',
  },
  after: { type: GraphQLString, description: '`nextCursor` of the page before; all else but `limit` stays the same.' },
});

/** All of a request but what the selection says. @throws GraphQLError for an ambiguous date range */
export function requestParts(
  args: Arguments,
  keyOf: (name: string) => string,
): Omit<ReportRequest, 'metrics' | 'dimensions'> {
  const { dateRange, where, timeZone, attributionModel, orderBy, limit, offset, compare, fill, top, subtotals, after } =
    args;
  const { currency, onMissingRate } = args;
  return {
    date_range: dateRange ? dateRangeOf(dateRange) : null,
    filters: where ? filterOf(where, keyOf) : null,
    time_zone: timeZone ?? null,
    order: (orderBy ?? []).map(({ field, direction }) => ({ member: field, direction })),
    limit: limit ?? null,
    offset: offset ?? null,
    ...(attributionModel ? { attribution_model: attributionModel } : {}),
    ...(currency ? { currency } : {}),
    ...(onMissingRate ? { on_missing_rate: onMissingRate } : {}),
    ...(compare ? { compare } : {}),
    ...(fill ? { fill } : {}),
    ...(top ? { top: topOf(top) } : {}),
    ...(subtotals ? { subtotals } : {}),
    ...(after ? { cursor: after } : {}),
  };
}

const topOf = ({ limit, by, dimension, other }: NonNullable<Arguments['top']>): Top => ({
  limit,
  by,
  other: other ?? true,
  ...(dimension ? { dimension } : {}),
});
