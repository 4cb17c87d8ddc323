/** The conditions that a policy puts on every row, whatever the request says. */
import { Problem } from '../../common/problem.js';
import type { CubeFilter } from '../cube/compile.js';
import type { Model } from '../model/types.js';
import { FilterPlanner } from './conditions.js';
import { Mistakes } from './mistakes.js';
import { MemberResolver } from './resolve.js';
import type { Filter } from './types.js';

/**
 * Checked against the whole model: they may be on what the asker does not see. Days in them are those of the
 * organisation, so that no request can shift them by its time zone.
 * @throws Problem 403 `policy_broken` where they no longer fit the model: then nothing is seen
 */
export function policyRows(rows: readonly Filter[], model: Model, now: Date): readonly CubeFilter[] {
  if (rows.length === 0) return [];
  const mistakes = new Mistakes();
  const planned = planRows(rows, model, now, mistakes);
  if (!mistakes.any) return planned;
  const why = mistakes.problem().errors.map(({ message }) => message);
  throw new Problem(
    403,
    'policy_broken',
    `The conditions on the rows that you may see no longer fit the model, so that you see none. Ask an administrator to repair them: ${why.join(' ')}`,
  );
}

/** Plans such conditions, and notes what is wrong with them. */
export function planRows(rows: readonly Filter[], model: Model, now: Date, mistakes: Mistakes): readonly CubeFilter[] {
  const { time_zone: timeZone, week_start: weekStart, fiscal_year_start: fiscalYearStart = 1 } = model.settings;
  const context = { now, timeZone, weekStart, fiscalYearStart };
  const { onRows, metrics } = new FilterPlanner(new MemberResolver(model, mistakes), context, mistakes).plan(rows);
  for (const { key } of metrics)
    mistakes.add('metric_in_filter', `“${key}” is a metric; rows are chosen by dimensions only.`, '/rows');
  return onRows;
}
