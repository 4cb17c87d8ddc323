/** What is read from one row: the value of a dimension, and whether the row meets a condition. */
import { ownAmountSql } from '../dialect/amount-sql.js';
import { conditionSql } from '../dialect/condition-sql.js';
import { constantSql } from '../dialect/constant-sql.js';
import { fieldSql, isUuidColumn, typeOf, type FieldSource, type Reading } from '../dialect/field-sql.js';
import { formulaToSql, resultSql } from '../dialect/formula-sql.js';
import type { FormulaNode } from '../formula/types.js';
import { moneyFields } from '../model/amounts.js';
import type { DataType, DimensionMember, Member, RowFilter, SimpleMetricMember } from '../model/types.js';
import { UNATTRIBUTED } from '../model/relations.js';
import { BASE_DIMENSIONS, CURRENCY_KEY, TIME_KEY, valueKind, type ValueKind } from './base.js';

/** A dimension as SQL over one row. */
export interface RowValue {
  readonly sql: string;
  readonly kind: ValueKind;
}

const READING = {
  integer: 'number',
  float: 'number',
  currency: 'number',
  string: 'text',
  boolean: 'boolean',
  date: 'date',
} as const satisfies Record<DataType, Reading>;

/** A dimension over a relation: texts say `unattributed` where there is no touchpoint that could have a value. */
export function ofTouchpoint(sql: string, { key, kind, row }: { key: string; kind: ValueKind; row: string }): string {
  if (kind !== 'string' || key === 'currency' || key === CURRENCY_KEY) return sql;
  return `CASE WHEN ${row}.id IS NULL THEN '${UNATTRIBUTED}' ELSE ${sql} END`;
}

/** Reads rows of one organisation’s cube. */
export class RowReader {
  /** Fields that some metric declares to be money. */
  readonly money: ReadonlySet<string>;
  private readonly dimensions: ReadonlyMap<string, DimensionMember>;
  private readonly metrics: ReadonlyMap<string, SimpleMetricMember>;

  constructor(
    members: readonly Member[],
    readonly source: FieldSource,
    /** ISO 4217 code of amounts in rows without one. */
    readonly currency: string,
  ) {
    this.money = moneyFields(members);
    this.dimensions = new Map(members.flatMap((each) => (each.kind === 'dimension' ? [[each.key, each]] : [])));
    this.metrics = new Map(members.flatMap((each) => (each.kind === 'simple' ? [[each.key, each]] : [])));
  }

  dimension(member: DimensionMember): RowValue {
    const { field, data_type, tree } = member;
    if (tree != null) return { sql: this.computed(tree, data_type), kind: valueKind(data_type) };
    const column = field.kind === 'column' && data_type === 'string' ? field.column : undefined;
    const recorded = fieldSql(field, READING[data_type], this.source);
    const read = data_type === 'currency' ? ownAmountSql(recorded, this.source.row) : recorded;
    // A dimension that is declared whole shows whole numbers, also where the payload says otherwise.
    const sql = data_type === 'integer' && typeOf(field, this.source) !== 'integer' ? `round(${read})` : read;
    if (column === TIME_KEY) return { sql, kind: 'datetime' };
    return { sql, kind: column && isUuidColumn(column) ? 'uuid' : valueKind(data_type) };
  }

  private computed(tree: FormulaNode, dataType: DataType): string {
    const { dialect } = this.source;
    const sql = formulaToSql(
      tree,
      dialect,
      (key) => this.leaf(key),
      () => true,
    );
    // A comparison is a number on ClickHouse.
    if (dataType === 'boolean' && dialect === 'clickhouse') return `CAST(${sql}, 'Nullable(Bool)')`;
    return resultSql(sql, dialect, dataType);
  }

  /** What a formula over the row means by a key. */
  private leaf(key: string): string {
    const metric = this.metrics.get(key);
    if (metric) {
      const recorded = fieldSql(metric.field, 'number', this.source);
      return metric.data_type === 'currency' ? ownAmountSql(recorded, this.source.row) : recorded;
    }
    const { sql, kind } = this.named(key);
    if (kind !== 'uuid') return sql;
    return this.source.dialect === 'clickhouse' ? `toString(${sql})` : `(${sql})::text`;
  }

  /** Whether the row meets `filter`; constants in it are part of the SQL. @param isOfRelation whose rows are touchpoints */
  filter(filter: RowFilter, isOfRelation = false): string {
    if ('and' in filter) return filter.and.map((part) => `(${this.filter(part, isOfRelation)})`).join(' AND ');
    if ('or' in filter) return filter.or.map((part) => `(${this.filter(part, isOfRelation)})`).join(' OR ');
    const { sql, kind } = this.named(filter.member);
    const { dialect, row } = this.source;
    const column = isOfRelation ? ofTouchpoint(sql, { key: filter.member, kind, row }) : sql;
    const { operator, values } = filter;
    return conditionSql({ operator, values, column, kind }, dialect, (value) => constantSql(value, dialect));
  }

  /** The currency of the row’s amounts. */
  currencyOfRow(): string {
    const { dialect, row } = this.source;
    const coalesce = dialect === 'clickhouse' ? 'ifNull' : 'coalesce';
    return `${coalesce}(${row}.currency, ${constantSql(this.currency, dialect)})`;
  }

  private named(key: string): RowValue {
    const base = BASE_DIMENSIONS.find((each) => each.key === key);
    const own = this.dimensions.get(key);
    // As in requests: the time dimension stays the instant.
    if (own !== undefined && base?.kind !== 'datetime') return this.dimension(own);
    if (base === undefined) throw new Error(`There is no dimension ${key}.`);
    return { sql: `${this.source.row}.${base.key}`, kind: base.kind };
  }
}
