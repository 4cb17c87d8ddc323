/** Attribution models in a request: the one that it names, and names such as `attributed_revenue:first_touch`. */
import type { FormulaNode } from '../formula/types.js';
import { behind } from '../model/around.js';
import {
  ATTRIBUTION_MODELS,
  isAttributionModel,
  STANDARD_MODEL,
  type AttributionModel,
  type RelationName,
} from '../model/relations.js';
import type { Member, Model } from '../model/types.js';
import { twinOf } from './columns.js';
import type { Mistakes } from './mistakes.js';
import type { Report } from './report.js';
import type { Filter, ReportRequest } from './types.js';

/** What an answer is made of beside rows. */
export interface RelationsRead {
  readonly names: readonly RelationName[];
  /** Attribution models that it shows, sorted. */
  readonly models: readonly AttributionModel[];
  /** As what it counts customers of rows. */
  readonly customers: 'none' | 'ids' | 'people';
}

const SEPARATOR = ':';

/** The key of a metric without the model that was named with it. */
export const plainKey = (key: string): string => key.split(SEPARATOR)[0] ?? key;

export function modelOf({ attribution_model: model }: ReportRequest, mistakes: Mistakes): AttributionModel {
  if (model == null) return STANDARD_MODEL;
  if (isAttributionModel(model)) return model;
  const message = `There is no attribution model “${String(model).slice(0, 60)}”; models are ${ATTRIBUTION_MODELS.join(', ')}.`;
  mistakes.add('unknown_attribution_model', message, '/attribution_model', ATTRIBUTION_MODELS);
  return STANDARD_MODEL;
}

/** The model, and for each `<metric>:<attribution model>` in the request a member of that name. */
export function withNamedModels(model: Model, request: ReportRequest): Model {
  const named = [...new Set(namesOf(request))].filter((name) => name.includes(SEPARATOR));
  const added = new Map<string, Member>();
  for (const name of named) {
    const [metric = '', wanted = '', ...rest] = name.split(SEPARATOR);
    if (rest.length > 0 || !isAttributionModel(wanted)) continue;
    const found = model.members.find(({ key, aliases }) => key === metric || aliases.includes(metric));
    if (found === undefined || !isAttributed(found, model)) continue;
    for (const member of behind(found.key, model)) {
      if (isAttributed(member, model)) add(added, member, wanted, model);
    }
    const copy = added.get(`${found.key}${SEPARATOR}${wanted}`);
    // Also by the alias that the request wrote.
    if (copy && name !== copy.key) added.set(copy.key, { ...copy, aliases: [...copy.aliases, name] });
  }
  return added.size === 0 ? model : { ...model, members: [...model.members, ...added.values()] };
}

function add(added: Map<string, Member>, member: Member, model: AttributionModel, within: Model): void {
  const key = (plain: string): string =>
    within.members.some((each) => each.key === plain && isAttributed(each, within))
      ? `${plain}${SEPARATOR}${model}`
      : plain;
  const copy: Member = {
    ...member,
    key: key(member.key),
    label: `${member.label} (${labelOf(model)})`,
    aliases: [],
    depends_on: member.depends_on.map(key),
  };
  if (added.has(copy.key)) return;
  if (copy.kind === 'simple' && copy.field.kind === 'relation') {
    added.set(copy.key, { ...copy, field: { ...copy.field, model } });
  } else if (copy.kind === 'formula') {
    added.set(copy.key, { ...copy, tree: copy.tree && renamed(copy.tree, key) });
  } else if (copy.kind === 'window') {
    added.set(copy.key, { ...copy, window: { ...copy.window, metric: key(copy.window.metric) } });
  }
}

const labelOf = (model: AttributionModel): string => model.replaceAll('_', '-');

/** Whether the model of a request changes what the metric says; one with a model of its own always means that. */
export function isAttributed(member: Member, model: Model): boolean {
  return behind(member.key, model).some(
    (each) =>
      each.kind === 'simple' &&
      each.field.kind === 'relation' &&
      each.field.relation === 'revenue_attribution' &&
      each.field.model === null,
  );
}

/** The formula with other names in the place of its members. */
function renamed(node: FormulaNode, key: (plain: string) => string): FormulaNode {
  if (node.node === 'member') return { ...node, key: key(node.key) };
  const copy = Object.entries(node).map(([name, value]: [string, unknown]) => [
    name,
    isNode(value)
      ? renamed(value, key)
      : isList(value)
        ? value.map((each) => (isNode(each) ? renamed(each, key) : each))
        : value,
  ]);
  return Object.fromEntries(copy) as FormulaNode;
}

const isNode = (value: unknown): value is FormulaNode => typeof value === 'object' && value !== null && 'node' in value;
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** All names of members in a request, also of those that are there as what a comparison adds to them. */
export const namesOf = (request: ReportRequest): string[] =>
  writtenNames(request).flatMap((name) => [name, twinOf(name)?.metric ?? []].flat());

function writtenNames(request: ReportRequest): string[] {
  const { metrics, dimensions, order = [], filters, top, subtotals } = request;
  const list = (filter: Filter): string[] =>
    'and' in filter ? filter.and.flatMap(list) : 'or' in filter ? filter.or.flatMap(list) : [filter.member];
  return [
    ...[...metrics, ...dimensions, ...order.map(({ member }) => member)],
    ...[filters ?? []].flat().flatMap((filter) => list(filter as Filter)),
    ...[top?.by ?? [], top?.dimension ?? [], ...(subtotals ?? [])].flat(),
  ];
}

/** What the metric reads instead of rows; null for rows. @param attributionModel where the metric has none of its own */
export function relationOf(
  member: Member,
  attributionModel: AttributionModel,
): { readonly name: RelationName; readonly model: AttributionModel | null } | null {
  if (member.kind !== 'simple' || member.field.kind !== 'relation') return null;
  const { relation: name, model } = member.field;
  return { name, model: name === 'revenue_attribution' ? (model ?? attributionModel) : null };
}

/** Which relations, and which attribution models, are behind the metrics of a report. */
export function relationsRead(
  {
    metrics,
    filterMetrics,
    top,
    model,
    attributionModel,
  }: Pick<Report, 'metrics' | 'filterMetrics' | 'top' | 'model' | 'attributionModel'>,
  byPeople: boolean,
): RelationsRead {
  const names = new Set<RelationName>();
  const models = new Set<AttributionModel>();
  const shown = [...metrics, ...filterMetrics, ...(top ? [top.by] : [])];
  for (const { key } of shown) {
    for (const member of behind(key, model)) {
      if (member.kind !== 'simple' || member.field.kind !== 'relation') continue;
      names.add(member.field.relation);
      if (member.field.relation === 'revenue_attribution') models.add(member.field.model ?? attributionModel);
    }
  }
  const customers = byPeople ? 'people' : countsCustomers(shown, model) ? 'ids' : 'none';
  return { names: [...names].sort(), models: [...models].sort(), customers };
}

const CUSTOMER = 'customer_id';

/** Whether a metric counts different customers of rows, or follows them from one event to another. */
export const countsCustomers = (metrics: readonly { readonly key: string }[], model: Model): boolean =>
  metrics.some(({ key }) =>
    behind(key, model).some(
      (member) =>
        member.kind === 'conversion' ||
        (member.kind === 'simple' && member.field.kind === 'column' && member.field.column === CUSTOMER),
    ),
  );

/** Whether a dimension is made of ids of customers. */
export const tellsCustomers = (key: string, model: Model): boolean =>
  key === CUSTOMER ||
  behind(key, model).some(
    (member) => member.kind === 'dimension' && member.field.kind === 'column' && member.field.column === CUSTOMER,
  );
