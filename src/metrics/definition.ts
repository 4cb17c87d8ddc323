import type { Aggregation, MemberDefinition } from '../compiler/model/types.js';
import type { CreateMetricDto } from './metric.dto.js';
import type { MetricConfig } from './metric-config.entity.js';

/** A row without the times that the database keeps. */
export type MetricRow = Omit<MetricConfig, 'created_at' | 'updated_at'>;

/** What has to be said of a definition; the rest can be filled in. */
export type GivenDefinition =
  | CreateMetricDto
  | (Partial<MemberDefinition> & Pick<MemberDefinition, 'metric_key' | 'metric_type' | 'data_type' | 'display_label'>);

/** The part of a stored row that the compiler sees. */
export function definitionOf(row: MetricRow): MemberDefinition {
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
    // Left out where there is none: a model without them keeps its hash.
    ...(row.filter == null ? {} : { filter: row.filter }),
    ...(row.window == null ? {} : { window: row.window }),
    ...(row.conversion == null ? {} : { conversion: row.conversion }),
    additivity: row.additivity,
    ...(row.is_sensitive ? { is_sensitive: true } : {}),
    unit: row.unit,
    alias_keys: row.alias_keys,
    source_tables: row.source_tables,
  };
}

export const DEFAULT_SOURCE_TABLES: readonly string[] = ['unified_marketing_data'];

const ADDS_UP: ReadonlySet<Aggregation> = new Set<Aggregation>(['sum', 'count']);

/** The row of a definition, with what a user may leave out filled in. */
export function rowOf(id: string, organizationId: string, given: GivenDefinition): MetricRow {
  const { filter, window, conversion } = given;
  const calculated = given.formula != null || window != null || conversion != null;
  const aggregation = given.aggregation ?? (given.metric_type === 'metric' && !calculated ? 'sum' : null);
  const addsUp = given.metric_type === 'dimension' || (aggregation !== null && ADDS_UP.has(aggregation));
  return {
    id,
    organization_id: organizationId,
    metric_key: given.metric_key,
    standard_key: given.standard_key ?? null,
    display_label: given.display_label,
    description: given.description ?? null,
    category: given.category ?? (calculated ? 'calculated' : 'external'),
    metric_type: given.metric_type,
    data_type: given.data_type,
    aggregation,
    formula: given.formula ?? null,
    expression: given.expression ?? null,
    weight: given.weight ?? null,
    filter: filter ?? null,
    window: window ?? null,
    conversion: conversion ?? null,
    additivity: given.additivity ?? (addsUp ? 'additive' : 'non_additive'),
    unit: given.unit ?? null,
    is_sensitive: given.is_sensitive ?? false,
    source_tables: [...(given.source_tables ?? DEFAULT_SOURCE_TABLES)],
    alias_keys: [...(given.alias_keys ?? [])],
    is_active: true,
  };
}
