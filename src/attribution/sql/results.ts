/** Reading what runs have left; through the engine's forced filters, which leave only the runs asked for. */
import type { DialectName } from '../../compiler/dialect/types.js';
import type { ChannelDimension } from '../models/parameters.js';

/** model, whether without touch, value, credit, revenue, conversions that the value has a part in, and currency. */
export function totalsSql(dialect: DialectName, by: ChannelDimension): string {
  const text = dialect === 'clickhouse' ? `toString(${by})` : `${by}::text`;
  const parted = dialect === 'clickhouse' ? 'uniqExact(conversion_id)' : 'count(DISTINCT conversion_id)';
  return `SELECT attribution_model, touchpoint_id IS NULL AS alone, ${text} AS value, sum(attribution_weight) AS credit,
  sum(revenue_amount) AS revenue, ${parted} AS parted, currency
FROM revenue_attribution GROUP BY attribution_model, alone, value, currency ORDER BY attribution_model, alone, revenue DESC, value, currency`;
}

/** part of the customers (0–255, as in `transitions`), channel and shapley's credit; touched conversions only. */
export function partCreditSql(dialect: DialectName, by: ChannelDimension): string {
  const [part, channel] =
    dialect === 'clickhouse'
      ? [`reinterpretAsUInt8(substring(MD5(toString(customer_id)), 1, 1))`, `coalesce(toString(${by}), '')`]
      : [`get_byte(decode(md5(customer_id::text), 'hex'), 0)`, `coalesce(${by}::text, '')`];
  return `SELECT ${part} AS part, ${channel} AS value, sum(attribution_weight) AS credit FROM revenue_attribution
WHERE attribution_model = 'shapley' AND touchpoint_id IS NOT NULL GROUP BY part, value ORDER BY part, value`;
}

/** Null for what is in the organisation's own. */
export const currenciesSql = `SELECT DISTINCT currency FROM attribution_path`;

/** Rows of one list of runs, as the views would show them. Ids are checked UUIDs. */
function rowsOf(dialect: DialectName, runs: readonly string[]): string {
  const list = runs.map((run) => (dialect === 'clickhouse' ? `toUUID('${run}')` : `'${run}'::uuid`)).join(', ');
  return `SELECT * FROM attribution_credit WHERE run_id IN (${list}) AND (customer_id, run_id) NOT IN (
    SELECT customer_id, run_id FROM attribution_superseded WHERE by_run IN (${list}))`;
}

/**
 * Conversions that differ between two lists of runs: conversion, customer, revenue before and after (null where it was
 * not there), touches before and after. Both lists have to be among the query's runs.
 */
export function differenceSql(
  dialect: DialectName,
  before: readonly string[],
  after: readonly string[],
  limit: number,
): string {
  const digest =
    dialect === 'clickhouse'
      ? `sum(toInt128(sipHash64(coalesce(toString(touchpoint_id), ''), toString(credits), toString(revenues), toString(models))))`
      : `sum(hashtextextended(concat_ws('|', touchpoint_id, credits, revenues, models), 0)::numeric)`;
  const conversions = (runs: readonly string[]): string =>
    `SELECT conversion_id, min(customer_id::text) AS customer, min(transaction_revenue) AS revenue, max(touchpoint_count) AS touches,
      ${digest} AS digest FROM (${rowsOf(dialect, runs)}) AS r GROUP BY conversion_id`;
  const text =
    dialect === 'clickhouse'
      ? conversions(before).replaceAll('min(customer_id::text)', 'min(toString(customer_id))')
      : conversions(before);
  const later =
    dialect === 'clickhouse'
      ? conversions(after).replaceAll('min(customer_id::text)', 'min(toString(customer_id))')
      : conversions(after);
  return `SELECT coalesce(b.conversion_id, a.conversion_id) AS conversion, coalesce(b.customer, a.customer) AS customer,
  b.revenue AS revenue_before, a.revenue AS revenue_after, b.touches AS touches_before, a.touches AS touches_after
FROM (${text}) AS b FULL JOIN (${later}) AS a ON a.conversion_id = b.conversion_id
WHERE b.digest IS DISTINCT FROM a.digest OR b.revenue IS DISTINCT FROM a.revenue
ORDER BY conversion LIMIT ${limit}`;
}
