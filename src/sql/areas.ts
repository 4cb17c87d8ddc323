/**
 * One relation for each area that people ask about, beside the wide one: the members that belong there, with the very same
 * meaning and numbers. Which measures belong follows from what they are made of, so that an organisation's own find their
 * place, too.
 */
import { memberLineage } from '../compiler/model/lineage.js';
import type { RelationName } from '../compiler/model/relations.js';
import type { Member, Model } from '../compiler/model/types.js';
import { MODEL_COLUMN, type Relation, type RelationColumn } from './relation.js';

/** What only creative assets have. */
const OF_ASSETS = /^(asset|creative)_/;
const ASSET_FIELDS: ReadonlySet<string> = new Set(['asset_uses', 'creation_cost', 'fatigue_score', 'brand_score']);
/** What only customers and their orders have. */
const OF_ORDERS = /^(customer_|order_|financial_status$|fulfillment_status$|discount_code$|lead_stage$)/;

const MODEL: RelationColumn = {
  name: MODEL_COLUMN,
  type: 'string',
  measure: null,
  onRows: true,
  comment:
    'Attribution model. By which model credit is given. A statement that does not name this column is about the model of SET attribution_model, linear at first.',
};

/** @param wide what the asker may see of the model */
export function areasOf(model: Model, wide: Relation): Relation[] {
  const members = new Map(model.members.map((member) => [member.key, member]));
  const behind = (key: string): Member[] =>
    [key, ...memberLineage(model, key)].flatMap((each) => members.get(each) ?? []);
  const measures = wide.columns.filter(({ measure }) => measure !== null).map(({ name }) => name);
  const reading = (...names: RelationName[]): Set<string> =>
    new Set(
      measures.filter((key) =>
        behind(key).some(
          (member) =>
            member.kind === 'simple' && member.field.kind === 'relation' && names.includes(member.field.relation),
        ),
      ),
    );
  /** Plain metrics that the measures are calculated from. */
  const partsOf = (keys: Iterable<string>): Set<string> =>
    new Set([...keys].flatMap(behind).flatMap(({ kind, key }) => (kind === 'simple' ? [key] : [])));
  const attribution = reading('revenue_attribution', 'attribution_path');
  const journeys = reading('customer_journey_tracking');
  const onRows = measures.filter((key) => !attribution.has(key) && !journeys.has(key));
  const aboutAssets = onRows.filter(
    (key) => OF_ASSETS.test(key) || behind(key).some((member) => ASSET_FIELDS.has(member.key)),
  );
  const assetParts = partsOf(aboutAssets);
  const assets = onRows.filter((key) => [...partsOf([key])].every((part) => assetParts.has(part)));
  const others = onRows.filter((key) => !aboutAssets.includes(key));

  const relation = (
    name: string,
    comment: string,
    content: Relation['content'],
    keys: ReadonlySet<string>,
    without: RegExp | null,
  ): Relation[] => {
    const columns = wide.columns.filter((column) =>
      column.measure === null ? !without?.test(column.name) && column.name !== MODEL_COLUMN : keys.has(column.name),
    );
    if (!columns.some(({ measure }) => measure !== null)) return [];
    const models = content.kind === 'groups' && content.models ? [MODEL] : [];
    return [{ schema: 'public', name, comment, content, columns: [...models, ...columns] }];
  };
  const isPart = (key: string): boolean => measures.includes(key) && !journeys.has(key);
  return [
    ...relation(
      'campaign_performance',
      'How campaigns, channels and sources perform, by the rows of the organisation. The same numbers as in “marketing”.',
      { kind: 'rows' },
      new Set(others),
      /^(asset|creative)_|^customer_ref$/,
    ),
    ...relation(
      'attribution',
      'Revenue and conversions by the touchpoints that are credited with them, at the time of the revenue. Choose or group by attribution_model, or SET attribution_model. A select without GROUP BY has a row for each combination of the dimensions in it.',
      { kind: 'groups', models: true },
      new Set([...attribution, ...[...partsOf(attribution)].filter(isPart)]),
      OF_ORDERS,
    ),
    ...relation(
      'journeys',
      'Customers by what touched them first, at the time when their journey began. A select without GROUP BY has a row for each combination of the dimensions in it.',
      { kind: 'groups', models: false },
      new Set([...journeys].filter((key) => !attribution.has(key))),
      /^(order_|financial_status$|fulfillment_status$)/,
    ),
    ...relation(
      'assets',
      'How creative assets perform: what they are used for, cost and bring. The same numbers as in “marketing”.',
      { kind: 'rows' },
      new Set(assets),
      OF_ORDERS,
    ),
  ];
}
