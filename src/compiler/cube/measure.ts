/** The parts that every measure of the generated cube has. */
import { resultSql } from '../dialect/formula-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { Member } from '../model/types.js';
import { valueKind } from './base.js';
import { CubeSql, memberReference, type CubeValue } from './cube-text.js';

export type Members = Record<string, CubeValue>;

export function described(member: Member): Members {
  return { title: member.label, ...(member.description ? { description: member.description } : {}) };
}

/** The hidden measure with all decimals of a calculation. */
export const exactKey = (key: string): string => `_exact_${key}`;

/** The hidden measure that counts what a sum would add up although it must not; a sum of one part only is shown. */
export const partsKey = (key: string): string => `_parts_${key}`;

/** The hidden dimension with the value of a row that a distinct count counts. */
export const valueKey = (key: string): string => `_value_${key}`;

/** The hidden measure with the sum behind a metric: of a whole one before it is rounded, of an average before it is divided. */
export const sumKey = (key: string): string => `_sum_${key}`;

/** The hidden measure that the sum of an average is divided by: the number of its values, or their weight. */
export const divisorKey = (key: string): string => `_divisor_${key}`;

/** The hidden measure that says whether no amount behind a metric misses its exchange rate: 1 if so, else 0. */
export const completeKey = (key: string): string => `_complete_${key}`;

/** @param type Cube's: `number` for SQL that aggregates by itself, else the aggregate around `sql` */
export function measure(member: Member, type: string, sql: string): CubeValue {
  return { ...described(member), sql: new CubeSql(sql), type, meta: { kind: valueKind(member.data_type) } };
}

/** A calculation as two measures: the exact one for others to build on, and the rounded one for the reader. */
export function rounded(member: Member, sql: string, dialect: DialectName): Members {
  const kind = valueKind(member.data_type);
  const type = kind === 'number' || kind === 'boolean' ? kind : 'string';
  return {
    [exactKey(member.key)]: { sql: new CubeSql(sql), type, public: false, meta: { kind } },
    [member.key]: measure(member, type, resultSql(memberReference(exactKey(member.key)), dialect, member.data_type)),
  };
}
