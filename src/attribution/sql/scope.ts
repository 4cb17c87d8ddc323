import type { TypedFields } from '../../compiler/dialect/field-sql.js';
import type { Parameters } from '../models/parameters.js';

/** Which customers a statement is about. Ids are checked UUIDs of ours. */
export interface Scope {
  readonly organization: string;
  readonly typed: TypedFields;
  /** The organisation has customers of several ids. */
  readonly hasMerged: boolean;
  /** This share of the customers, of so many. */
  readonly chunk: number;
  readonly chunks: number;
  /** Only customers whose rows of earlier runs this run supersedes; null for all. */
  readonly onlySupersededBy: string | null;
}

export interface RunStatement extends Scope {
  /** Conversions, each with all touches of its customer, that ClickHouse holds in memory at once. */
  readonly blockRows: number;
  /** Under which id the rows are written. */
  readonly run: string;
  readonly parameters: Parameters;
}

/** Columns of `attribution_credit`, in the order in which both dialects select them. */
export const CREDIT_COLUMNS = [
  'organization_id',
  'run_id',
  'customer_id',
  'conversion_id',
  'transaction_date',
  'transaction_source',
  'currency',
  'transaction_revenue',
  'touchpoint_id',
  'touchpoint_at',
  'touchpoint_sequence',
  'touchpoint_count',
  'data_source',
  'source_category',
  'channel',
  'campaign_id',
  'asset_id',
  'models',
  'credits',
  'revenues',
] as const;
