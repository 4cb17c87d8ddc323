/** A definition and a model → the table that a rollup is. */
import { createHash } from 'node:crypto';
import { contentName } from '../cube/parts.js';
import { asRecorded } from '../dialect/amount-sql.js';
import { bucketSql } from '../dialect/bucket-sql.js';
import type { TypedFields } from '../dialect/field-sql.js';
import { canonicalZone } from '../dialect/request-zone.js';
import type { DialectName } from '../dialect/types.js';
import type { Model } from '../model/types.js';
import { DATA_ROW, dimensionSql, partsOf, rowsBehind } from './members.js';
import type { RollupColumns, RollupDefinition, RollupGrain, RollupLayout } from './types.js';

const BUCKET = { fifteen_minutes: 'fifteen_minutes', hourly: 'hour', daily: 'day' } as const satisfies Record<
  RollupGrain,
  string
>;

/**
 * All additive parts of the model's metrics, by the definition's dimensions. Dimensions that the model does not have, or
 * whose value depends on the request, are left out: what is grouped by fewer dimensions is no less right.
 */
export function rollupLayout(
  definition: RollupDefinition,
  model: Model,
  dialect: DialectName,
  typed: TypedFields,
): RollupLayout {
  const rows = rowsBehind(model, dialect, typed);
  const keys: Record<string, string> = {};
  const columns = new Map<string, string>();
  for (const key of [...new Set(definition.dimensions)].sort()) {
    const found = dimensionSql(key, model, rows);
    if (found === null) continue;
    const recorded = asRecorded(found.sql);
    const column = contentName('d', recorded);
    keys[key] = column;
    columns.set(column, recorded);
  }
  // Several dimensions may read the same.
  const dimensions = [...columns].map(([column, sql]) => ({ column, sql }));
  const parts = [...partsOf(model, rows).all.values()].sort((a, b) => (a.column < b.column ? -1 : 1));
  const timeZone = definition.grain === 'daily' ? canonicalZone(definition.time_zone) : 'UTC';
  const bucket = bucketSql(
    {
      bucket: BUCKET[definition.grain],
      instant: `${DATA_ROW}.recorded_at`,
      timeZone,
      weekStart: 1,
      fiscalYearStart: 1,
    },
    dialect,
  );
  const named = { ...definition, time_zone: timeZone };
  const digest = createHash('sha256')
    .update(JSON.stringify([dialect, bucket, keys, dimensions, parts]))
    .digest('hex')
    .slice(0, 32);
  return Object.freeze({ definition: named, bucket, keys, dimensions, parts, digest });
}

export const columnsOf = ({ keys, parts }: RollupLayout): RollupColumns => ({
  dimensions: keys,
  parts: parts.map(({ column }) => column),
});
