/** A definition is of one kind: a field with an aggregation, a formula, or a window. */
import { fault } from '../diagnostics/diagnostic.js';
import type { Diagnostic, MemberDefinition } from './types.js';

/** Parts that do not go with a window, with what they are. */
const PLAIN_PARTS = ['aggregation', 'formula', 'expression', 'weight', 'filter'] as const;

/** Parts of a definition that contradict each other. */
export function kindConflicts(definition: MemberDefinition): Diagnostic[] {
  if (definition.window == null) return [];
  if (definition.metric_type === 'dimension') {
    return [fault('conflicting_parts', '/window', 'A dimension has no window: make it a metric.')];
  }
  return PLAIN_PARTS.filter((part) => definition[part] != null).map((part) =>
    fault(
      'conflicting_parts',
      `/${part}`,
      `A window looks at a metric that is already calculated: remove the ${part} or the window.`,
    ),
  );
}
