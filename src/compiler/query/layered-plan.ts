/** A report with a comparison, windows, filled gaps or top values → its statement. */
import { amountsKey, ROWS_KEY, TIME_KEY, valueKind } from '../cube/base.js';
import { hasExact } from '../cube/generate.js';
import type { FormulaDialect } from '../dialect/formula-dialect.js';
import { FORMULA_DIALECTS } from '../dialect/formula-dialect.js';
import { formulaToSql, resultSql } from '../dialect/formula-sql.js';
import { moneyFields, readsAmounts } from '../model/amounts.js';
import { keysAround } from '../model/around.js';
import type { FormulaMetricMember, Member, WindowMetricMember } from '../model/types.js';
import { plainKey } from './attribution.js';
import type { Measured } from './measured.js';
import { timeAxis, type Bucket } from './axis.js';
import { changeName, isClockGrain, plannedColumns, previousName } from './columns.js';
import { afterSql } from './cursor.js';
import { comparedRange, type Earlier } from './compared-range.js';
import { embedded, sql, statementOf } from './fragment.js';
import { FrameSources } from './frame-sources.js';
import { Frames, type FrameTime, type TopRows } from './frames.js';
import { labelSql } from './layer-sql.js';
import { layeredSql, type Calculated, type SpreadTotal } from './layers.js';
import type { Report } from './report.js';
import type { Resolved } from './resolve.js';
import type { Statement } from './types.js';
import { baseColumn, keysIn } from './base-query.js';
import { comparedParts, frameAt, frameOfWindow, momentBefore, partsOf, type Moment } from './moment.js';

export async function layeredStatement(report: Report): Promise<Statement> {
  const { dialect, dimensions, grain, columns, top, fill } = report;
  const plan = new LayeredPlan(report, await topRows(report));
  const metrics = report.metrics.flatMap((metric) => plan.columnsOf(metric));
  const filtered = plan.filtered(new Set(report.groupFilters.flatMap(keysIn)));
  if (metrics.length + filtered.size === 0) plan.showRows();
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
async function topRows(report: Report): Promise<TopRows | null> {
  const { top, queries, range, dialect, model } = report;
  if (top === null) return null;
  const { dimension, by, limit, other } = top;
  const order = [
    { position: 2, descending: true },
    { position: 1, descending: false },
  ];
  const isAround = keysAround(model.members).has(by.key);
  const statement = isAround
    ? await layeredStatement({
        ...report,
        ...{ metrics: [by], dimensions: [dimension], grain: null, compare: null, fill: 'none', top: null },
        columns: plannedColumns(
          {
            grain: null,
            dimensions: [dimension],
            metrics: [by],
            compared: false,
            other: null,
            money: report.money.unit,
          },
          model,
        ),
        ...{ groupFilters: [], filterMetrics: [], order, offset: 0, after: null },
        // One row more is fetched than a report shows.
        limit: limit - 1,
      })
    : await queries.statement({ metrics: [by.key], dimensions: [dimension], time: null, range, limit, order });
  const column = isAround ? 'c1' : `\`${baseColumn(dimension.key)}\``;
  const [name, list] = dialect === 'postgres' ? ['x1', '(x1, x2)'] : [column, ''];
  const values = statementOf(
    sql`SELECT t.${name} AS value FROM (${embedded(statement, dialect)}) AS t${list}`,
    dialect,
  );
  return { dimension, values, other };
}

/** The number of rows, which can be asked for and is no member of a model. */
const ROWS: Member = {
  ...{ kind: 'simple', key: ROWS_KEY, aggregation: 'count', field: { kind: 'rows' }, weight: null },
  ...{
    label: 'Rows',
    description: null,
    category: 'platform',
    data_type: 'integer',
    unit: null,
    additivity: 'additive',
  },
  ...{ standard_key: null, aliases: [], origin: 'standard', status: 'valid', diagnostics: [], depends_on: [] },
};

/** What a value is measured over: the rows of the answer, or a total of fewer columns. */
interface Scope {
  readonly moment: Moment;
  /** Null for the rows of the answer. */
  readonly total: { readonly marker: number; readonly dimensions: readonly Resolved[] } | null;
}

class LayeredPlan {
  readonly frames: Frames;
  readonly totals: SpreadTotal[] = [];
  readonly axis: readonly Bucket[] | null;
  private readonly now: Moment;
  private readonly before: Moment | null;
  private readonly math: FormulaDialect;
  private readonly around: ReadonlySet<string>;
  private readonly members: ReadonlyMap<string, Member>;

  constructor(
    private readonly report: Report,
    top: TopRows | null,
  ) {
    const { grain, range, dialect, calendar, model } = report;
    this.math = FORMULA_DIALECTS[dialect];
    this.around = keysAround(model.members);
    this.members = new Map(model.members.map((member) => [member.key, member]));
    const sources = new FrameSources(report.queries, model, dialect);
    this.frames = new Frames(sources, dialect, report.dimensions, grain !== null, top, report.attributionModel);
    const earlier = earlierOf(report);
    const within = grain === null || range === null ? null : timeAxis(range, grain, calendar);
    this.axis = within;
    this.now = { range, time: within === null ? grain : partsOf(within) };
    this.before = null;
    if (earlier === null || range === null) return;
    if (grain !== null) {
      // A longer range before goes on after the end of this one, so that no row of it is lost.
      const left = Math.max(0, Math.ceil((+earlier.range.to - +earlier.map(range.to)) / 86_400_000));
      this.axis = timeAxis({ from: range.from, to: range.to.plus({ days: left }) }, grain, calendar);
    }
    this.before = { range: earlier.range, time: grain === null ? null : comparedParts(this.axis ?? [], earlier) };
  }

  /** The metric as the answer shows it, with its twins where there is a comparison. */
  columnsOf(metric: Resolved): Calculated[] {
    const now = this.current(metric);
    if (this.before === null) return [now];
    const before = this.previous(metric);
    return metric.kind === 'number' ? [now, before, this.changed(now, before)] : [now, before];
  }

  /** Columns by which groups are filtered: metrics, and what a comparison adds to them. @param names those that are wanted */
  filtered(names: ReadonlySet<string>): Map<string, Calculated> {
    const found = new Map<string, Calculated>();
    for (const metric of this.report.filterMetrics) {
      const { key } = metric;
      if (names.has(key)) found.set(key, this.current(metric));
      if (names.has(previousName(key))) found.set(previousName(key), this.previous(metric));
      if (names.has(changeName(key)))
        found.set(changeName(key), this.changed(this.current(metric), this.previous(metric)));
    }
    return found;
  }

  /** Without a metric, the rows of the answer are those that there are. */
  showRows(): void {
    for (const moment of [this.now, this.before]) if (moment !== null) this.frames.value(frameAt(moment), null);
  }

  current(metric: Resolved): Calculated {
    return { sql: this.shown(metric, this.now), kind: metric.kind };
  }

  private previous(metric: Resolved): Calculated {
    if (this.before === null) throw new Error('There is no comparison.');
    return { sql: this.shown(metric, this.before), kind: metric.kind };
  }

  private changed(now: Calculated, before: Calculated): Calculated {
    return { sql: this.math.result(this.change(now.sql, before.sql), 9), kind: 'number' };
  }

  private shown({ member }: Resolved, moment: Moment): string {
    return this.value(member ?? ROWS, { moment, total: null }, false);
  }

  /** @param isExact with all decimals, for a formula to build on; else as a reader gets it */
  private value(member: Member, scope: Scope, isExact: boolean): string {
    if (member.kind === 'window') return this.window(member, scope, isExact);
    if (member.kind !== 'formula' || !this.around.has(member.key)) {
      return this.held(member, frameAt(scope.moment), scope, isExact);
    }
    return this.calculated(member, (part) => this.value(part, scope, true), isExact);
  }

  /** A metric over a stretch of time; of a formula over attribution and rows, each part is read for the stretch. */
  private over(member: Member, frame: FrameTime, scope: Scope, isExact: boolean): string {
    if (member.kind !== 'formula' || !this.around.has(member.key)) return this.held(member, frame, scope, isExact);
    return this.calculated(member, (part) => this.over(part, frame, scope, true), isExact);
  }

  /** A formula over the exact values of its parts. */
  private calculated(
    { tree, data_type }: FormulaMetricMember,
    valueOf: (part: Member) => string,
    isExact: boolean,
  ): string {
    if (tree === null) throw new Error('A formula that could not be read got through.');
    const { dialect } = this.report;
    const leaf = (key: string): string => valueOf(this.member(key));
    const sql = formulaToSql(tree, dialect, leaf, (key) => isWide(this.member(key)));
    return isExact ? sql : resultSql(sql, dialect, data_type);
  }

  private window(member: WindowMetricMember, scope: Scope, isExact: boolean): string {
    const { window } = member;
    const { moment, total } = scope;
    const looked = this.member(window.metric);
    const as = (sql: string): string => (isExact ? sql : resultSql(sql, this.report.dialect, member.data_type));
    switch (window.kind) {
      case 'share':
        return as(this.share(looked, window.within, scope));
      case 'previous': {
        const earlier = { moment: momentBefore(window, moment, this.report), total };
        const value = this.value(looked, earlier, isExact);
        if (window.output === 'value') return value;
        const current = this.value(looked, scope, isExact);
        if (window.output === 'change') return as(this.change(current, value));
        return as(`(${this.math.leaf(current)} - ${this.math.leaf(value)})`);
      }
      case 'cumulative':
      case 'rolling':
      case 'to_date':
        return this.over(looked, frameOfWindow(window, moment, this.report), scope, isExact);
      default:
        return window satisfies never;
    }
  }

  /**
   * The column with the value in a frame, as it is known on each row. With `fill: zero`, 0 where the frame has no such
   * row and the metric adds up; customers that nobody is are 0 at any rate.
   */
  private held(member: Member, frame: FrameTime, scope: Scope, isExact: boolean): string {
    const { total } = scope;
    const { fill } = this.report;
    const measured = { member, kind: valueKind(member.data_type), isExact };
    // Its parts may be had for less, and are the same numbers.
    if (member.kind === 'formula' && this.frames.fansOut(frame, measured))
      return this.calculated(member, (part) => this.held(part, frame, scope, true), isExact);
    const value = this.frames.value(frame, measured, total);
    if (total !== null) return this.spread(value, total.dimensions, frame);
    const isMissing = (): string => `g.${this.frames.value(frame, null)} IS NULL`;
    if (countsFromNothing(member)) {
      const amounts = this.amountsOf(member);
      // A number that misses a rate is not 0: there are amounts, and no value of them.
      if (amounts !== null && fill !== 'null')
        return `CASE WHEN coalesce(g.${this.frames.value(frame, amounts)}, 0) = 0 THEN coalesce(g.${value}, 0) ELSE g.${value} END`;
      if (amounts !== null) return `g.${value}`;
      return fill === 'null'
        ? `CASE WHEN NOT (${isMissing()}) THEN coalesce(g.${value}, 0) END`
        : `coalesce(g.${value}, 0)`;
    }
    const adds = member.kind === 'simple' && ['sum', 'count', 'distinct'].includes(member.aggregation);
    if (fill !== 'zero' || isExact || !adds) return `g.${value}`;
    return `CASE WHEN ${isMissing()} THEN 0 ELSE g.${value} END`;
  }

  /** How many amounts are in a metric that may miss a rate of them; null where it can’t. */
  private amountsOf(member: Member): Measured | null {
    const { money, model } = this.report;
    if (!money.flags || !money.converts || member.kind !== 'simple') return null;
    if (!readsAmounts(member, moneyFields(model.members))) return null;
    const amounts = { ...member, key: amountsKey(plainKey(member.key)), aggregation: 'count' as const };
    return { member: amounts, kind: 'number', isExact: false };
  }

  private change(now: string, before: string): string {
    const [later, earlier] = [this.math.leaf(now), this.math.leaf(before)];
    return this.math.quotient(`(${later} - ${earlier})`, earlier);
  }

  /** Of the total over all rows that match, or over each group of `within`. */
  private share(member: Member, within: readonly string[], scope: Scope): string {
    const { dimensions } = this.report;
    const kept = (scope.total?.dimensions ?? dimensions).filter(({ key }) => within.includes(key));
    const timed = scope.moment.time !== null && within.includes(TIME_KEY);
    const marker = 1 + kept.reduce((bits, each) => bits + 2 ** (dimensions.indexOf(each) + 1), timed ? 1 : 0);
    const moment = timed ? scope.moment : { ...scope.moment, time: null };
    const [value, whole] = [
      this.value(member, scope, false),
      this.value(member, { moment, total: { marker, dimensions: kept } }, false),
    ];
    return this.math.quotient(this.math.leaf(value), this.math.leaf(whole));
  }

  /** The column of a total, repeated on each row that it is the total of. */
  private spread(value: string, kept: readonly Resolved[], { time }: FrameTime): string {
    const alias = `t${this.totals.length + 1}`;
    const { dimensions, top } = this.report;
    const keys = kept.flatMap((each) => [
      `d${dimensions.indexOf(each) + 1}`,
      ...(each.key === top?.dimension.key ? ['x'] : []),
    ]);
    this.totals.push({ alias, value, within: time === null ? keys : ['o', ...keys] });
    return `g.${alias}`;
  }

  private member(key: string): Member {
    const member = this.members.get(key);
    if (member === undefined) throw new Error('A metric over an unknown metric got through.');
    return member;
  }
}

/** Whether a row that nothing was counted for is 0, and not unknown: who did not convert, what no model has credited. */
const countsFromNothing = (member: Member): boolean =>
  (member.kind === 'conversion' && member.conversion.output === 'count') ||
  (member.kind === 'simple' &&
    member.field.kind === 'relation' &&
    ['sum', 'count', 'distinct'].includes(member.aggregation));

/** Whether a value may pass what a sum of rows can reach. */
const isWide = (member: Member): boolean => member.kind !== 'simple' || hasExact(member);
