/**
 * An organisation's checked model as a Cube data model: the cube `marketing`, which extends the base cube in
 * `cube-models/`. Deterministic: the same model gives the same text, byte for byte.
 */
import type { TypedFields } from '../dialect/field-sql.js';
import { formulaToSql } from '../dialect/formula-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { DimensionMember, FormulaMetricMember, Member, Model } from '../model/types.js';
import { keysAround } from '../model/around.js';
import { rolledMembers } from '../rollup/members.js';
import type { RollupColumns } from '../rollup/types.js';
import {
  BASE_CUBE,
  CUBE,
  CURRENCY_KEY,
  FIRST_ROW_KEY,
  INSTANT_KEY,
  RESERVED_KEYS,
  ROLLUP_TABLE,
  ROWS_KEY,
  ROW_KEY,
  TIME_KEY,
  weekOrigin,
} from './base.js';
import { CubeSql, cubeFile, cubeReference, cubeScript, memberReference, type CubeValue } from './cube-text.js';
import { described, exactKey, rounded, type Members } from './measure.js';
import { RowReader } from './row-sql.js';
import { countedValue, isCalculated, simpleMeasures } from './simple-measures.js';

export interface CubeFile {
  readonly fileName: string;
  readonly content: string;
}

export interface CubeSchema {
  readonly files: readonly CubeFile[];
  /** The first of `files` as Cube transpiles it; saves three passes of Babel over it. */
  readonly script: string;
}

/**
 * The organisation's cube. Quarantined members are left out, and so is a metric that has the key of a base dimension.
 * Windows, conversions and formulas over them are planned around Cube's query.
 *
 * Formulas, averages and medians come as two measures: `_exact_<key>`, hidden, with all 18 decimals of
 * the calculation, for other formulas to build on; and `<key>`, the same rounded once for the reader. (A metric's key
 * begins with a letter, so the two can't clash.)
 */
export function cubeSchema(model: Model, dialect: DialectName, typed: TypedFields): CubeSchema {
  const rows = new RowReader(model.members, { dialect, row: cubeReference(), typed }, model.settings.currency);
  const { row, instant, firstRow } = rowMembers(dialect);
  const dimensions: Members = { [TIME_KEY]: timeDimension(model), [ROW_KEY]: row, [INSTANT_KEY]: instant };
  const measures: Members = { [FIRST_ROW_KEY]: firstRow };
  const exact = exactKeys(model.members);
  const around = keysAround(model.members);
  for (const member of model.members) {
    if (member.status === 'quarantined') continue;
    if (member.kind === 'dimension') {
      if (member.key !== TIME_KEY) dimensions[member.key] = dimensionOf(member, rows);
      continue;
    }
    if (RESERVED_KEYS.includes(member.key)) continue;
    if (member.kind === 'simple') {
      Object.assign(measures, simpleMeasures(member, rows));
      Object.assign(dimensions, countedValue(member, rows));
    }
    if (member.kind === 'formula' && !around.has(member.key))
      Object.assign(measures, formulaMeasures(member, dialect, exact));
  }
  if (rows.money.size > 0) {
    dimensions[CURRENCY_KEY] = {
      sql: new CubeSql(rows.currencyOfRow()),
      type: 'string',
      public: false,
      meta: { kind: 'string' },
    };
    measures[ROWS_KEY] = { sql: new CubeSql('count(*)'), type: 'number', public: false, meta: { kind: 'number' } };
  }
  return schemaOf({ extends: new CubeReference(BASE_CUBE), dimensions, measures });
}

/** The same cube over a rollup's table: those members that the table can answer, under the same names. */
export function rollupSchema(
  model: Model,
  dialect: DialectName,
  typed: TypedFields,
  columns: RollupColumns,
): CubeSchema {
  const { dimensions, measures, formulas } = rolledMembers(model, dialect, typed, columns);
  const exact = exactKeys(model.members);
  const calculated: Members = {};
  for (const member of model.members)
    if (member.kind === 'formula' && formulas.has(member.key))
      Object.assign(calculated, formulaMeasures(member, dialect, exact));
  return schemaOf({
    extends: new CubeReference(BASE_CUBE),
    sql_table: new CubeSql(ROLLUP_TABLE),
    dimensions: { [TIME_KEY]: timeDimension(model), ...dimensions },
    measures: { ...measures, ...calculated },
  });
}

function schemaOf(definition: CubeValue): CubeSchema {
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

/** What conversions are made of. Rows of one instant are in the order of their ids, as text, on every engine. */
function rowMembers(dialect: DialectName): Record<'row' | 'instant' | 'firstRow', CubeValue> {
  const [id, at] = [`${cubeReference()}.id`, `${cubeReference()}.${TIME_KEY}`];
  const hidden = (sql: string, kind: 'string' | 'number'): CubeValue => ({
    sql: new CubeSql(sql),
    type: kind,
    public: false,
    meta: { kind },
  });
  if (dialect === 'clickhouse') {
    return {
      row: hidden(`toString(${id})`, 'string'),
      instant: hidden(`toUnixTimestamp64Milli(${at})`, 'number'),
      firstRow: hidden(`argMin(toString(${id}), (${at}, toString(${id})))`, 'string'),
    };
  }
  return {
    row: hidden(`${id}::text`, 'string'),
    instant: hidden(`floor(extract(epoch FROM ${at}) * 1000)::bigint`, 'number'),
    firstRow: hidden(`(array_agg(${id}::text ORDER BY ${at}, ${id}::text COLLATE "C"))[1]`, 'string'),
  };
}

function dimensionOf(member: DimensionMember, rows: RowReader): CubeValue {
  const { sql, kind } = rows.dimension(member);
  const type = kind === 'number' ? 'number' : kind === 'boolean' ? 'boolean' : 'string';
  return { ...described(member), sql: new CubeSql(sql), type, meta: { kind } };
}

export function formulaMeasures(
  member: FormulaMetricMember,
  dialect: DialectName,
  exact: ReadonlySet<string>,
): Members {
  if (member.tree === null) return {};
  const leaf = (key: string): string => memberReference(exact.has(key) ? exactKey(key) : key);
  return rounded(
    member,
    formulaToSql(member.tree, dialect, leaf, (key) => exact.has(key)),
    dialect,
  );
}

/** Whether the metric has an exact measure beside the rounded one. */
export const hasExact = (member: Member): boolean =>
  member.kind === 'formula' || (member.kind === 'simple' && isCalculated(member));

export const exactKeys = (members: readonly Member[]): ReadonlySet<string> =>
  new Set(members.filter(hasExact).map(({ key }) => key));
