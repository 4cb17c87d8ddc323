/** Questions to the engine that come before the statement, and refuse it where its answer would be wrong or too large. */
import { timeAxis } from './axis.js';
import { embedded, sql, statementOf } from './fragment.js';
import type { Report } from './report.js';
import type { PlannedCheck } from './types.js';

/** Most cells that gaps are filled up to: time buckets × combinations of dimension values. */
export const MOST_CELLS = 1_000_000;

/** Refuses to fill more than {@link MOST_CELLS}; null where the plan alone shows that there are fewer. */
export async function gapCheck(report: Report): Promise<PlannedCheck | null> {
  const { fill, range, grain, dimensions, dialect, queries, calendar } = report;
  if (fill === 'none' || range === null || grain === null || dimensions.length === 0) return null;
  const buckets = timeAxis(range, grain, calendar).length;
  const groups = await queries.statement({ metrics: [], dimensions, time: null, range });
  return {
    statement: statementOf(sql`SELECT count(*) FROM (${embedded(groups, dialect)}) AS g`, dialect),
    most: Math.floor(MOST_CELLS / buckets),
    problem: {
      code: 'too_many_cells',
      message: `Filling gaps would make more than ${MOST_CELLS.toLocaleString('en')} rows: ${buckets} time buckets for each combination of dimension values. Leave out a dimension, filter, or use a coarser grain.`,
      pointer: '/fill',
    },
  };
}
