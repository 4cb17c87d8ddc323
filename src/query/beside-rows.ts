/** What an answer holds beside its rows: totals, subtotals, the cursor of the next page; and checks that come before. */
import { presentRow, type PresentedValue } from '../compiler/query/present.js';
import { MOST_SUBTOTAL_ROWS, type PlannedColumn, type QueryPlan, type Statement } from '../compiler/query/types.js';
import { unprocessable, type ProblemItem } from '../common/problem.js';
import { missingRates } from '../compiler/query/money-checks.js';
import type { EngineValue } from '../engine/engine.js';

export type EngineBatches = AsyncIterable<readonly (readonly EngineValue[])[]>;
type Ask = (statement: Statement) => Promise<EngineBatches>;
type Row = Readonly<Record<string, PresentedValue>>;

/** The metrics grouped by the columns in `by`. */
export interface Subtotal {
  readonly by: readonly string[];
  readonly rows: readonly Row[];
}
export interface BesideRows {
  readonly totals: Row | null;
  readonly subtotals?: readonly Subtotal[];
  readonly next_cursor?: string;
}

/** Whether the answer is put together from several statements. */
export const isSeveral = ({ totals, subtotals, checks, money }: QueryPlan): boolean =>
  totals !== null || subtotals.length + checks.length + (money?.gaps.length ?? 0) > 0;

/**
 * What the answer leaves out, as warnings.
 * @throws Problem 422 where a check finds that the answer would be wrong or too large
 */
export async function refuseByChecks({ checks, money }: QueryPlan, ask: Ask): Promise<ProblemItem[]> {
  for (const { statement, most, problem } of checks) {
    for await (const batch of await ask(statement))
      for (const row of batch)
        if (Number(row[0] ?? 0) > most) throw unprocessable(problem.code, problem.message, [problem]);
  }
  const warnings: ProblemItem[] = [];
  for (const gaps of money?.gaps ?? []) {
    const rows: (readonly EngineValue[])[] = [];
    for await (const batch of await ask(gaps.statement)) rows.push(...batch);
    const missing = missingRates(gaps, rows);
    if (missing !== null && gaps.refuses) throw unprocessable(missing.code, missing.message, [missing]);
    if (missing !== null) warnings.push(missing);
  }
  return warnings;
}

/** What is the same for every request with the same rows; a cursor is not: it belongs to one request. */
interface KeptBeside extends Omit<BesideRows, 'next_cursor'> {
  readonly last_row?: readonly EngineValue[];
  /** What the answer leaves out. */
  readonly warnings?: readonly ProblemItem[];
}

/** What stands beside kept rows, for the request of this plan. @param kept what {@link besideText} gave */
export function besideOf(kept: string, plan: QueryPlan): BesideRows {
  const { last_row: last, warnings: _, ...beside } = JSON.parse(kept) as KeptBeside;
  const cursor = last === undefined ? undefined : plan.cursorAfter?.(last);
  return cursor === undefined ? beside : { ...beside, next_cursor: cursor };
}

/** What kept rows leave out. @param kept what {@link besideText} gave */
export const keptWarnings = (kept: string): readonly ProblemItem[] => (JSON.parse(kept) as KeptBeside).warnings ?? [];

/** What is kept with the rows, as JSON text. @param last the last row where there are more, else null */
export async function besideText(
  plan: QueryPlan,
  last: readonly EngineValue[] | null,
  warnings: readonly ProblemItem[],
  ask: Ask,
): Promise<string> {
  const metrics = plan.columns.filter(({ role }) => role === 'metric');
  const none = Object.fromEntries(metrics.map(({ name }) => [name, null]));
  const totals = plan.totals === null ? null : ((await rowsOf(plan.totals, metrics, ask)).at(-1) ?? none);
  const subtotals: Subtotal[] = [];
  for (const { by, columns, statement } of plan.subtotals)
    subtotals.push({ by, rows: bounded(await rowsOf(statement, columns, ask), by) });
  const beside: KeptBeside = {
    totals,
    ...(subtotals.length > 0 ? { subtotals } : {}),
    ...(last === null ? {} : { last_row: last }),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
  return JSON.stringify(beside);
}

function bounded(rows: Row[], by: readonly string[]): Row[] {
  if (rows.length <= MOST_SUBTOTAL_ROWS) return rows;
  const message = `The subtotal by ${by.join(', ')} has more than ${MOST_SUBTOTAL_ROWS} rows; ask for it as a query of its own.`;
  throw unprocessable('too_many_subtotals', message, [{ code: 'too_many_subtotals', message, pointer: '/subtotals' }]);
}

async function rowsOf(statement: Statement, columns: readonly PlannedColumn[], ask: Ask): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of await ask(statement)) for (const row of batch) rows.push(presentRow(row, columns));
  return rows;
}
