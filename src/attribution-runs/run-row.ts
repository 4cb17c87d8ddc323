import type { AttributionSettings } from '../attribution/models/settings.js';
import type { Confidence } from '../attribution/bootstrap/resample.js';
import type { Parameters } from '../attribution/models/parameters.js';

export const RUN_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunState = (typeof RUN_STATES)[number];

/**
 * `full` replaces all of the organisation's attribution; `update` restates customers whose rows changed; `analysis`
 * (a run of a date range) is kept beside it and read by nobody else.
 */
export type RunKind = 'full' | 'update' | 'analysis';

/** What was asked for beside the parameters. */
export interface RunRequest {
  readonly settings: AttributionSettings;
  /** Models that the answer is about; a full run computes the others that are kept up to date as well. */
  readonly models: readonly string[];
  readonly range: Parameters['range'];
  readonly confidence: Confidence | null;
}

/** A row of `attribution_runs`. */
export interface RunRow {
  readonly id: string;
  readonly organization_id: string;
  readonly kind: RunKind;
  readonly state: RunState;
  readonly parameters: RunRequest;
  /** Models that the answer is about. */
  readonly models: readonly string[];
  /** What the engine computed by; null until it has begun. */
  readonly settings: Parameters | Record<string, never>;
  readonly rows_id: string | null;
  /** Runs (attempts) that make up the attribution as of this one, once it has succeeded. */
  readonly runs: readonly string[] | null;
  readonly chunks_done: number;
  readonly chunks: number;
  readonly cancel_requested: boolean;
  readonly result: RunResult | null;
  readonly problem: { readonly code: string; readonly detail: string } | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

/** Exact amounts in plain notation. */
export interface Revenue {
  /** Null where conversions are in several currencies. */
  readonly revenue: string | null;
  /** ISO 4217 code → amount; there where conversions are in several currencies. */
  readonly revenue_by_currency?: Readonly<Record<string, string>>;
}

export interface ModelResult {
  readonly credited: number;
  readonly unattributed: number;
  readonly rows: readonly (Revenue & {
    /** The channel; `unattributed` for conversions without a touch. */
    readonly value: string | null;
    readonly conversions: string;
    /** markov: what the share of conversions falls by without the channel. */
    readonly removal_effect?: number;
    /** markov: its part of the sum of all removal effects. shapley: its part of all credit. */
    readonly share?: number;
    /** With `confidence`: where the share lies. */
    readonly share_interval?: readonly [number, number];
  })[];
  readonly too_little_data?: boolean;
}

export interface RunResult extends Revenue {
  readonly conversions: number;
  readonly by: string;
  readonly currencies: readonly string[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly models: Readonly<Record<string, ModelResult>>;
}
