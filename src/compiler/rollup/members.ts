/** What of a model a rollup's table can answer: the same measures and dimensions, made of its columns. */
import { BASE_DIMENSIONS, RESERVED_KEYS, SEGMENT_KEY, TIME_KEY, type ValueKind } from '../cube/base.js';
import { CubeSql, cubeReference, type CubeValue } from '../cube/cube-text.js';
import type { Members } from '../cube/measure.js';
import { contentName, HeldParts, NeedsRows, NotedParts, type Parts } from '../cube/parts.js';
import { RowReader } from '../cube/row-sql.js';
import { simpleMeasures } from '../cube/simple-measures.js';
import { asRecorded, markedLike } from '../dialect/amount-sql.js';
import type { TypedFields } from '../dialect/field-sql.js';
import { REQUEST_ZONE } from '../dialect/request-zone.js';
import type { DialectName } from '../dialect/types.js';
import type { Member, Model } from '../model/types.js';
import type { RollupColumns } from './types.js';

/** How rows of the data table are named in the SQL of a rollup's columns. */
export const DATA_ROW = 'marketing';

export const rowsBehind = (model: Model, dialect: DialectName, typed: TypedFields): RowReader =>
  new RowReader(model.members, { dialect, row: DATA_ROW, typed }, model.settings.currency);

/** A dimension over rows; null where there is none of the key, or its value depends on the request. */
export function dimensionSql(key: string, model: Model, rows: RowReader): { sql: string; kind: ValueKind } | null {
  if (key === TIME_KEY) return null;
  const member = model.members.find((each) => each.key === key);
  const base = BASE_DIMENSIONS.find((each) => each.key === key);
  if (member?.kind === 'dimension') {
    if (member.status === 'quarantined') return null;
    const read = rows.dimension(member);
    return read.kind === 'datetime' || read.sql.includes(REQUEST_ZONE) ? null : read;
  }
  return base === undefined ? null : { sql: `${DATA_ROW}.${base.key}`, kind: base.kind };
}

/** Every part that a metric of the model can be made of. */
export function partsOf({ members }: Model, rows: RowReader): NotedParts {
  const noted = new NotedParts();
  for (const member of members) {
    const own = new NotedParts();
    if (measuresOf(member, rows, own) === null) continue;
    for (const [column, part] of own.all) noted.all.set(column, part);
  }
  return noted;
}

/** Null where the metric can't be made of parts. */
function measuresOf(member: Member, rows: RowReader, parts: Parts): Members | null {
  if (
    member.kind !== 'simple' ||
    member.field.kind === 'relation' ||
    member.status === 'quarantined' ||
    RESERVED_KEYS.includes(member.key)
  )
    return null;
  try {
    return simpleMeasures(member, rows, parts);
  } catch (error) {
    if (error instanceof NeedsRows) return null;
    throw error;
  }
}

export interface RolledMembers {
  readonly dimensions: Members;
  /** Of plain metrics. */
  readonly measures: Members;
  /** Keys of formulas over them. */
  readonly formulas: ReadonlySet<string>;
}

/** The members of the model over the table. A dimension that has come to mean something else is not among them. */
export function rolledMembers(
  model: Model,
  dialect: DialectName,
  typed: TypedFields,
  columns: RollupColumns,
): RolledMembers {
  const rows = rowsBehind(model, dialect, typed);
  const parts = new HeldParts(new Set(columns.parts), cubeReference(), dialect);
  const dimensions: Members = { [SEGMENT_KEY]: columnOf('segment', 'uuid') };
  for (const [key, column] of Object.entries(columns.dimensions)) {
    const found = dimensionSql(key, model, rows);
    if (found !== null && contentName('d', asRecorded(found.sql)) === column)
      dimensions[key] = columnOf(column, found.kind, found.sql);
  }
  const measures: Members = {};
  const answered = new Set<string>();
  for (const member of model.members) {
    const made = measuresOf(member, rows, parts);
    if (made === null) continue;
    Object.assign(measures, made);
    answered.add(member.key);
  }
  return { dimensions, measures, formulas: formulasOver(model.members, answered) };
}

/** @param value what the column stands for: the marks of its amounts stay */
function columnOf(column: string, kind: ValueKind, value = ''): CubeValue {
  const type = kind === 'number' ? 'number' : kind === 'boolean' ? 'boolean' : 'string';
  const sql = markedLike(value, `${cubeReference()}.${column}`, cubeReference());
  return { sql: new CubeSql(sql), type, meta: { kind } };
}

/** Formulas whose every leaf is among `answered`. */
function formulasOver(members: readonly Member[], answered: ReadonlySet<string>): Set<string> {
  const byKey = new Map(members.map((member) => [member.key, member]));
  const known = new Map<string, boolean>();
  const holds = (key: string): boolean => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const member = byKey.get(key);
    const isFormula = member?.kind === 'formula' && member.status === 'valid' && member.tree !== null;
    const is = answered.has(key) || (isFormula && member.depends_on.every(holds));
    known.set(key, is);
    return is;
  };
  return new Set(members.flatMap((each) => (each.kind === 'formula' && holds(each.key) ? [each.key] : [])));
}
