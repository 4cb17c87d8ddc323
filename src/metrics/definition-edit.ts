/** What a PATCH makes of a definition. */
import { badRequest } from '../common/problem.js';
import { BASE_COLUMNS, type MemberDefinition } from '../compiler/model/types.js';
import { rowOf, type MetricRow } from './definition.js';
import type { NoticeDto, UpdateMetricDto } from './metric.dto.js';

export interface Edited {
  readonly row: MetricRow;
  /** What happened beside what was asked for. */
  readonly notices: readonly NoticeDto[];
}

const REQUIRED = ['metric_key', 'display_label', 'metric_type', 'data_type'] as const;

/**
 * The row after a change. A new key leaves the old one as an alias, and a plain metric keeps reading its field: saved
 * views, formulas and imports go on as they were.
 * @throws Problem 400 for null where there must be something
 */
export function edit(id: string, organizationId: string, existing: MemberDefinition, body: UpdateMetricDto): Edited {
  const { is_active: active = true, ...changes } = body;
  const nulls = REQUIRED.filter((name) => (changes as Record<string, unknown>)[name] === null);
  if (nulls.length > 0) {
    const items = nulls.map((name) => ({
      code: 'wrong_value',
      message: `${name} can’t be null.`,
      pointer: `/${name}`,
    }));
    throw badRequest('invalid_request', items.map(({ message }) => message).join(' '), items);
  }
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const row = { ...rowOf(id, organizationId, { ...existing, ...given }), is_active: active };
  return renamed(existing, row, 'expression' in given);
}

function renamed(existing: MemberDefinition, row: MetricRow, placeGiven: boolean): Edited {
  const [old, key] = [existing.metric_key, row.metric_key];
  if (old === key) return { row, notices: [] };
  const notices: NoticeDto[] = [];
  const aliases = row.alias_keys.filter((alias) => alias !== key);
  // A column of every row keeps its name by itself.
  if (!(BASE_COLUMNS as readonly string[]).includes(old) && !aliases.includes(old)) {
    aliases.push(old);
    notices.push({
      code: 'old_key_kept_as_alias',
      message: `${old} still leads to ${key}, as an alias: saved views and formulas that name it go on working, and their results call the column ${key}. To give the name up, change alias_keys afterwards.`,
      pointer: '/alias_keys',
    });
  }
  const readsOwnField = [row.expression, row.formula, row.window, row.conversion].every((each) => each == null);
  if (!readsOwnField || placeGiven) return { row: { ...row, alias_keys: aliases }, notices };
  notices.push({
    code: 'field_kept',
    message: `It still reads the field ${old} of the rows; set expression to read another.`,
    pointer: '/expression',
  });
  return { row: { ...row, alias_keys: aliases, expression: old }, notices };
}
