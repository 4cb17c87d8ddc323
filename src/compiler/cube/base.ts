/** The names that the base cube in `cube-models/` and the generated cube agree on. */
import type { BaseColumn, DataType, ModelSettings } from '../model/types.js';
import type { TimeGrain } from '../query/types.js';

/** The cube over the table, written by people. */
export const BASE_CUBE = 'unified_marketing';
/** The organisation's cube, generated; extends {@link BASE_CUBE}. */
export const CUBE = 'marketing';
/** The time dimension. */
export const TIME_KEY = 'recorded_at';
/** Not for users: the planner filters by it, always. */
export const TENANT_KEY = 'organization_id';

/** The base dimension that is another value in each row of an organisation. */
export const ID_KEY = 'id';

/** Hidden: which row it is, as text; its instant in milliseconds since 1970; and the first row of a group, by time. */
export const ROW_KEY = '_row';
export const INSTANT_KEY = '_instant';
export const FIRST_ROW_KEY = '_first_row';

/** Stands for the name of a rollup's table in the SQL of a model over rollups, which is written once for all of them. */
export const ROLLUP_TABLE = 'request_rollup';
/** Not for users: which rows of a rollup's table count. */
export const SEGMENT_KEY = '_segment';

/** How a value is compared and selected; one step finer than {@link DataType}. */
export type ValueKind = 'string' | 'number' | 'boolean' | 'date' | 'datetime' | 'uuid';

export function valueKind(type: DataType): ValueKind {
  switch (type) {
    case 'integer':
    case 'float':
    case 'currency':
      return 'number';
    case 'string':
    case 'boolean':
    case 'date':
      return type;
    default:
      return type satisfies never;
  }
}

/** Hidden: every row counts. No member can have this name. */
export const ROWS_KEY = '_rows';
/** Hidden: the currency of a row’s amounts, named or not. */
export const CURRENCY_KEY = '_currency';
/** Hidden, of a metric over amounts: how many amounts there are. */
export const amountsKey = (key: string): string => `_amounts_${key}`;
/** Hidden, of a metric over amounts: how many currencies they are in. */
export const currenciesKey = (key: string): string => `_currencies_${key}`;

export interface BaseDimension {
  readonly key: BaseColumn;
  readonly label: string;
  readonly description: string;
  readonly kind: ValueKind;
}

/** Dimensions that every organisation has. A dimension of the model with the same key takes its place. */
export const BASE_DIMENSIONS: readonly BaseDimension[] = [
  { key: ID_KEY, label: 'Row ID', description: 'The row, as a UUID.', kind: 'uuid' },
  { key: 'recorded_at', label: 'Date', description: 'When the row was recorded.', kind: 'datetime' },
  { key: 'data_source', label: 'Data source', description: 'Where the row came from.', kind: 'string' },
  { key: 'source_category', label: 'Source category', description: 'What kind of source it was.', kind: 'string' },
  { key: 'campaign_id', label: 'Campaign ID', description: 'The campaign, as a UUID.', kind: 'uuid' },
  { key: 'customer_id', label: 'Customer ID', description: 'The customer, as a UUID.', kind: 'uuid' },
  { key: 'asset_id', label: 'Asset ID', description: 'The creative asset, as a UUID.', kind: 'uuid' },
  { key: 'currency', label: 'Currency', description: 'ISO 4217 code of the row’s money.', kind: 'string' },
];

/** Keys that no metric may take, because the base cube has a dimension of that name. */
export const RESERVED_KEYS: readonly string[] = [TENANT_KEY, ...BASE_DIMENSIONS.map(({ key }) => key)];

/** The Cube granularity behind each grain. */
export const GRANULARITY: Readonly<Record<TimeGrain, string>> = {
  fifteen_minutes: 'fifteen_minutes',
  hourly: 'hour',
  daily: 'day',
  weekly: 'calendar_week',
  monthly: 'month',
  quarterly: 'quarter',
  yearly: 'year',
};

/** A day on which a week of the organisation starts: 2024-01-01 was a Monday. */
export function weekOrigin(settings: ModelSettings): string {
  return `2024-01-0${settings.week_start}`;
}
