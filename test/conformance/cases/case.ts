import type { ModelSettings } from '../../../src/compiler/model/types.js';
import type { PresentedValue } from '../../../src/compiler/query/present.js';
import type { Filter, ReportRequest } from '../../../src/compiler/query/types.js';

/** One request and the answer that every engine must give, worked out by hand. */
export interface ConformanceCase {
  readonly name: string;
  readonly request: ReportRequest;
  readonly rows: readonly (readonly PresentedValue[])[];
  /** Expected when the request asks for totals. */
  readonly totals?: readonly PresentedValue[] | null;
  /** Expected when the request asks for subtotals: the rows of each. */
  readonly subtotals?: readonly (readonly (readonly PresentedValue[])[])[];
  /** The days (UTC) that are compared with, or the instants. */
  readonly compared?: readonly [string, string];
  /** The instants of the range that are not compared, since they are not over; null where all are. */
  readonly leftOut?: readonly [string, string] | null;
  /** Code with which the request is refused by a check; the rows are what it would have answered. */
  readonly refused?: string;
  readonly truncated?: boolean;
  readonly warnings?: readonly string[];
  readonly aliases?: Readonly<Record<string, string>>;
  readonly now?: string;
  readonly settings?: Partial<ModelSettings>;
}

export const source = (name: string): Filter => ({ member: 'data_source', operator: 'equals', values: [name] });

/** A request over the rows of one scenario. */
export function ask(scenario: string, request: Partial<ReportRequest>): ReportRequest {
  const { filters, ...rest } = request;
  const own = filters == null ? [] : Array.isArray(filters) ? (filters as readonly Filter[]) : [filters as Filter];
  return { metrics: [], dimensions: [], ...rest, filters: [source(scenario), ...own] };
}

/** The numbers of a whole scenario. */
export const total = (
  name: string,
  scenario: string,
  metrics: Readonly<Record<string, string | number | null>>,
): ConformanceCase => ({
  name,
  request: ask(scenario, { metrics: Object.keys(metrics) }),
  rows: [Object.values(metrics)],
});
