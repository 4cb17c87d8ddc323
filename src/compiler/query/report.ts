/** A request whose every name and word has been checked: what the planner works from. */
import { ID_KEY } from '../cube/base.js';
import type { CubeFilter } from '../cube/compile.js';
import type { DialectName } from '../dialect/types.js';
import { keysAround } from '../model/around.js';
import type { AttributionModel } from '../model/relations.js';
import type { Model } from '../model/types.js';
import type { BaseQueries } from './base-query.js';
import type { CalendarSettings } from './calendar.js';
import type { Span } from './compared-range.js';
import type { Cursor } from './cursor.js';
import type { Money } from './money.js';
import type { OrderPosition } from './order.js';
import type { Resolved } from './resolve.js';
import type { Instants } from './time-range.js';
import type { Comparison, Fill, PlannedColumn, TimeGrain } from './types.js';

export interface CheckedTop {
  readonly dimension: Resolved;
  readonly by: Resolved;
  readonly limit: number;
  readonly other: boolean;
}

export interface Report {
  readonly model: Model;
  readonly dialect: DialectName;
  readonly queries: BaseQueries;
  readonly money: Money;
  readonly calendar: CalendarSettings;
  readonly now: Instants['from'];
  readonly metrics: readonly Resolved[];
  readonly dimensions: readonly Resolved[];
  readonly grain: TimeGrain | null;
  /** Null for all time. */
  readonly range: Instants | null;
  /** What the range is long, and whether it ends now before that is over; null for all time. */
  readonly span: (Span & { readonly running: boolean }) | null;
  readonly groupFilters: readonly CubeFilter[];
  readonly filterMetrics: readonly Resolved[];
  /** Key of a member → where the request names it first, as a JSON pointer. */
  readonly places: ReadonlyMap<string, string>;
  /** For metrics over `revenue_attribution` that name none. */
  readonly attributionModel: AttributionModel;
  readonly compare: Comparison | null;
  readonly fill: Fill;
  readonly top: CheckedTop | null;
  readonly columns: readonly PlannedColumn[];
  readonly order: readonly OrderPosition[];
  readonly limit: number | null;
  readonly offset: number;
  /** Values of the order's columns in the last row of the page before; null on the first page. */
  readonly after: Cursor['values'] | null;
}

/** Whether each row is a group of its own, of which nothing has to be put together. */
export function isByRow(report: Report): boolean {
  const { dimensions, groupFilters, queries } = report;
  return (
    dimensions.some(({ key, member }) => key === ID_KEY && member === null) &&
    groupFilters.length === 0 &&
    !queries.flagsMoney &&
    !needsLayers(report)
  );
}

/** Whether the grouped query alone can't answer it. */
export function needsLayers(report: Report): boolean {
  const around = keysAround(report.model.members);
  return (
    report.after !== null ||
    report.compare !== null ||
    report.fill !== 'none' ||
    report.top !== null ||
    [...report.metrics, ...report.filterMetrics].some(({ key }) => around.has(key))
  );
}
