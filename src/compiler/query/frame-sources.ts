/** The grouped query behind a frame, read directly or put together from stretches of time. */
import type { CubeFilter } from '../cube/compile.js';
import { stretchesOf, windowsOfStretch, type Placement } from '../dialect/ordinal-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { Model } from '../model/types.js';
import { namesOf, wholeSql, type BaseQueries, type RelationKind } from './base-query.js';
import { embedded, sql, type Fragment } from './fragment.js';
import { conversionSource, type ConversionEvents } from './conversion-source.js';
import { distinctSource } from './distinct-source.js';
import { columnOf, type Measured } from './measured.js';
import { mergedMetric, type MergedMetric, type Part } from './merged-metric.js';
import type { Resolved } from './resolve.js';
import type { OpenRange } from './time-range.js';
import type { TimeGrain } from './types.js';

export interface SourceInput {
  readonly metrics: readonly Measured[];
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

  canMerge = (metric: Measured): boolean => this.mergedMetric(metric) !== null;

  private mergedMetric = (metric: Measured): MergedMetric | null =>
    mergedMetric(metric, this.model, this.dialect, this.queries.flagsMoney);

  async direct(
    { metrics, dimensions, range, filters }: SourceInput,
    time: TimeGrain | Placement | null,
    relation?: RelationKind,
  ): Promise<FrameSource> {
    const keys = metrics.map(columnOf);
    const input = { metrics: keys, dimensions, time, range, filters };
    const statement = await this.queries.statement({ ...input, ...(relation ? { relation } : {}) });
    const { name, list } = namesOf(this.dialect, time, [...dimensions.map(({ key }) => key), ...keys], 'b');
    return {
      from: sql`(${embedded(statement, this.dialect)}) AS b${list}`,
      column: name,
      ordinal: time === null ? null : typeof time === 'string' ? name(null) : wholeSql(name(null), this.dialect),
    };
  }

  /** Groups rows by stretch of time once, then puts the stretches of each window together. */
  async merged({ metrics, dimensions, range, filters }: SourceInput, placement: Placement): Promise<FrameSource> {
    const found = new Map<string, MergedMetric>();
    const parts = new Map<string, Part>();
    for (const metric of metrics) {
      const merged = this.mergedMetric(metric);
      if (merged === null) throw new Error('A metric that can’t be put together.');
      found.set(columnOf(metric), merged);
      for (const part of merged.parts) parts.set(part.measure, part);
    }
    const time = stretchesOf(placement);
    const measures = [...parts.keys()];
    const statement = await this.queries.statement({ metrics: measures, dimensions, time, range, filters });
    const { name, list } = namesOf(this.dialect, time, [...dimensions.map(({ key }) => key), ...measures], 's');
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
      ordinal: wholeSql('b.w', this.dialect),
    };
  }

  distinct(key: string, input: SourceInput, placement: Placement): Promise<FrameSource> {
    return distinctSource(this.queries, this.dialect, key, input, placement);
  }

  conversion(events: ConversionEvents, input: SourceInput, time: TimeGrain | Placement | null): Promise<FrameSource> {
    return conversionSource(this.queries, this.dialect, events, input, time);
  }
}
