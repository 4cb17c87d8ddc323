import { isUuid } from '../common/uuid.js';
import type { CompileInput } from '../compiler/cube/compile.js';
import { cubeSchema, type CubeFile } from '../compiler/cube/generate.js';
import { asRecorded } from '../compiler/dialect/amount-sql.js';
import { inZone } from '../compiler/dialect/request-zone.js';
import type { DialectName } from '../compiler/dialect/types.js';
import { keysAround } from '../compiler/model/around.js';
import type { Model } from '../compiler/model/types.js';
import { DATA_TABLE as CLICKHOUSE_TABLE } from '../engine/clickhouse/tables.js';
import { DATA_TABLE as POSTGRES_TABLE } from '../engine/postgres/tables.js';

/** What the base cube reads when Tributary runs it: the engine adds the tenant then. */
const TABLE = `sql_table: () => 'unified_marketing_data',`;

/**
 * An organisation's model as files for stock Cube. There nothing but the model itself keeps organisations apart, so the
 * base cube reads this organisation's rows only, and of replaced rows the latest.
 */
export function stockCubeFiles({
  base,
  model,
  dialect,
  typed,
  organizationId,
}: CompileInput & { readonly organizationId: string }): readonly CubeFile[] {
  if (!isUuid(organizationId)) throw new Error('An export needs an organisation.');
  const rows = `sql: \`${rowsOf(organizationId, dialect)}\`,`;
  if (!base.some(({ content }) => content.includes(TABLE))) throw new Error('The base cube reads no table.');
  return [
    ...base.map(({ fileName, content }) => ({ fileName, content: content.replace(TABLE, () => rows) })),
    // Stock Cube compiles a model once for all requests, so that parts of instants are in the organisation's zone.
    ...cubeSchema(model, dialect, typed).files.map(({ fileName, content }) => ({
      fileName,
      content: asRecorded(inZone(content, model.settings.time_zone, dialect)),
    })),
  ];
}

function rowsOf(organizationId: string, dialect: DialectName): string {
  switch (dialect) {
    case 'clickhouse':
      return `SELECT * FROM ${CLICKHOUSE_TABLE} FINAL WHERE organization_id = toUUID('${organizationId}')`;
    case 'postgres':
      return `SELECT * FROM ${POSTGRES_TABLE} WHERE organization_id = '${organizationId}'::uuid`;
    default:
      return dialect satisfies never;
  }
}

/** Members that the files don't have, and why. */
export const leftOut = (model: Model): { readonly key: string; readonly reason: string }[] =>
  model.members.flatMap(({ key, status }) => {
    if (status === 'quarantined') return [{ key, reason: 'quarantined: see its diagnostics' }];
    return keysAround(model.members).has(key)
      ? [{ key, reason: 'calculated around the query, by Tributary only' }]
      : [];
  });
