import type { DataType } from '../compiler/model/types.js';

/** A payload field whose type is known, so that a value of another type is refused at the door. */
export interface FieldType {
  readonly name: string;
  readonly data_type: DataType;
}

/** Injection token of `readonly FieldType[]`: the payload fields whose type the metric library fixes. */
export const STANDARD_FIELDS = Symbol('STANDARD_FIELDS');

/** Fields that count things: written without decimals by every platform, so `1,200` can only mean 1200. */
export const WHOLE_FIELDS: ReadonlySet<string> = new Set([
  'impressions',
  'reach',
  'clicks',
  'clicks_all',
  'orders',
  'quantity',
  'sends',
  'delivered',
  'opens',
  'bounces',
  'unsubscribes',
  'video_views',
]);

/** Used where nobody provides {@link STANDARD_FIELDS}: the fields that the presets and the standard library share. */
export const DEFAULT_FIELDS: readonly FieldType[] = [
  ...['spend', 'revenue', 'refunds', 'discounts', 'shipping', 'taxes', 'subtotal'].map((name) => ({
    name,
    data_type: 'currency' as const,
  })),
  ...['conversions', 'frequency'].map((name) => ({ name, data_type: 'float' as const })),
  ...[...WHOLE_FIELDS].map((name) => ({ name, data_type: 'integer' as const })),
];
