import type { Model } from './models.js';

/** What of a touch is its channel: for markov, shapley, custom weights by channel, `collapse`, and a run's summary. */
export const CHANNEL_DIMENSIONS = ['data_source', 'channel', 'source_category', 'campaign_id', 'asset_id'] as const;
export type ChannelDimension = (typeof CHANNEL_DIMENSIONS)[number];

/** Which rows of a customer count; every list is a condition, and an empty one is none. */
export interface RowKind {
  readonly source_categories: readonly string[];
  readonly data_sources: readonly string[];
}

/** All that decides what a run gives; plain data, kept with the run. Times are milliseconds. */
export interface Parameters {
  readonly models: readonly Model[];
  readonly lookback_ms: number;
  /** Channels or data sources whose touches are left out, unless the journey has no others. */
  readonly direct: readonly string[];
  /** `consecutive`: of touches of one channel in a row only the first counts. */
  readonly collapse: 'none' | 'consecutive';
  /** A conversion ends the journey: the next one looks back to touches after it only. */
  readonly reset: boolean;
  readonly by: ChannelDimension;
  readonly touch: RowKind;
  readonly conversion: RowKind;
  /** Payload fields of a conversion: its worth, what of it was paid back, and the order that it and its refunds name. */
  readonly revenue_field: string;
  readonly refund_field: string;
  readonly order_field: string;
  /** Only conversions of these instants, both included; null for all. */
  readonly range: { readonly from: number; readonly to: number } | null;
}
