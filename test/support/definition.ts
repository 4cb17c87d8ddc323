import type { MemberDefinition } from '../../src/compiler/model/types.js';

export type GivenDefinition = Partial<MemberDefinition> & Pick<MemberDefinition, 'metric_key'>;

/** A definition of which a test says only what it is about. A metric of no other kind is a sum. */
export function definition(given: GivenDefinition): MemberDefinition {
  const isSum =
    given.metric_type !== 'dimension' && !given.formula && !given.window && !given.conversion && !given.aggregation;
  return {
    standard_key: null,
    display_label: given.metric_key,
    description: null,
    category: 'external',
    metric_type: 'metric',
    data_type: 'float',
    aggregation: isSum ? 'sum' : null,
    formula: null,
    expression: null,
    weight: null,
    additivity: 'additive',
    unit: null,
    alias_keys: [],
    source_tables: [],
    ...given,
  };
}
