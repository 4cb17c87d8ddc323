/** A report with a comparison, windows, filled gaps or top values → its statement. */
import { TIME_KEY } from '../cube/base.js';
import type { FormulaDialect } from '../dialect/formula-dialect.js';
import { FORMULA_DIALECTS } from '../dialect/formula-dialect.js';
import type { TimeWindow } from '../dialect/ordinal-sql.js';
import { timeAxis, type Bucket } from './axis.js';
import { isClockGrain } from './columns.js';
import { afterSql } from './cursor.js';
import { comparedRange, type Earlier } from './compared-range.js';
import { embedded, sql, statementOf } from './fragment.js';
import { FrameSources } from './frame-sources.js';
import { Frames, type FrameTime, type TopRows } from './frames.js';
import { labelSql } from './layer-sql.js';
import { layeredSql, type Calculated, type SpreadTotal } from './layers.js';
import { windowOf, type Report } from './report.js';
import type { Resolved } from './resolve.js';
import type { Statement } from './types.js';
import { baseColumn } from './base-query.js';
import { bucketWindows, EARLIEST, mappedWindows, rangeOf, windowsOf } from './windows.js';
import type { Instants } from './time-range.js';
import { DateTime } from 'luxon';

export async function layeredStatement(report: Report): Promise<Statement> {
  const { dialect, dimensions, grain, columns, top, fill } = report;
  const plan = new LayeredPlan(report, await topRows(report));
  const metrics = report.metrics.flatMap((metric) => plan.columnsOf(metric));
  const filtered = new Map(report.filterMetrics.map((metric) => [metric.key, plan.current(metric)]));
  const axis = plan.axis;
  const time: Calculated[] =
    grain === null
      ? []
      : [
          {
            sql:
              axis === null
                ? 'g.o'
                : labelSql(
                    axis.map(({ label }) => label),
                    isClockGrain(grain),
                    'g.o',
                    dialect,
                  ),
            kind: 'string',
          },
        ];
  const keys = dimensions.flatMap(({ key, kind }, index): Calculated[] => [
    { sql: `g.d${index + 1}`, kind },
    ...(key === top?.dimension.key ? [{ sql: 'g.x', kind: 'boolean' } as const] : []),
  ]);
  if (time.length + keys.length + metrics.length !== columns.length) throw new Error('Columns were lost in planning.');
  const fragment = await layeredSql({
    dialect,
    frames: plan.frames,
    dimensions,
    timed: grain !== null,
    hasOther: top !== null,
    fill: fill === 'none' ? null : (axis?.length ?? null),
    totals: plan.totals,
    columns: [...time, ...keys, ...metrics],
    groupFilters: report.groupFilters,
    filtered,
    order: report.order,
    limit: report.limit === null ? null : report.limit + 1,
    offset: report.offset,
    after: report.after === null ? null : afterSql(report.after, report.order, columns, dialect),
  });
  return statementOf(fragment, dialect);
}

/** What a report is compared with. */
export function earlierOf({ compare, range, span, grain }: Report): Earlier | null {
  if (compare === null || range === null || span === null) return null;
  return comparedRange(compare, range, span, span.running, grain);
}

/** The statement that selects the first values of a dimension, over the whole range. */
async function topRows({ top, queries, range, dialect }: Report): Promise<TopRows | null> {
  if (top === null) return null;
  const { dimension, by, limit, other } = top;
  const statement = await queries.statement({
    metrics: [by.key],
    dimensions: [dimension],
    time: null,
    range,
    limit,
    order: [
      { position: 2, descending: true },
      { position: 1, descending: false },
    ],
  });
  const [column, list] = dialect === 'postgres' ? ['x1', '(x1, x2)'] : [`\`${baseColumn(dimension.key)}\``, ''];
  const values = statementOf(
    sql`SELECT t.${column} AS value FROM (${embedded(statement, dialect)}) AS t${list}`,
    dialect,
  );
  return { dimension, values, other };
}

class LayeredPlan {
  readonly frames: Frames;
  readonly totals: SpreadTotal[] = [];
  readonly axis: readonly Bucket[] | null;
  private readonly now: FrameTime;
  private readonly before: FrameTime | null;
  private readonly math: FormulaDialect;

  constructor(
    private readonly report: Report,
    top: TopRows | null,
  ) {
    const { grain, range, dialect, calendar } = report;
    this.math = FORMULA_DIALECTS[dialect];
    const sources = new FrameSources(report.queries, report.model, dialect);
    this.frames = new Frames(sources, dialect, report.dimensions, grain !== null, top);
    const earlier = earlierOf(report);
    const within = grain === null || range === null ? null : timeAxis(range, grain, calendar);
    this.axis = within;
    this.now = { time: grain === null ? null : within === null ? grain : bucketWindows(within), range };
    this.before = null;
    if (earlier === null || range === null) return;
    if (grain === null) this.before = { time: null, range: earlier.range };
    else {
      // A longer range before goes on after the end of this one, so that no row of it is lost.
      const left = Math.max(0, Math.ceil((+earlier.range.to - +earlier.map(range.to)) / 86_400_000));
      this.axis = timeAxis({ from: range.from, to: range.to.plus({ days: left }) }, grain, calendar);
      const windows = mappedWindows(this.axis, earlier);
      const last = windows.at(-1);
      if (last !== undefined) windows[windows.length - 1] = { ...last, to: +earlier.range.to };
      this.before = { time: windows, range: earlier.range };
    }
  }

  /** The metric as the answer shows it, with its twins where there is a comparison. */
  columnsOf(metric: Resolved): Calculated[] {
    const now = this.current(metric);
    if (this.before === null) return [now];
    const before = { sql: this.shown(this.before, metric), kind: metric.kind };
    return metric.kind === 'number'
      ? [now, before, { sql: this.change(now.sql, before.sql), kind: 'number' }]
      : [now, before];
  }

  current(metric: Resolved): Calculated {
    const window = windowOf(metric);
    if (window === null) return { sql: this.shown(this.now, metric), kind: metric.kind };
    const looked = this.lookedAt(metric);
    if (window.kind === 'share') return { sql: this.share(looked, window.within), kind: 'number' };
    const { grain, range, span, calendar, now } = this.report;
    const whole = range ?? { from: DateTime.fromMillis(EARLIEST, { zone: now.zone }), to: now };
    const time =
      grain === null || this.axis === null
        ? { time: null, range: rangeOf(window, whole, span ?? ALL, span?.running ?? false, calendar) }
        : spanned(windowsOf(window, this.axis, grain, calendar), whole);
    const value = this.shown(time, looked);
    if (window.kind !== 'previous' || window.output === 'value') return { sql: value, kind: metric.kind };
    const current = this.shown(this.now, looked);
    if (window.output === 'change') return { sql: this.change(current, value), kind: 'number' };
    const difference = `${this.math.leaf(current)} - ${this.math.leaf(value)}`;
    return { sql: this.math.result(`(${difference})`, metric.type === 'integer' ? 0 : 9), kind: 'number' };
  }

  /** The metric that a window looks at, as a member that a frame can hold. */
  private lookedAt(metric: Resolved): Resolved {
    const key = windowOf(metric)?.metric ?? '';
    const member = this.report.model.members.find((each) => each.key === key);
    if (member === undefined) throw new Error('A window of an unknown metric got through.');
    return { ...metric, key, member };
  }

  /** The value in a frame; with `fill: zero`, 0 where the frame has no such row and the metric adds up. */
  private shown(frame: FrameTime, metric: Resolved): string {
    const value = `g.${this.frames.value(frame, metric)}`;
    const { member } = metric;
    const adds = member?.kind === 'simple' && ['sum', 'count', 'distinct'].includes(member.aggregation);
    if (this.report.fill !== 'zero' || !adds) return value;
    return `CASE WHEN g.${this.frames.value(frame, null)} IS NULL THEN 0 ELSE ${value} END`;
  }

  private change(now: string, before: string): string {
    const [later, earlier] = [this.math.leaf(now), this.math.leaf(before)];
    return this.math.result(this.math.quotient(`(${later} - ${earlier})`, earlier), 9);
  }

  /** Of the total over all rows that match, or over each group of `within`. */
  private share(metric: Resolved, within: readonly string[]): string {
    const { dimensions, grain } = this.report;
    const kept = dimensions.filter(({ key }) => within.includes(key));
    const timed = grain !== null && within.includes(TIME_KEY);
    const time: FrameTime = timed ? this.now : { time: null, range: this.now.range };
    const marker = 1 + kept.reduce((bits, each) => bits + 2 ** (dimensions.indexOf(each) + 1), timed ? 1 : 0);
    const total = this.frames.value(time, metric, { marker, dimensions: kept });
    const alias = `t${this.totals.length + 1}`;
    const keys = kept.map((each) => `d${dimensions.indexOf(each) + 1}`);
    this.totals.push({ alias, value: total, within: timed ? ['o', ...keys] : keys });
    const value = this.math.leaf(this.shown(this.now, metric));
    return this.math.result(this.math.quotient(value, this.math.leaf(`g.${alias}`)), 9);
  }
}

const ALL = { unit: 'day', count: 1 } as const;

/** What the windows read from first to last. */
function spanned(windows: readonly TimeWindow[], { from, to }: Instants): FrameTime {
  const held = windows.filter((window) => window.from < window.to);
  const first = held.reduce((least, window) => Math.min(least, window.from), held.length > 0 ? Infinity : +from);
  const last = held.reduce((most, window) => Math.max(most, window.to), held.length > 0 ? -Infinity : +to);
  const at = (millis: number): DateTime => DateTime.fromMillis(millis, { zone: from.zone });
  return { time: windows, range: { from: first <= EARLIEST ? null : at(first), to: at(last) } };
}
