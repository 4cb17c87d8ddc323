/**
 * An organisation's model as GraphQL types: `marketing(…) { dataSource recordedAt(grain: MONTH) spend }`. Pure: model in,
 * fields of the root type out; how rows are fetched is handed in.
 */
import {
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  type GraphQLInputFieldConfigMap,
  type GraphQLResolveInfo,
} from 'graphql';
import type { Member, Model } from '../compiler/model/types.js';
import type { OrderBy, ReportRequest } from '../compiler/query/types.js';
import { fieldNames } from './field-names.js';
import {
  DateRangeInput,
  Direction,
  Grain,
  TIME,
  dateRangeOf,
  describe,
  filterOf,
  filterTypeOf,
  list,
  outputTypeOf,
  type DateRangeArgument,
  type WhereArgument,
} from './inputs.js';
import { pathOf, selected } from './selection.js';

export type Row = Readonly<Record<string, unknown>>;
/** Runs a request for whoever asked; `path` is where in the answer the rows will stand. */
export type FetchRows<Context> = (request: ReportRequest, context: Context, path: string) => Promise<readonly Row[]>;

/** Fields of the root query type for one model. Names are stable: they depend on the keys alone. */
export function modelFields<Context>(model: Model, fetch: FetchRows<Context>): GraphQLFieldConfigMap<unknown, Context> {
  const names = fieldNames(model);
  const members = new Map(model.members.map((member) => [member.key, member]));
  const entries = [...names].flatMap(([name, key]) => {
    const member = members.get(key);
    return member ? [{ name, member }] : [];
  });
  const keyOf = (name: string): string => names.get(name) ?? name;

  const rowFields = (wanted: (member: Member) => boolean): GraphQLFieldConfigMap<Row, Context> =>
    Object.fromEntries(
      entries
        .filter(({ member }) => wanted(member))
        .map(({ name, member }): [string, GraphQLFieldConfig<Row, Context>] => [
          name,
          {
            type: outputTypeOf(member),
            description: describe(member),
            resolve: (row) => row[member.key] ?? null,
            ...(member.key === TIME
              ? {
                  args: {
                    grain: {
                      type: Grain,
                      description: 'Groups by time buckets of this length; without it each instant is a row.',
                    },
                  },
                }
              : {}),
          },
        ]),
    );
  const RowType = new GraphQLObjectType<Row, Context>({
    name: 'MarketingRow',
    description: 'One row: the selected dimensions group, the selected metrics are computed for each group.',
    fields: rowFields(() => true),
  });
  const TotalsType = new GraphQLObjectType<Row, Context>({
    name: 'MarketingTotals',
    description: 'Metrics over all matching rows.',
    fields: rowFields((member) => member.kind !== 'dimension'),
  });
  const Where: GraphQLInputObjectType = new GraphQLInputObjectType({
    name: 'MarketingWhere',
    description: 'Conditions; all must hold. On metrics they filter groups.',
    fields: () => ({
      and: { type: list(Where), description: 'All of these.' },
      or: { type: list(Where), description: 'At least one of these.' },
      ...Object.fromEntries(
        entries.map(({ name, member }): [string, GraphQLInputFieldConfigMap[string]] => [
          name,
          { type: filterTypeOf(member), description: member.label },
        ]),
      ),
    }),
  });
  const Order = new GraphQLInputObjectType({
    name: 'MarketingOrder',
    description: 'A sort order by a selected field.',
    fields: {
      field: {
        type: new GraphQLNonNull(
          new GraphQLEnumType({
            name: 'MarketingField',
            description: 'A field of `MarketingRow`.',
            values: Object.fromEntries(
              entries.map(({ name, member }) => [name, { value: member.key, description: member.label }]),
            ),
          }),
        ),
        description: 'The field.',
      },
      direction: { type: Direction, defaultValue: 'asc', description: 'Default ASC.' },
    },
  });
  const shared = {
    dateRange: { type: DateRangeInput, description: 'All time when absent.' },
    where: { type: Where, description: 'Conditions; all must hold.' },
    timeZone: { type: GraphQLString, description: 'IANA zone; the organisation’s when absent.' },
  };
  interface Arguments {
    readonly dateRange?: DateRangeArgument | null;
    readonly where?: WhereArgument | null;
    readonly timeZone?: string | null;
    readonly orderBy?: readonly { readonly field: string; readonly direction: OrderBy['direction'] }[] | null;
    readonly limit?: number | null;
    readonly offset?: number | null;
  }
  const base = (args: Arguments): Omit<ReportRequest, 'metrics' | 'dimensions'> => ({
    date_range: args.dateRange ? dateRangeOf(args.dateRange) : null,
    filters: args.where ? filterOf(args.where, keyOf) : null,
    time_zone: args.timeZone ?? null,
  });
  const request = (args: Arguments, info: GraphQLResolveInfo, type: GraphQLObjectType): ReportRequest => {
    const { keys, grain } = selected(info, type, keyOf);
    const isDimension = (key: string): boolean => members.get(key)?.kind === 'dimension';
    return {
      ...base(args),
      metrics: keys.filter((key) => !isDimension(key)),
      dimensions: keys.filter((key) => isDimension(key) && !(key === TIME && grain)),
      time_grain: grain,
      order: (args.orderBy ?? []).map(({ field, direction }) => ({ member: field, direction })),
      limit: args.limit ?? null,
      offset: args.offset ?? null,
    };
  };
  return {
    marketing: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(RowType))),
      description:
        'Numbers by name, typed by the organisation’s own model. What to be careful about stands under `extensions.marketing`.',
      args: {
        ...shared,
        orderBy: { type: list(Order), description: 'Sort order.' },
        limit: { type: GraphQLInt, description: 'Most rows.' },
        offset: { type: GraphQLInt, description: 'Rows to leave out first.' },
      },
      resolve: (_source, args: Arguments, context, info) => fetch(request(args, info, RowType), context, pathOf(info)),
    },
    marketingTotals: {
      type: TotalsType,
      description: 'Metrics over all matching rows, computed by the engine.',
      args: shared,
      resolve: async (_source, args: Arguments, context, info) =>
        (await fetch(request(args, info, TotalsType), context, pathOf(info)))[0] ?? null,
    },
  };
}
