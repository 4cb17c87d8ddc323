/** A definition is of one kind: a field (with an aggregation, for a metric), a formula, a window or a conversion. */
import { fault } from '../diagnostics/diagnostic.js';
import type { Diagnostic, MemberDefinition } from './types.js';

const PLAIN_PARTS = ['aggregation', 'formula', 'expression', 'weight', 'filter'] as const;

/** Parts of a definition that contradict each other. */
export function kindConflicts(definition: MemberDefinition): Diagnostic[] {
  const { window, conversion, formula, filter, metric_type } = definition;
  const conflict = (part: string, message: string): Diagnostic => fault('conflicting_parts', `/${part}`, message);
  if (metric_type === 'dimension') {
    return (['window', 'conversion', 'filter'] as const)
      .filter((part) => definition[part] != null)
      .map((part) => conflict(part, `A dimension has no ${part}: make it a metric.`));
  }
  if (window != null || conversion != null) {
    const what = window == null ? 'A conversion counts customers by itself' : 'A window looks at a whole metric';
    const kind = window == null ? 'conversion' : 'window';
    const parts = window != null && conversion != null ? [...PLAIN_PARTS, 'conversion' as const] : PLAIN_PARTS;
    return parts
      .filter((part) => definition[part] != null)
      .map((part) => conflict(part, `${what}: remove the ${part} or the ${kind}.`));
  }
  if (formula === null || filter == null) return [];
  return [conflict('filter', 'A formula is over metrics, not rows: put the filter on the metrics that it names.')];
}
