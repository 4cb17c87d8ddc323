/**
 * Cube's own query classes, with the parts replaced where Cube is not exact or where its two dialects differ: filters
 * (Cube compares numbers as floats on ClickHouse), time buckets, the order of rows and of columns.
 */
import { BaseDimension, BaseFilter, PostgresQuery, type BaseQuery } from '@cubejs-backend/schema-compiler';
import { ClickHouseQuery } from '@cubejs-backend/schema-compiler/dist/src/adapter/ClickHouseQuery.js';
import { bucketSql, type Bucket } from '../dialect/bucket-sql.js';
import { CONDITION_OPERATORS, conditionSql, type ConditionOperator } from '../dialect/condition-sql.js';
import { ordinalSql, type Placement } from '../dialect/ordinal-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { MergedGroups } from '../query/types.js';
import { TIME_KEY, type ValueKind } from './base.js';
import type { RowMeasures } from './row-measures.js';
import { ofTouchpoint } from './row-sql.js';

/** What the planner adds to a Cube query; Cube hands it to the query object as it is. */
export interface TributaryOptions {
  /** A checked IANA name, in which time is grouped. Cube itself is told UTC: it refuses zones newer than it. */
  readonly timeZone: string;
  /** Zone of the buckets where it is another one. */
  readonly bucketZone?: string;
  readonly weekStart: number;
  /** Month (1–12) from which quarters and years are counted; January when absent. */
  readonly fiscalYearStart?: number;
  /** Rows are grouped by the numbers of these windows instead of by buckets of a grain. */
  readonly placement?: Placement;
  /** 1-based positions in the SELECT list. */
  readonly rowOrder: readonly { readonly position: number; readonly descending: boolean }[];
  /** What stands behind FROM in place of the rows' table; then a string dimension says where there is no touchpoint. */
  readonly relationSql?: string;
  /** The same, of rows that are read otherwise. */
  readonly rowsSql?: string;
  /** Rows are not grouped: what measures are for each of them. */
  readonly rowMeasures?: RowMeasures | undefined;
  /** Members that are selected as NULL, because their number would be wrong. */
  readonly withheld: readonly string[];
  /** Groups that are one. */
  readonly merged?: readonly MergedGroups[];
}

interface Definition {
  readonly meta?: { readonly kind?: ValueKind };
}
interface Granularity {
  readonly granularity: string;
}
interface Selected {
  selectColumns(): unknown;
  aliasName(): string;
}

const BUCKET_OF: Readonly<Record<string, Bucket>> = {
  fifteen_minutes: 'fifteen_minutes',
  hour: 'hour',
  day: 'day',
  calendar_week: 'week',
  month: 'month',
  quarter: 'quarter',
  year: 'year',
};

function bucket(query: BaseQuery, instant: string, granularity: Granularity, dialect: DialectName): string {
  const { timeZone, bucketZone, weekStart, fiscalYearStart = 1, placement } = query.options as TributaryOptions;
  if (placement !== undefined) return ordinalSql(placement, instant, dialect);
  const name = BUCKET_OF[granularity.granularity];
  if (name === undefined) throw new Error(`No bucket for granularity ${granularity.granularity}.`);
  const sql = bucketSql(
    { bucket: name, instant, timeZone: bucketZone ?? timeZone, weekStart, fiscalYearStart },
    dialect,
  );
  if (dialect === 'postgres') return `${bucketZone === undefined ? mergedSql(query, TIME_KEY, sql) : sql} COLLATE "C"`;
  return bucketZone === undefined ? mergedSql(query, TIME_KEY, sql, { text: 'toString', value: 'toDate32' }) : sql;
}

/** What is grouped by, with groups that are one; `as` says how it becomes a text, and how a text becomes it. */
function mergedSql(
  query: BaseQuery,
  key: string,
  sql: string,
  as: { readonly text: string; readonly value: string } = { text: '', value: '' },
): string {
  const { merged = [] } = query.options as TributaryOptions;
  const merges = merged.flatMap((each) => (each.member === key ? each.merges : []));
  if (merges.length === 0) return sql;
  const param = (value: string): string => String(query.paramAllocator.allocateParam(value));
  const cases = merges.map(
    ({ value, values }) =>
      `WHEN ${as.text}(${sql}) IN (${values.map(param).join(', ')}) THEN ${value === null ? 'NULL' : `${as.value}(${param(value)})`}`,
  );
  return `(CASE ${cases.join(' ')} ELSE ${sql} END)`;
}

function kindOf(definition: Definition): ValueKind {
  const kind = definition.meta?.kind;
  if (kind === undefined) throw new Error('A member without a kind can’t be compared.');
  return kind;
}

class ExactFilter extends BaseFilter {
  constructor(
    query: BaseQuery,
    filter: unknown,
    private readonly dialect: DialectName,
  ) {
    super(query, filter);
  }

  override conditionSql(column: string): string {
    const among = this.operator as string;
    if (among === 'among' || among === 'notAmong') return this.amongSql(column, among === 'notAmong');
    const operator = this.operator as ConditionOperator;
    if (!CONDITION_OPERATORS.includes(operator)) throw new Error(`Unplanned operator ${String(operator)}.`);
    const condition = {
      operator,
      column,
      kind: kindOf(this.definition() as Definition),
      values: (this.values ?? []) as string[],
    };
    return conditionSql(condition, this.dialect, (value) => this.allocateParam(value));
  }
  /**
   * Whether the value is among those that a statement selects, in one column; the filter's value is that statement as
   * JSON. A missing value is a value like any other: it is compared as an empty text, and every other one with a prefix.
   */
  private amongSql(column: string, isNot: boolean): string {
    const { sql, params } = JSON.parse(String(this.values?.[0])) as Among;
    const allocate = (index: number): string => this.allocateParam(params[index]) as string;
    let next = 0;
    const statement =
      this.dialect === 'clickhouse'
        ? sql.replaceAll('?', () => allocate(next++))
        : sql.replace(/\$(\d+)/g, (_, number: string) => allocate(Number(number) - 1));
    const kind = kindOf(this.definition() as Definition);
    const key = (value: string): string => amongKey(value, kind, this.dialect);
    return `${key(column)} ${isNot ? 'NOT IN' : 'IN'} (SELECT ${key('among.value')} FROM (${statement}) AS among)`;
  }
}

/** A text that is never null, and equal exactly where the values are. */
function amongKey(value: string, kind: ValueKind, dialect: DialectName): string {
  if (dialect === 'clickhouse') return `ifNull(concat('v', toString(${value})), '')`;
  return `coalesce('v' || (${kind === 'number' ? `trim_scale(${value})` : value})::text, '')`;
}

interface Among {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** Text is grouped and ordered by code point, and instants come out as UTC text. */
class PostgresDimension extends BaseDimension {
  override selectColumns(): string[] {
    const sql = this.dimensionSql() as string;
    const kind = kindOf(this.dimensionDefinition() as Definition);
    return [`${presented(sql, kind)} ${this.aliasName()}`];
  }
}

function presented(sql: string, kind: ValueKind): string {
  if (kind === 'string' || kind === 'date') return `${sql} COLLATE "C"`;
  if (kind === 'datetime') return `to_char(${sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')`;
  return sql;
}

interface Dimension {
  path(): readonly string[];
  dimensionDefinition(): unknown;
}

/** A dimension as SQL. */
function dimensionSql(query: BaseQuery, dimension: Dimension, sql: string): string {
  if ((query.options as TributaryOptions).relationSql === undefined) return sql;
  const [cube = '', key = ''] = dimension.path();
  const { kind } = (dimension.dimensionDefinition() as Definition).meta ?? {};
  return kind === undefined ? sql : ofTouchpoint(sql, { key, kind, row: query.cubeAlias(cube) as string });
}

/** Time first, then dimensions, then metrics, as in the plan's columns. */
const timeFirst = (query: BaseQuery): Selected[] =>
  (query.timeDimensions as unknown as Selected[]).concat(query.dimensions as unknown as Selected[]);

interface Measure {
  readonly measure?: unknown;
  path(): readonly string[];
}

const isWithheld = (query: BaseQuery, measure: Measure): boolean =>
  (query.options as TributaryOptions).withheld.includes(String(measure.measure));

function rowOrder(query: BaseQuery, column: (position: number) => string): string {
  const { rowOrder: order } = query.options as TributaryOptions;
  if (order.length === 0) return '';
  const parts = order.map(
    ({ position, descending }) => `${column(position)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`,
  );
  return ` ORDER BY ${parts.join(', ')}`;
}

/**
 * The statement, without Cube's statement cache: its key does not know {@link TributaryOptions}, so that a request would
 * get the SQL of another one that differs in its order only. And without the search for pre-aggregations, joins and
 * multiplied measures: there is one cube, and none of these.
 */
function statement(query: BaseQuery): [string, unknown[]] {
  return query.compilers.compiler.withQuery(query, () =>
    query.paramAllocator.buildSqlAndParams(query.simpleQuery(), false, query.shouldReuseParams),
  ) as [string, unknown[]];
}

type CubeQueryClass = new (...args: ConstructorParameters<typeof BaseQuery>) => BaseQuery;

/** A query class of Cube's with what is the same for both dialects. */
function exact(Parent: CubeQueryClass, dialect: DialectName): CubeQueryClass {
  return class extends Parent {
    override buildSqlAndParams(): [string, unknown[]] {
      return statement(this);
    }
    override newFilter(filter: unknown): BaseFilter {
      return new ExactFilter(this, filter, dialect);
    }
    override cubeSql(cube: string): string {
      const { relationSql, rowsSql } = this.options as TributaryOptions;
      return relationSql ?? rowsSql ?? (super.cubeSql(cube) as string);
    }
    override dimensionSql(dimension: Dimension): string {
      const sql = dimensionSql(this, dimension, super.dimensionSql(dimension) as string);
      // Filters are dimensions, too, of the values as they are.
      return dimension instanceof BaseFilter ? sql : mergedSql(this, String(dimension.path()[1]), sql);
    }
    override convertTz(field: string): string {
      return field;
    }
    override dimensionTimeGroupedColumn(dimension: string, granularity: Granularity): string {
      return bucket(this, dimension, granularity, dialect);
    }
    override dimensionsForSelect(): never[] {
      return timeFirst(this) as never[];
    }
    override measureSql(measure: Measure): string {
      if (isWithheld(this, measure)) return 'NULL';
      const { rowMeasures } = this.options as TributaryOptions;
      const [cube = '', key = ''] = measure.path();
      return rowMeasures?.sql(key, this.cubeAlias(cube) as string) ?? (super.measureSql(measure) as string);
    }
    override groupByClause(): string {
      return (this.options as TributaryOptions).rowMeasures ? '' : (super.groupByClause() as string);
    }
  };
}

export class TributaryClickHouseQuery extends exact(ClickHouseQuery as CubeQueryClass, 'clickhouse') {
  override orderBy(): string {
    const columns = this.forSelect() as unknown as Selected[];
    return rowOrder(this, (position) => columns[position - 1]?.aliasName() ?? '');
  }
}

export class TributaryPostgresQuery extends exact(PostgresQuery, 'postgres') {
  override newDimension(path: never): BaseDimension {
    return new PostgresDimension(this, path);
  }
  override orderBy(): string {
    return rowOrder(this, String);
  }
}
