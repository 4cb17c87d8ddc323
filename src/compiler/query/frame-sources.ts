/** The grouped query behind a frame, read directly or put together from stretches of time. */
import type { CubeFilter } from '../cube/compile.js';
import { stretchesOf, windowsOfStretch, type Placement } from '../dialect/ordinal-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { Model } from '../model/types.js';
import { baseColumn, baseTimeColumn, type BaseQueries, type OpenRange } from './base-query.js';
import { embedded, sql, type Fragment } from './fragment.js';
import { mergedMetric, type MergedMetric, type Part } from './merged-metric.js';
import type { Resolved } from './resolve.js';
import type { TimeGrain } from './types.js';

export interface SourceInput {
  readonly metrics: readonly Resolved[];
  readonly dimensions: readonly Resolved[];
  readonly range: OpenRange | null;
  readonly filters: readonly CubeFilter[];
}

export interface FrameSource {
  /** What stands behind FROM. */
  readonly from: Fragment;
  /** SQL of a dimension or metric of the frame. */
  readonly column: (key: string) => string;
  /** SQL of the number of the window, or of the bucket; null where time is not grouped. */
  readonly ordinal: string | null;
}

export class FrameSources {
  constructor(
    private readonly queries: BaseQueries,
    private readonly model: Model,
    private readonly dialect: DialectName,
  ) {}

  canMerge({ key }: Resolved): boolean {
    return mergedMetric(key, this.model, this.dialect) !== null;
  }

  async direct(
    { metrics, dimensions, range, filters }: SourceInput,
    time: TimeGrain | Placement | null,
  ): Promise<FrameSource> {
    const keys = metrics.map(({ key }) => key);
    const statement = await this.queries.statement({ metrics: keys, dimensions, time, range, filters });
    const { name, list } = this.names(time, [...dimensions.map(({ key }) => key), ...keys], 'b');
    return {
      from: sql`(${embedded(statement, this.dialect)}) AS b${list}`,
      column: name,
      ordinal: time === null ? null : typeof time === 'string' ? name(null) : this.whole(name(null)),
    };
  }

  /** Groups rows by stretch of time once, then puts the stretches of each window together. */
  async merged({ metrics, dimensions, range, filters }: SourceInput, placement: Placement): Promise<FrameSource> {
    const found = new Map<string, MergedMetric>();
    const parts = new Map<string, Part>();
    for (const { key } of metrics) {
      const metric = mergedMetric(key, this.model, this.dialect);
      if (metric === null) throw new Error('A metric that can’t be put together.');
      found.set(key, metric);
      for (const part of metric.parts) parts.set(part.measure, part);
    }
    const time = stretchesOf(placement);
    const measures = [...parts.keys()];
    const statement = await this.queries.statement({ metrics: measures, dimensions, time, range, filters });
    const { name, list } = this.names(time, [...dimensions.map(({ key }) => key), ...measures], 's');
    const window = windowsOfStretch(placement, name(null), this.dialect);
    const selected = [
      `${window} AS w`,
      ...dimensions.map(({ key }, index) => `${name(key)} AS y${index + 1}`),
      ...[...parts.values()].map(({ measure, aggregate }, index) => `${aggregate}(${name(measure)}) AS m${index + 1}`),
    ];
    const by = ['1', ...dimensions.map((_, index) => String(index + 2))].join(', ');
    const inner = sql`SELECT ${selected.join(', ')} FROM (${embedded(statement, this.dialect)}) AS s${list} GROUP BY ${by}`;
    const part = (measure: string): string => `b.m${measures.indexOf(measure) + 1}`;
    const dimension = (key: string): string => `b.y${dimensions.findIndex((each) => each.key === key) + 1}`;
    return {
      from: sql`(${inner}) AS b`,
      column: (key) => found.get(key)?.sql(part) ?? dimension(key),
      ordinal: this.whole('b.w'),
    };
  }

  /** How the columns of a grouped query are named from outside. `null` is the time. */
  private names(
    time: TimeGrain | Placement | null,
    keys: readonly string[],
    alias: string,
  ): { readonly name: (key: string | null) => string; readonly list: string } {
    const all = [...(time === null ? [] : [null]), ...keys];
    if (this.dialect === 'postgres') {
      const list = `(${all.map((_, index) => `x${index + 1}`).join(', ')})`;
      return { name: (key) => `${alias}.x${all.indexOf(key) + 1}`, list };
    }
    const column = (key: string | null): string => (key === null ? baseTimeColumn(time ?? 'daily') : baseColumn(key));
    return { name: (key) => `${alias}.\`${column(key)}\``, list: '' };
  }

  private whole(value: string): string {
    return this.dialect === 'clickhouse' ? `toInt64(${value})` : `${value}::bigint`;
  }
}
