/**
 * What measures are for each row, without grouping: the same SQL as for groups, with aggregates of one row. A request by
 * the row's id has such groups only, and an engine need not put them together.
 */
import type { TypedFields } from '../dialect/field-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { Model } from '../model/types.js';
import { keysAround } from '../model/around.js';
import { ROWS_KEY } from './base.js';
import { OF_ONE_ROW } from './aggregates.js';
import { CubeSql, cubeReference } from './cube-text.js';
import { exactKeys, formulaMeasures } from './generate.js';
import type { Members } from './measure.js';
import { ONE_ROW } from './parts.js';
import { RowReader } from './row-sql.js';
import { simpleMeasures } from './simple-measures.js';

export class RowMeasures {
  private readonly measures: Members = {};

  constructor(model: Model, dialect: DialectName, typed: TypedFields) {
    const rows = new RowReader(model.members, { dialect, row: cubeReference(), typed }, model.settings.currency);
    const around = keysAround(model.members);
    const exact = exactKeys(model.members);
    for (const member of model.members) {
      if (member.status === 'quarantined' || around.has(member.key)) continue;
      if (member.kind === 'simple') Object.assign(this.measures, simpleMeasures(member, rows, ONE_ROW));
      if (member.kind === 'formula') Object.assign(this.measures, formulaMeasures(member, dialect, exact));
    }
  }

  /** SQL of a measure that does not look at other rows. @param row by which the row is named */
  sql(key: string, row: string): string {
    if (key === ROWS_KEY) return OF_ONE_ROW.count('*');
    const { sql, type } = (this.measures[key] ?? {}) as { readonly sql?: unknown; readonly type?: unknown };
    if (!(sql instanceof CubeSql)) throw new Error(`No row has a value of ${key}.`);
    const value = sql.over(row, (other) => this.sql(other, row));
    // Cube itself aggregates what is declared as such; a sum, least or greatest of one value is the value.
    return type === 'count_distinct' ? OF_ONE_ROW.distinct(value) : value;
  }
}
