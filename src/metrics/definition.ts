import type { MemberDefinition } from '../compiler/model/types.js';
import type { MetricConfig } from './metric-config.entity.js';

/** The part of a stored row that the compiler sees. */
export function definitionOf(row: Omit<MetricConfig, 'created_at' | 'updated_at'>): MemberDefinition {
  return {
    metric_key: row.metric_key,
    standard_key: row.standard_key,
    display_label: row.display_label,
    description: row.description,
    category: row.category,
    metric_type: row.metric_type,
    data_type: row.data_type,
    aggregation: row.aggregation,
    formula: row.formula,
    expression: row.expression,
    weight: row.weight,
    additivity: row.additivity,
    unit: row.unit,
    alias_keys: row.alias_keys,
    source_tables: row.source_tables,
  };
}
