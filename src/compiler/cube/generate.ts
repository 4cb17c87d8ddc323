/**
 * An organisation's checked model as a Cube data model: the cube `marketing`, which extends the base cube in
 * `cube-models/`. Deterministic: the same model gives the same text, byte for byte.
 */
import type { FormulaNode } from '../formula/types.js';
import { formulaToSql, resultSql } from '../dialect/formula-sql.js';
import {
  fieldSql,
  isUuidColumn,
  typeOf,
  type FieldSource,
  type Reading,
  type TypedFields,
} from '../dialect/field-sql.js';
import type { DialectName } from '../dialect/types.js';
import type {
  DimensionMember,
  FieldRef,
  FormulaMetricMember,
  Member,
  Model,
  SimpleMetricMember,
} from '../model/types.js';
import { BASE_CUBE, CUBE, RESERVED_KEYS, TIME_KEY, valueKind, weekOrigin } from './base.js';
import { CubeSql, cubeFile, cubeReference, cubeScript, memberReference, type CubeValue } from './cube-text.js';

export interface CubeFile {
  readonly fileName: string;
  readonly content: string;
}

export interface CubeSchema {
  readonly files: readonly CubeFile[];
  /** The first of `files` as Cube transpiles it; saves three passes of Babel over it. */
  readonly script: string;
}

type Members = Record<string, CubeValue>;

/**
 * The organisation's cube. Quarantined members are left out, and so is a metric that has the key of a base dimension.
 * Windows and conversions are planned around Cube's query.
 *
 * A formula, an average and a weighted average come as two measures: `_exact_<key>`, hidden, with all 18 decimals of
 * the calculation, for other formulas to build on; and `<key>`, the same rounded once for the reader. (A metric's key
 * begins with a letter, so the two can't clash.)
 */
export function cubeSchema(model: Model, dialect: DialectName, typed: TypedFields): CubeSchema {
  const source: FieldSource = { dialect, row: cubeReference(), typed };
  const dimensions: Members = { [TIME_KEY]: timeDimension(model) };
  const measures: Members = {};
  const exact = exactKeys(model.members);
  for (const member of model.members) {
    if (member.status === 'quarantined') continue;
    if (member.kind === 'dimension') {
      if (member.key !== TIME_KEY) dimensions[member.key] = dimensionOf(member, source);
      continue;
    }
    if (RESERVED_KEYS.includes(member.key)) continue;
    if (member.kind === 'simple') Object.assign(measures, simpleMeasures(member, source));
    if (member.kind === 'formula') Object.assign(measures, formulaMeasures(member, dialect, exact));
  }
  const definition = { extends: new CubeReference(BASE_CUBE), dimensions, measures };
  const content = cubeFile(
    'Generated from the organisation’s metrics and dimensions. Change those, not this file.',
    CUBE,
    definition,
  );
  return { files: [{ fileName: `${CUBE}.js`, content }], script: cubeScript(CUBE, definition) };
}

/** The name of another cube, written bare. */
class CubeReference extends CubeSql {
  override toFunction(): string {
    return `(${this.sql}) => ${this.sql}`;
  }

  override toString(): string {
    return this.sql;
  }
}

function timeDimension(model: Model): CubeValue {
  return {
    title: 'Date',
    sql: new CubeSql(`${cubeReference()}.${TIME_KEY}`),
    type: 'time',
    meta: { kind: 'datetime' },
    granularities: {
      fifteen_minutes: { title: '15 minutes', interval: '15 minutes' },
      calendar_week: { title: 'Week', interval: '1 week', origin: weekOrigin(model.settings) },
    },
  };
}

function described(member: Member): Members {
  return { title: member.label, ...(member.description ? { description: member.description } : {}) };
}

function dimensionOf(member: DimensionMember, source: FieldSource): CubeValue {
  const uuid = member.field.kind === 'column' && isUuidColumn(member.field.column) && member.data_type === 'string';
  const instant = member.field.kind === 'column' && member.field.column === TIME_KEY && member.data_type === 'string';
  const kind = uuid ? 'uuid' : instant ? 'datetime' : valueKind(member.data_type);
  const read = fieldSql(member.field, READING[member.data_type], source);
  // A dimension that is declared whole shows whole numbers, also where the payload says otherwise.
  const sql = member.data_type === 'integer' && typeOf(member.field, source) !== 'integer' ? `round(${read})` : read;
  const type = kind === 'number' ? 'number' : kind === 'boolean' ? 'boolean' : 'string';
  return { ...described(member), sql: new CubeSql(sql), type, meta: { kind } };
}

const READING = {
  integer: 'number',
  float: 'number',
  currency: 'number',
  string: 'text',
  boolean: 'boolean',
  date: 'date',
} as const satisfies Record<Member['data_type'], Reading>;

/** Measures of a plain metric. Rows without a value are left out of every aggregation. */
function simpleMeasures(member: SimpleMetricMember, source: FieldSource): Members {
  const { field, key } = member;
  switch (member.aggregation) {
    case 'count':
      return {
        [key]: measure(
          member,
          'number',
          field.kind === 'rows' ? 'count(*)' : `count(${fieldSql(field, 'text', source)})`,
        ),
      };
    case 'distinct':
      return { [key]: measure(member, 'count_distinct', fieldSql(field, 'text', source)) };
    case 'sum': {
      const value = fieldSql(field, 'number', source);
      const whole = typeOf(field, source) === 'integer';
      return member.data_type === 'integer' && !whole
        ? { [key]: measure(member, 'number', resultSql(`sum(${value})`, source.dialect, 'integer')) }
        : { [key]: measure(member, 'sum', value) };
    }
    case 'avg': {
      const value = fieldSql(field, 'number', source);
      return rounded(member, quotient(`sum(${value})`, `count(${value})`, source.dialect, false), source.dialect);
    }
    case 'weighted_avg': {
      if (member.weight === null) throw new Error('A weighted average has a weight.');
      const [value, weight] = [field, member.weight].map((ref: FieldRef) =>
        wide(fieldSql(ref, 'number', source), source.dialect),
      );
      const weights = `sum(CASE WHEN ${value} IS NOT NULL THEN ${weight} END)`;
      return rounded(member, quotient(`sum(${value} * ${weight})`, weights, source.dialect, true), source.dialect);
    }
    default:
      return member.aggregation satisfies never;
  }
}

/** Wide enough that the product of two values can't overflow. */
const wide = (sql: string, dialect: DialectName): string =>
  dialect === 'clickhouse' ? `toDecimal256(${sql}, 9)` : sql;

/**
 * Division as formulas do it: null where the divisor is zero, cut at 18 decimals.
 * @param isWide whether the numerator may outgrow what a metric over rows can reach
 */
function quotient(numerator: string, divisor: string, dialect: DialectName, isWide: boolean): string {
  const leaf = (key: string): FormulaNode => ({
    node: 'member',
    key,
    dataType: 'float',
    type: 'number',
    range: [0, 0],
  });
  const [left, right] = [leaf('numerator'), leaf('divisor')];
  const tree: FormulaNode = { node: 'binary', operator: '/', left, right, type: 'number', range: [0, 0] };
  const sql = (key: string): string => (key === 'numerator' ? numerator : divisor);
  return formulaToSql(tree, dialect, sql, (key) => isWide && key === 'numerator');
}

function formulaMeasures(member: FormulaMetricMember, dialect: DialectName, exact: ReadonlySet<string>): Members {
  if (member.tree === null) return {};
  const leaf = (key: string): string => memberReference(exact.has(key) ? exactKey(key) : key);
  return rounded(
    member,
    formulaToSql(member.tree, dialect, leaf, (key) => exact.has(key)),
    dialect,
  );
}

/** Members that have an `_exact_` measure. */
function exactKeys(members: readonly Member[]): ReadonlySet<string> {
  const has = (member: Member): boolean =>
    member.kind === 'formula' ||
    (member.kind === 'simple' && (member.aggregation === 'avg' || member.aggregation === 'weighted_avg'));
  return new Set(members.filter(has).map(({ key }) => key));
}
const exactKey = (key: string): string => `_exact_${key}`;

function rounded(member: SimpleMetricMember | FormulaMetricMember, sql: string, dialect: DialectName): Members {
  const type = measureType(member);
  return {
    [exactKey(member.key)]: { sql: new CubeSql(sql), type, public: false, meta: { kind: valueKind(member.data_type) } },
    [member.key]: measure(member, type, resultSql(memberReference(exactKey(member.key)), dialect, member.data_type)),
  };
}

function measureType(member: Member): 'number' | 'string' | 'boolean' {
  const kind = valueKind(member.data_type);
  return kind === 'number' || kind === 'boolean' ? kind : 'string';
}

function measure(member: Member, type: string, sql: string): CubeValue {
  return { ...described(member), sql: new CubeSql(sql), type, meta: { kind: valueKind(member.data_type) } };
}
