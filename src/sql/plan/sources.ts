import type { ReportRequest } from '../../compiler/query/types.js';
import { nearestNames } from '../../common/nearest.js';
import type { Fields } from '../ast.js';
import { SqlMistake } from '../mistake.js';
import { pgType, ROWS } from '../relation.js';
import type { LeafScope } from './scope.js';
import type { Source, SourceColumn, StatementPlan } from './types.js';

/** The column of the relations that is looked at by buckets. */
export const TIME = 'recorded_at';

/** No name that a client could write by chance. */
const sourceName = (index: number): string => `tributary_source_${index}_b1c5a2f7`;

const NOTHING_MORE = {
  ...{ pushed: [], probes: [], merges: [], most: null, constants: [] },
  ...{ report: null, levels: null, models: null },
} as const;

/** What a statement reads, as its plan grows. */
export class Sources {
  private readonly found: Source[] = [];
  private readonly notices = new Set<string>();

  get plan(): Omit<StatementPlan, 'statement'> {
    return { sources: this.found, notices: [...this.notices] };
  }

  /** Tells the asker what to be careful about. */
  warn(notice: string): void {
    this.notices.add(notice);
  }

  /** Puts a source in the place of a relation. @param range the `RangeVar` that names it, which is changed */
  add(
    range: Fields,
    scope: LeafScope,
    source: Pick<Source, 'request' | 'columns'> & Partial<Omit<Source, 'table'>>,
  ): void {
    const table = sourceName(this.found.length);
    const nulls = new Set(scope.relation.columns.filter(({ onRows }) => !onRows).map(({ name }) => name));
    const asked = new Set([
      ...source.request.metrics,
      ...source.request.dimensions,
      ...(source.request.time_grain ? [TIME] : []),
    ]);
    const columns = source.columns.map((each) =>
      source.report == null && nulls.has(each.name) && !asked.has(each.name) ? { ...each, member: null } : each,
    );
    this.found.push({ ...NOTHING_MORE, ...source, columns, table });
    range.alias ??= { aliasname: range.relname };
    range.schemaname = 'pg_temp';
    range.relname = table;
  }

  /** All that a saved report gives. */
  addReport(range: Fields, scope: LeafScope, request: ReportRequest): void {
    this.add(range, scope, {
      request: { metrics: [], dimensions: [], time_grain: null },
      columns: scope.relation.columns.map(({ name, type }) => ({ name, type: pgType(type), member: name })),
      report: request,
    });
  }
}

/** @throws SqlMistake 42703 where the relation has no such column */
export function sourceColumn({ relation }: LeafScope, name: string): SourceColumn {
  if (name === ROWS) return { name, type: 'bigint', member: ROWS };
  const found = relation.columns.find((each) => each.name === name);
  if (!found) {
    const near = nearestNames(
      name,
      relation.columns.map((each) => each.name),
    );
    throw new SqlMistake({ code: '42703', message: `column "${name}" does not exist`, hint: near.join(', ') });
  }
  return { name, type: pgType(found.type), member: found.onRows || found.measure !== null ? name : null };
}
