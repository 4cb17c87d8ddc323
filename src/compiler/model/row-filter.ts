/** Checks the conditions on rows that a definition itself has. */
import { valueAt } from '../../common/json-pointer.js';
import { CUBE } from '../cube/base.js';
import type { CubeFilter } from '../cube/compile.js';
import type { ConditionOperator } from '../dialect/condition-sql.js';
import { fault } from '../diagnostics/diagnostic.js';
import { FilterPlanner } from '../query/conditions.js';
import { Mistakes } from '../query/mistakes.js';
import { MemberResolver } from '../query/resolve.js';
import type { NameTable } from './names.js';
import { FilterReader } from './read-filter.js';
import type { Diagnostic, Model, RowFilter } from './types.js';

export interface CheckedFilter {
  /** Null after a fault. */
  readonly filter: RowFilter | null;
  /** Keys of the model's dimensions that it names. */
  readonly named: readonly string[];
}

/**
 * Reads and checks `given`. Days are those of the organisation's time zone.
 * @param rows a model of the checked dimensions only
 * @param pointer where the filter stands in the definition
 */
export function checkRowFilter(
  given: unknown,
  pointer: string,
  { names, rows }: { readonly names: NameTable; readonly rows: Model },
  diagnostics: Diagnostic[],
): CheckedFilter {
  const isMetric = (name: string): boolean => {
    const key = names.keys.get(name);
    return key !== undefined && names.definitions.get(key)?.definition.metric_type === 'metric';
  };
  const before = diagnostics.length;
  const reader = new FilterReader(diagnostics, (name) =>
    isMetric(name) ? `${name} is a metric; a definition can only choose rows, by dimensions.` : undefined,
  );
  const read = reader.read(given, pointer);
  if (read === undefined || diagnostics.length > before) return { filter: null, named: [] };
  const mistakes = new Mistakes();
  const { time_zone: timeZone, week_start: weekStart } = rows.settings;
  const context = { now: new Date(0), timeZone, weekStart, fiscalYearStart: rows.settings.fiscal_year_start ?? 1 };
  const planner = new FilterPlanner(new MemberResolver(rows, mistakes), context, mistakes);
  // As a list of one, so that pointers begin alike.
  const { onRows } = planner.plan([read]);
  if (mistakes.any) {
    for (const { code, message, pointer: at = '', suggestions } of mistakes.problem().errors) {
      // A list in the definition was read as an `and`.
      const place = at.replace('/filters/0', '').replace(/^\/and/, Array.isArray(given) ? '' : '/and');
      const name = code === 'unknown_member' ? valueAt({ filters: [read] }, at) : undefined;
      const missing = typeof name === 'string' ? { missing: name.slice(0, 63) } : {};
      diagnostics.push(
        fault(code, `${pointer}${place}`, message, { ...(suggestions ? { suggestions } : {}), ...missing }),
      );
    }
    return { filter: null, named: [] };
  }
  const filter = rowFilter({ and: onRows });
  const known = new Set(rows.members.map(({ key }) => key));
  return { filter, named: [...membersOf(filter)].filter((key) => known.has(key)) };
}

function rowFilter(filter: CubeFilter): RowFilter {
  if ('and' in filter) {
    const and = filter.and.map(rowFilter);
    return and.length === 1 && and[0] !== undefined ? and[0] : { and };
  }
  if ('or' in filter) return { or: filter.or.map(rowFilter) };
  const { member, operator, values } = filter;
  return { member: member.slice(CUBE.length + 1), operator: operator as ConditionOperator, values };
}

function membersOf(filter: RowFilter, found = new Set<string>()): ReadonlySet<string> {
  if ('and' in filter) for (const part of filter.and) membersOf(part, found);
  else if ('or' in filter) for (const part of filter.or) membersOf(part, found);
  else found.add(filter.member);
  return found;
}
