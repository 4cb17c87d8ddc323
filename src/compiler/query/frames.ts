/**
 * Frames: grouped queries over different instants or rows, brought into one shape so that they can stand in one UNION.
 * A value that a frame does not have is null there; grouping by the keys then puts the values of all frames into one
 * row, whether or not each frame has that row (a full outer join in which null keys meet).
 */
import type { OpenRange } from './time-range.js';
import { CUBE } from '../cube/base.js';
import type { CubeFilter } from '../cube/compile.js';
import { isDisjoint, placementOf, type Placement, type TimeWindow } from '../dialect/ordinal-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { AttributionModel } from '../model/relations.js';
import type { RelationKind } from './base-query.js';
import { relationOf } from './attribution.js';
import type { ConversionEvents } from './conversion-source.js';
import { sql, type Fragment } from './fragment.js';
import type { FrameSource, FrameSources, SourceInput } from './frame-sources.js';
import { nullOf } from './layer-sql.js';
import { columnOf, type Measured } from './measured.js';
import type { Resolved } from './resolve.js';
import type { Statement, TimeGrain } from './types.js';
import { EARLIEST, LATEST } from './windows.js';

export interface FrameTime {
  /** Windows to group by; or the grain where there is no axis; null where time is not grouped. */
  readonly time: readonly TimeWindow[] | TimeGrain | null;
  /** What is read; for windows, what they span. */
  readonly range: OpenRange | null;
}

/**
 * Where a frame's values come from: rows, read once for each window that holds them; stretches of time, put together
 * where windows overlap; values that are counted once in each window; customers who did one thing after another; or another relation.
 */
type FrameKind = 'rows' | 'stretches' | { readonly distinct: string } | ConversionEvents | RelationKind;

interface Frame extends FrameTime {
  readonly id: string;
  /** 0: rows of the answer; else the number of a total that they are measured against. */
  readonly marker: number;
  readonly source: FrameKind;
  readonly dimensions: readonly Resolved[];
  readonly values: Map<string, Value>;
}

export interface Value {
  /** Column of the union; for a frame's presence, a column of ones. */
  readonly alias: string;
  readonly metric: Measured | null;
}

/** The first values of a dimension, and what becomes of the rest. */
export interface TopRows {
  readonly dimension: Resolved;
  /** Selects the values, in one column. */
  readonly values: Statement;
  readonly other: boolean;
}

export class Frames {
  private readonly frames = new Map<string, Frame>();
  private valueCount = 0;

  constructor(
    private readonly sources: FrameSources,
    private readonly dialect: DialectName,
    private readonly dimensions: readonly Resolved[],
    private readonly timed: boolean,
    private readonly top: TopRows | null,
    private readonly attributionModel: AttributionModel,
  ) {}

  /** The column with the metric's value in the frame; with null, one that is 1 where the frame has the row. */
  value(
    frame: FrameTime,
    metric: Measured | null,
    total: { readonly marker: number; readonly dimensions: readonly Resolved[] } | null = null,
  ): string {
    const dimensions = total?.dimensions ?? this.dimensions;
    const marker = total?.marker ?? 0;
    const range = frame.range === null ? null : [frame.range.from, frame.range.to].map((at) => at && +at);
    const source = this.kindOf(frame, metric);
    const id = JSON.stringify([marker, frame.time, range, dimensions.map(({ key }) => key), source]);
    const values = new Map<string, Value>();
    const found = this.frames.get(id) ?? { ...frame, id, marker, source, dimensions, values };
    this.frames.set(id, found);
    const key = metric === null ? '' : columnOf(metric);
    const value = found.values.get(key) ?? { alias: `v${(this.valueCount += 1)}`, metric };
    found.values.set(key, value);
    return value.alias;
  }

  /** Whether the metric can only be had by reading each row once for each window that holds it. */
  fansOut({ time, range }: FrameTime, metric: Measured): boolean {
    const overlaps = time !== null && typeof time !== 'string' && !isDisjoint(placementOf(time));
    return overlaps && this.kindOf({ time, range }, metric) === 'rows';
  }

  get values(): readonly Value[] {
    return [...this.frames.values()].flatMap(({ values }) => [...values.values()]);
  }

  /** One SELECT a frame, and one more for the rest beside the top values. */
  async selects(): Promise<Fragment[]> {
    const selects: Fragment[] = [];
    for (const frame of this.frames.values()) {
      const { top } = this;
      // A total that is not by the ranked dimension is one of all its values.
      if (top === null || !frame.dimensions.some(({ key }) => key === top.dimension.key))
        selects.push(await this.select(frame, frame.dimensions, []));
      else {
        const { dimension, values, other } = top;
        const filter = (operator: string): CubeFilter => ({
          member: `${CUBE}.${dimension.key}`,
          operator,
          values: [JSON.stringify(values)],
        });
        selects.push(await this.select(frame, frame.dimensions, [filter('among')]));
        const rest = frame.dimensions.filter(({ key }) => key !== dimension.key);
        if (other) selects.push(await this.select(frame, rest, [filter('notAmong')], true));
      }
    }
    return selects;
  }

  private async select(
    frame: Frame,
    dimensions: readonly Resolved[],
    filters: readonly CubeFilter[],
    isOther = false,
  ): Promise<Fragment> {
    const own = [...frame.values.values()];
    const metrics = own.flatMap(({ metric }) => metric ?? []);
    // Without anything to group by there would be one row even where no rows are.
    const grouped = frame.time === null && dimensions.length === 0 && (isOther || metrics.length === 0);
    const windows = grouped ? [{ ordinal: 0, from: EARLIEST, to: LATEST }] : frame.time;
    const time = windows === null || typeof windows === 'string' ? windows : placementOf(windows);
    const input = { metrics, dimensions, range: frame.range, filters };
    const { from, column, ordinal: number } = await this.sourceOf(frame.source, input, time);
    const ordinal =
      number === null || grouped ? nullOf(typeof frame.time === 'string' ? 'string' : 'ordinal', this.dialect) : number;
    const columns = [`${frame.marker} AS k`];
    if (this.timed) columns.push(`${ordinal} AS o`);
    this.dimensions.forEach(({ key, kind }, index) => {
      const has = dimensions.some((dimension) => dimension.key === key);
      columns.push(`${has ? column(key) : nullOf(kind, this.dialect)} AS d${index + 1}`);
    });
    if (this.top !== null) columns.push(`${isOther} AS x`);
    for (const { alias, metric } of this.values) {
      const has = own.some((value) => value.alias === alias);
      const value = !has
        ? nullOf(metric?.kind ?? 'number', this.dialect)
        : metric === null
          ? '1'
          : column(columnOf(metric));
      columns.push(`${value} AS ${alias}`);
    }
    return sql`SELECT ${columns.join(', ')} FROM ${from}`;
  }

  private sourceOf(kind: FrameKind, input: SourceInput, time: TimeGrain | Placement | null): Promise<FrameSource> {
    if (kind === 'rows') return this.sources.direct(input, time);
    if (typeof kind === 'object' && 'name' in kind) return this.sources.direct(input, time, kind);
    if (typeof kind === 'object' && 'from' in kind) return this.sources.conversion(kind, input, time);
    if (time === null || typeof time === 'string') throw new Error('Stretches are of windows.');
    return kind === 'stretches' ? this.sources.merged(input, time) : this.sources.distinct(kind.distinct, input, time);
  }

  /** Metrics over overlapping windows are better put together from stretches of time, where they can be. */
  private kindOf({ time }: FrameTime, metric: Measured | null): FrameKind {
    if (metric?.member.kind === 'conversion') {
      const { from, to, days } = metric.member.conversion;
      return { from, to, days };
    }
    const relation = metric === null ? null : relationOf(metric.member, this.attributionModel);
    if (relation !== null) return relation;
    if (time === null || typeof time === 'string' || isDisjoint(placementOf(time))) return 'rows';
    if (metric === null || this.sources.canMerge(metric)) return 'stretches';
    const { member } = metric;
    return member.kind === 'simple' && member.aggregation === 'distinct' ? { distinct: member.key } : 'rows';
  }
}
