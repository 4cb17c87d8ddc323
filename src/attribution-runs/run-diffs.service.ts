import { Injectable } from '@nestjs/common';
import { Decimal } from 'decimal.js';
import { Problem } from '../common/problem.js';
import type { Parameters } from '../attribution/models/parameters.js';
import type { EngineValue } from '../engine/engine.js';
import { RunEngine } from './run-engine.js';
import type { RunRow } from './run-row.js';

/** Conversions that a difference names one by one. */
const MOST = 1_000;
const Exact = Decimal.clone({ precision: 60, toExpNeg: -60, toExpPos: 60 });

/** What a restatement, a refund or a merge of customers changed. */
@Injectable()
export class RunDiffs {
  constructor(private readonly engine: RunEngine) {}

  /** @throws Problem 410 `run_not_kept`, 409 `run_is_not_finished` */
  async between(before: RunRow, after: RunRow): Promise<Record<string, unknown>> {
    const [earlier, later] = [before, after].map(runsOf) as [readonly string[], readonly string[]];
    const { by } = after.settings as Parameters;
    const never = new AbortController().signal;
    const organizationId = after.organization_id;
    const [was, is] = [
      await this.engine.totals(organizationId, earlier, by, never),
      await this.engine.totals(organizationId, later, by, never),
    ];
    const rows = await this.engine.difference(organizationId, earlier, later, MOST + 1);
    return {
      run_id: after.id,
      against: before.id,
      by,
      totals: totalsThatDiffer(was, is),
      conversions: rows.slice(0, MOST).map(conversion),
      truncated: rows.length > MOST,
    };
  }
}

function runsOf(run: RunRow): readonly string[] {
  if (run.state !== 'succeeded' || run.runs === null)
    throw new Problem(
      409,
      'run_is_not_finished',
      `The run ${run.id} has ${run.state}; only finished runs can be compared.`,
    );
  if (run.rows_id === null)
    throw new Problem(410, 'run_not_kept', `The rows of the run ${run.id} are not kept any more; the newest runs are.`);
  return run.runs;
}

type Row = readonly EngineValue[];

function totalsThatDiffer(was: readonly Row[], is: readonly Row[]): Record<string, unknown>[] {
  const keyOf = (row: Row): string => JSON.stringify([row[0], String(row[1]), row[2]]);
  const [before, after] = [was, is].map((rows) => new Map(rows.map((row) => [keyOf(row), row])));
  const keys = [...new Set([...was, ...is].map(keyOf))].sort();
  const of = (row: Row | undefined, column: number): Decimal => new Exact(String(row?.[column] ?? 0));
  return keys.flatMap((key) => {
    const [old, now] = [before?.get(key), after?.get(key)];
    const [conversions, revenue] = [of(now, 3).minus(of(old, 3)), of(now, 4).minus(of(old, 4))];
    if (conversions.isZero() && revenue.isZero()) return [];
    const [model, isAlone, value] = (now ?? old) as Row;
    return [
      {
        model,
        value: [true, 1, '1'].includes(isAlone as never) ? 'unattributed' : value,
        conversions_before: of(old, 3).toFixed(),
        conversions_after: of(now, 3).toFixed(),
        revenue_before: of(old, 4).toFixed(),
        revenue_after: of(now, 4).toFixed(),
      },
    ];
  });
}

function conversion([id, customer, revenueBefore, revenueAfter, touchesBefore, touchesAfter]: Row): Record<
  string,
  unknown
> {
  const text = (value: EngineValue | undefined): string | null =>
    value == null ? null : new Exact(String(value)).toFixed();
  const change =
    revenueBefore == null
      ? 'new'
      : revenueAfter == null
        ? 'gone'
        : text(revenueBefore) === text(revenueAfter)
          ? 'credit'
          : 'revenue';
  return {
    conversion_id: id,
    customer_id: customer,
    change,
    revenue_before: text(revenueBefore),
    revenue_after: text(revenueAfter),
    touchpoints_before: touchesBefore == null ? null : Number(touchesBefore),
    touchpoints_after: touchesAfter == null ? null : Number(touchesAfter),
  };
}
