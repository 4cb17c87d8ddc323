/** Masked members: columns that the answer has and the statement does not. */
import type { ProblemItem } from '../../common/problem.js';
import { plannedColumns } from './columns.js';
import type { ReadReport } from './read-report.js';
import type { Report } from './report.js';
import type { Resolved } from './resolve.js';
import type { PlannedColumn, QueryPlan, Statement } from './types.js';

export class Masks {
  constructor(private readonly read: ReadReport) {}

  /** One for each masked member that the request selects. */
  get warnings(): ProblemItem[] {
    const { selected, visibility } = this.read;
    return [...selected.dimensions, ...selected.metrics]
      .filter(({ key }) => visibility.masked.has(key))
      .map(({ key, role }) => ({
        code: 'masked',
        message: `“${key}” is masked for you: its column is empty${role === 'dimension' ? ', and rows are not grouped by it' : ''}.`,
        pointer: `/${role}s`,
      }));
  }

  /** The answer's columns of a report that plans what is not masked. @param dimensions of the answer */
  columns(report: Report, dimensions: readonly Resolved[] = this.read.selected.dimensions): PlannedColumn[] {
    const { selected, visibility } = this.read;
    const { grain, compare, top, model, money } = report;
    const columns =
      visibility.masked.size === 0
        ? report.columns
        : plannedColumns(
            {
              ...{ grain, dimensions, metrics: selected.metrics },
              ...{ compared: compare !== null, other: top?.dimension.key ?? null, money: money.unit },
            },
            model,
          );
    const isShown = (key: string): boolean => !visibility.hidden.has(key);
    return columns.map((column) =>
      column.lineage.every(isShown) ? column : { ...column, lineage: column.lineage.filter(isShown) },
    );
  }

  /** The report's statement, with where its rows lack a column. */
  statement(report: Report, statement: Statement, dimensions?: readonly Resolved[]): Statement {
    const nulls = this.nulls(report, dimensions);
    return nulls.length === 0 ? statement : { ...statement, nulls };
  }

  /** Takes a row of the answer, and makes the cursor of the row that the engine gave. */
  cursor(cursorAfter: QueryPlan['cursorAfter']): QueryPlan['cursorAfter'] {
    const nulls = this.nulls(this.read.report);
    if (cursorAfter === null || nulls.length === 0) return cursorAfter;
    return (row) => cursorAfter(row.filter((_, index) => !nulls.includes(index)));
  }

  private nulls(report: Report, dimensions?: readonly Resolved[]): number[] {
    const planned = new Set(report.columns.map(({ name }) => name));
    return this.columns(report, dimensions).flatMap(({ name }, index) => (planned.has(name) ? [] : [index]));
  }
}
