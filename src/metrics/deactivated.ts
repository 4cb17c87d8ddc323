import { Problem, type ProblemItem } from '../common/problem.js';
import { LEFT_OUT, WITHOUT_IT } from '../compiler/query/left-out.js';
import type { MetricConfig } from './metric-config.entity.js';

const UNKNOWN: ReadonlySet<string> = new Set(['unknown_metric', 'unknown_dimension', 'unknown_member']);

/**
 * A refused request names metrics that are not there; some of them were, and were deactivated. Says so, and how to bring
 * them back.
 * @param request what the pointers of the problem point into
 * @param inactive loads the deactivated rows, latest first; called only when it may matter
 */
export async function explainDeactivated(
  thrown: unknown,
  request: unknown,
  inactive: () => Promise<readonly MetricConfig[]>,
): Promise<unknown> {
  if (!(thrown instanceof Problem) || !thrown.errors.some(({ code }) => UNKNOWN.has(code))) return thrown;
  const rows = await inactive();
  const errors = thrown.errors.map((item): ProblemItem => {
    if (!UNKNOWN.has(item.code)) return item;
    const name = valueAt(request, item.pointer ?? '');
    const row = rowNamed(name, rows);
    return row ? { ...item, message: wasDeactivated(String(name), row) } : item;
  });
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more; see errors)` : '';
  return new Problem(thrown.status, thrown.code, `${first?.message ?? thrown.detail}${more}`, errors);
}

/** The same of an answer that is without such metrics: says of each, in its warnings, when it was deactivated. */
export async function withDeactivated(
  warnings: readonly ProblemItem[],
  request: unknown,
  inactive: () => Promise<readonly MetricConfig[]>,
): Promise<readonly ProblemItem[]> {
  if (!warnings.some(({ code }) => code === LEFT_OUT)) return warnings;
  const rows = await inactive();
  return warnings.map((item) => {
    const row = item.code === LEFT_OUT ? rowNamed(valueAt(request, item.pointer ?? ''), rows) : undefined;
    if (row === undefined) return item;
    const [, rest = ''] = item.message.split(WITHOUT_IT);
    return { ...item, message: `“${row.display_label}” was deactivated on ${dayOf(row)}.${WITHOUT_IT}${rest}` };
  });
}

const rowNamed = (name: unknown, rows: readonly MetricConfig[]): MetricConfig | undefined =>
  rows.find(({ metric_key: key, alias_keys }) => key === name || alias_keys.includes(String(name)));
const dayOf = ({ updated_at }: MetricConfig): string => updated_at.toISOString().slice(0, 10);

function wasDeactivated(name: string, row: MetricConfig): string {
  return (
    `“${name}” (${row.display_label}) was deactivated on ${dayOf(row)}. Take it out of the request or the report view; ` +
    `or bring it back: PATCH /api/marketing/metrics/${row.id} with {"is_active": true}.`
  );
}

/** What a JSON pointer points at; undefined when there is nothing. */
function valueAt(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, step) => {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
      return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined;
    }, document);
}
