/** A model as a relation of the SQL API: dimensions as columns, metrics as measures. */
import { BASE_DIMENSIONS, ID_KEY, ROWS_KEY, TIME_KEY } from '../compiler/cube/base.js';
import { keysAround } from '../compiler/model/around.js';
import { visibilityOf, type MemberRules } from '../compiler/model/visibility.js';
import type { DataType, Member, Model } from '../compiler/model/types.js';
import type { ReportRequest } from '../compiler/query/types.js';

/**
 * - `sum`, `count`, `min`, `max`, `avg`, `distinct`: a plain metric of that kind; `sum` only where it adds up
 * - `calculated`: everything else; it has a value for a group, never for a row
 */
export type MeasureKind = 'sum' | 'count' | 'min' | 'max' | 'avg' | 'distinct' | 'calculated';

export interface RelationColumn {
  /** The member's key. */
  readonly name: string;
  readonly type: DataType | 'datetime';
  /** Null for a dimension. */
  readonly measure: MeasureKind | null;
  /** Whether one row has a value of it: everything but what looks at other rows. */
  readonly onRows: boolean;
  /** The asker sees nulls only; absent where that is not so. */
  readonly masked?: true;
  readonly comment: string;
}

/**
 * What stands in a relation:
 * - `rows`: the organisation's rows
 * - `groups`: no rows of its own, only measures of groups; with `models`, of each attribution model
 * - `report`: the rows that a saved report gives, as they are
 */
export type RelationContent =
  | { readonly kind: 'rows' }
  | { readonly kind: 'groups'; readonly models: boolean }
  | { readonly kind: 'report'; readonly request: ReportRequest };

export interface Relation {
  readonly schema: 'public' | 'reports';
  readonly name: string;
  readonly comment: string;
  readonly content: RelationContent;
  readonly columns: readonly RelationColumn[];
}

export const RELATION = 'marketing';
/** The column that says by which attribution model credit was given. */
export const MODEL_COLUMN = 'attribution_model';
/** The number of rows, by the name that no member can have. */
export const ROWS = ROWS_KEY;
export const ROW_ID = ID_KEY;
/** The column that says to which of several sets of groups a row belongs. */
export const LEVEL = '_level';

const PG_TYPES = {
  integer: 'bigint',
  float: 'numeric',
  currency: 'numeric',
  string: 'text',
  boolean: 'boolean',
  date: 'date',
  datetime: 'timestamp with time zone',
} as const satisfies Record<RelationColumn['type'], string>;
export const pgType = (type: RelationColumn['type']): string => PG_TYPES[type];

/** What the asker may see of the model. */
export function relationOf(model: Model, rules: MemberRules): Relation {
  const { hidden, masked } = visibilityOf(model, rules);
  const around = keysAround(model.members);
  const columns = new Map<string, RelationColumn>();
  for (const { key, label, description } of BASE_DIMENSIONS) {
    const type = key === TIME_KEY ? 'datetime' : 'string';
    columns.set(key, { name: key, type, measure: null, onRows: true, comment: comment(label, description) });
  }
  for (const member of model.members) {
    const base = columns.get(member.key);
    if (member.status === 'quarantined') continue;
    if (base && (member.kind !== 'dimension' || member.key === TIME_KEY)) continue;
    columns.set(member.key, columnOf(member, around));
  }
  const order = [...columns.values()]
    .filter(({ name }) => !hidden.has(name) && name !== ROW_ID)
    .map((column) => (masked.has(column.name) ? { ...column, masked: true as const } : column));
  return {
    schema: 'public',
    name: RELATION,
    content: { kind: 'rows' },
    comment: 'All rows of the organisation. Ask for measures by name: SELECT data_source, MEASURE(spend) … GROUP BY 1',
    columns: [...order.filter(({ measure }) => measure === null), ...order.filter(({ measure }) => measure !== null)],
  };
}

function columnOf(member: Member, around: ReadonlySet<string>): RelationColumn {
  const { key, label, description, unit } = member;
  const isInstant = member.kind === 'dimension' && member.field.kind === 'column' && member.field.column === TIME_KEY;
  const type = isInstant && member.data_type === 'string' ? 'datetime' : member.data_type;
  const kind = member.kind === 'dimension' ? null : measureKind(member);
  const notes = [description, unit === null ? null : `Unit: ${unit}.`, kind === null ? null : NOTES[kind]];
  return {
    name: key,
    type,
    measure: kind,
    onRows: !around.has(key),
    comment: comment(label, notes.filter((note) => note !== null).join(' ')),
  };
}

function measureKind(member: Exclude<Member, { kind: 'dimension' }>): MeasureKind {
  if (member.kind !== 'simple') return 'calculated';
  switch (member.aggregation) {
    case 'sum':
      return member.additivity === 'additive' ? 'sum' : 'calculated';
    case 'count':
    case 'min':
    case 'max':
    case 'avg':
    case 'distinct':
      return member.aggregation;
    case 'approx_distinct':
      return 'distinct';
    case 'weighted_avg':
    case 'median':
    case 'last':
      return 'calculated';
    default:
      return member.aggregation satisfies never;
  }
}

const NOTES: Readonly<Record<MeasureKind, string>> = {
  sum: 'Measure: SUM.',
  count: 'Measure: COUNT.',
  min: 'Measure: MIN.',
  max: 'Measure: MAX.',
  avg: 'Measure: AVG.',
  distinct: 'Measure: COUNT(DISTINCT).',
  calculated: 'Measure: MEASURE.',
};
export const comment = (label: string, more: string | null): string => (more ? `${label}. ${more}` : label);
