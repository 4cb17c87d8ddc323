/** What comes out of a definition, as far as its own words say it. */
import type { NameTable } from './names.js';
import type { Aggregation, DataType, MemberDefinition } from './types.js';

export const isNumeric = (type: DataType): boolean => type === 'integer' || type === 'float' || type === 'currency';

export const counts = (aggregation: Aggregation | null): boolean =>
  aggregation === 'count' || aggregation === 'distinct' || aggregation === 'approx_distinct';

/** Whether a window gives a fraction, whatever it looks at. */
export const isFraction = (window: unknown): boolean => {
  const { kind, output } = (window ?? {}) as { readonly kind?: unknown; readonly output?: unknown };
  return kind === 'share' || (kind === 'previous' && output === 'change');
};

/**
 * The type of a member's values: what counts gives whole numbers, whatever it counts, and a window gives what the metric
 * gives that it looks at.
 */
export function resultType(definition: MemberDefinition, names: NameTable): DataType {
  const seen = new Set<string>();
  for (let current = definition; !seen.has(current.metric_key);) {
    const { aggregation, data_type, window, conversion, metric_key } = current;
    if (window == null) {
      if (conversion != null) return conversion.output === 'count' ? 'integer' : 'float';
      return counts(aggregation) ? 'integer' : data_type;
    }
    if (isFraction(window)) return 'float';
    seen.add(metric_key);
    const next = names.definitions.get(names.keys.get(window.metric) ?? '')?.definition;
    if (next === undefined) return data_type;
    current = next;
  }
  return definition.data_type;
}
