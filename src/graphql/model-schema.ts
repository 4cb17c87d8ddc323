/**
 * An organisation's model as GraphQL types: `marketing(…) { dataSource recordedAt(grain: MONTH) spend }`. Pure: model in,
 * fields of the root type out; how rows are fetched is handed in.
 */
import {
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type FieldNode,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  type GraphQLInputFieldConfigMap,
  type GraphQLResolveInfo,
} from 'graphql';
import type { Model } from '../compiler/model/types.js';
import type { ReportRequest } from '../compiler/query/types.js';
import { pageArguments, requestParts, rowArguments, sharedArguments, type Arguments } from './arguments.js';
import { Direction, Grain, TIME, filterTypeOf, list } from './inputs.js';
import { resultFields, type ResultField } from './result-fields.js';
import { fieldsBelow, pathOf, selectedColumns, type SelectedColumns } from './selection.js';

export type Row = Readonly<Record<string, unknown>>;
/** A whole answer, as `POST /api/query` gives it. */
export interface Answer {
  readonly rows: readonly Row[];
  readonly totals: Row | null;
  readonly subtotals?: readonly { readonly by: readonly string[]; readonly rows: readonly Row[] }[];
  readonly next_cursor?: string;
}
/** Runs a request for whoever asked; `path` is where in the answer of the document it will stand. */
export type Fetch<Context> = (request: ReportRequest, context: Context, path: string) => Promise<Answer>;

/** Fields of the root query type for one model. Names are stable: they depend on the keys alone. */
export function modelFields<Context>(model: Model, fetch: Fetch<Context>): GraphQLFieldConfigMap<unknown, Context> {
  const fields = resultFields(model);
  const byName = new Map(fields.map((field) => [field.name, field]));
  const members = fields.filter(({ needs }) => needs === null);
  const conditions = fields.filter(({ needs }) => needs !== 'top');
  const isDimension = ({ member }: Pick<ResultField, 'member'>): boolean => member.kind === 'dimension';
  const dimensions = new Set(members.filter(isDimension).map(({ column }) => column));

  const Row = rowType<Context>(
    'MarketingRow',
    'One row: the selected dimensions group, the selected metrics are computed for each group.',
    fields,
  );
  const Totals = rowType<Context>(
    'MarketingTotals',
    'Metrics over all matching rows.',
    fields.filter((field) => !isDimension(field)),
  );
  const Where: GraphQLInputObjectType = new GraphQLInputObjectType({
    name: 'MarketingWhere',
    description: 'Conditions; all must hold. On metrics they filter groups.',
    fields: () => ({
      and: { type: list(Where), description: 'All of these.' },
      or: { type: list(Where), description: 'At least one of these.' },
      ...Object.fromEntries(
        conditions.map(({ name, member, needs, description }): [string, GraphQLInputFieldConfigMap[string]] => [
          name,
          { type: filterTypeOf(member), description: needs === null ? member.label : description },
        ]),
      ),
    }),
  });
  const Order = new GraphQLInputObjectType({
    name: 'MarketingOrder',
    description: 'A sort order by a selected field.',
    fields: {
      field: {
        type: new GraphQLNonNull(enumOf('MarketingField', 'A field of `MarketingRow`.', fields)),
        description: 'The field.',
      },
      direction: { type: Direction, defaultValue: 'asc', description: 'Default ASC.' },
    },
  });
  const Dimension = enumOf('MarketingDimension', 'A dimension.', members.filter(isDimension));
  const Metric = enumOf(
    'MarketingMetric',
    'A metric.',
    members.filter((field) => !isDimension(field)),
  );
  const shared = sharedArguments(Where);
  const rows = { ...shared, ...rowArguments(Order, Metric, Dimension) };

  const selection = (
    nodes: readonly FieldNode[],
    info: GraphQLResolveInfo,
    type: GraphQLObjectType,
    args: Arguments,
  ): SelectedColumns =>
    selectedColumns(nodes, info, type, byName, { compare: args.compare != null, top: args.top != null });
  const request = (args: Arguments, { keys, grain }: SelectedColumns): ReportRequest => ({
    ...requestParts(args, (name) => byName.get(name)?.column ?? name),
    metrics: keys.filter((key) => !dimensions.has(key)),
    dimensions: keys.filter((key) => dimensions.has(key) && !(key === TIME && grain)),
    time_grain: grain,
  });

  const Subtotal = new GraphQLObjectType<{ by: readonly string[]; rows: readonly Row[] }, Context>({
    name: 'MarketingSubtotal',
    description: 'The metrics again, grouped by fewer columns.',
    fields: {
      by: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Dimension))),
        description: 'What it is by, out of the selected dimensions.',
      },
      rows: { type: listOf(Row), description: 'One row for each group; other dimensions are null.' },
    },
  });
  const Page = new GraphQLObjectType<Answer, Context>({
    name: 'MarketingPage',
    description: 'A page of rows, with what belongs to all of them.',
    fields: {
      rows: { type: listOf(Row), description: 'Rows in their order.' },
      totals: {
        type: Totals,
        description: 'Metrics over all matching rows, computed by the engine; null below a filter on metrics.',
      },
      subtotals: {
        type: listOf(Subtotal),
        description: 'One for each that the argument `subtotals` asks for; none below a filter on metrics.',
        resolve: ({ subtotals }) => subtotals ?? [],
      },
      nextCursor: {
        type: GraphQLString,
        description: 'Give it back as `after` for the next page; null on the last.',
        resolve: ({ next_cursor: next }) => next ?? null,
      },
    },
  });
  /** Columns are those of `rows`; totals and subtotals may add metrics. */
  const pageRequest = (args: Arguments, info: GraphQLResolveInfo): ReportRequest => {
    const parts = fieldsBelow(info.fieldNodes, info);
    const below = fieldsBelow(parts.get('subtotals') ?? [], info).get('rows') ?? [];
    const shown = selection(parts.get('rows') ?? [], info, Row, args);
    const beside = [selection(parts.get('totals') ?? [], info, Totals, args), selection(below, info, Row, args)];
    const metrics = beside.flatMap(({ keys }) => keys.filter((key) => !dimensions.has(key)));
    const keys = [...new Set([...shown.keys, ...metrics])];
    return { ...request(args, { keys, grain: shown.grain }), totals: parts.has('totals') };
  };

  return {
    marketing: {
      type: listOf(Row),
      description:
        'Numbers by name, typed by the organisation’s own model. What to be careful about stands under `extensions.marketing`.',
      args: rows,
      resolve: async (_source, args: Arguments, context, info) =>
        (await fetch(request(args, selection(info.fieldNodes, info, Row, args)), context, pathOf(info))).rows,
    },
    marketingPage: {
      type: new GraphQLNonNull(Page),
      description:
        'The same with totals, subtotals and the cursor of the next page. Pages neither repeat nor skip a row while rows arrive.',
      args: { ...rows, ...pageArguments(Dimension) },
      resolve: (_source, args: Arguments, context, info) => fetch(pageRequest(args, info), context, pathOf(info)),
    },
    marketingTotals: {
      type: Totals,
      description: 'Metrics over all matching rows, computed by the engine.',
      args: { ...shared, compare: rows.compare },
      resolve: async (_source, args: Arguments, context, info) =>
        (await fetch(request(args, selection(info.fieldNodes, info, Totals, args)), context, pathOf(info))).rows[0] ??
        null,
    },
  };
}

const listOf = (type: GraphQLObjectType): GraphQLNonNull<GraphQLList<GraphQLNonNull<GraphQLObjectType>>> =>
  new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));

const enumOf = (name: string, description: string, fields: readonly ResultField[]): GraphQLEnumType =>
  new GraphQLEnumType({
    name,
    description,
    values: Object.fromEntries(
      fields.map((field) => [
        field.name,
        { value: field.column, description: field.needs === null ? field.member.label : field.description },
      ]),
    ),
  });

function rowType<Context>(
  name: string,
  description: string,
  fields: readonly ResultField[],
): GraphQLObjectType<Row, Context> {
  const grain = {
    type: Grain,
    description: 'Groups by time buckets of this length; without it each instant is a row.',
  };
  const model = {
    type: GraphQLString,
    description: 'The attribution model; that of `attributionModel` when absent.',
  };
  return new GraphQLObjectType({
    name,
    description,
    fields: Object.fromEntries(
      fields.map(
        ({
          name: field,
          column,
          type,
          description: text,
          member,
          isAttributed: takesModel,
        }): [string, GraphQLFieldConfig<Row, Context>] => [
          field,
          {
            type,
            description: text,
            resolve: (row, { model: of }: { readonly model?: string | null }) =>
              row[of ? column.replace(member.key, `${member.key}:${of}`) : column] ?? null,
            ...(column === TIME ? { args: { grain } } : {}),
            ...(takesModel ? { args: { model } } : {}),
          },
        ],
      ),
    ),
  });
}
