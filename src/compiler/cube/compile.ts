/**
 * Cube files → a compiled model that writes SQL. Compiling is some hundreds of milliseconds of CPU work; both steps are
 * asynchronous and take and give plain data, so that they can move to a worker as they are.
 */
import { prepareCompiler } from '@cubejs-backend/schema-compiler';
import type { DialectName } from '../dialect/types.js';
import type { TypedFields } from '../dialect/field-sql.js';
import type { Model } from '../model/types.js';
import type { Statement } from '../query/types.js';
import { cubeSchema, type CubeFile } from './generate.js';
import { TributaryClickHouseQuery, TributaryPostgresQuery, type TributaryOptions } from './tributary-query.js';

/** A query in Cube's own terms; member names are `cube.member`. */
export interface CubeQuery extends TributaryOptions {
  readonly measures: readonly string[];
  readonly dimensions: readonly string[];
  readonly timeDimensions: readonly { readonly dimension: string; readonly granularity: string }[];
  readonly filters: readonly CubeFilter[];
  readonly rowLimit: number | null;
  readonly offset: number | null;
}
export type CubeFilter =
  | { readonly member: string; readonly operator: string; readonly values: readonly string[] }
  | { readonly and: readonly CubeFilter[] }
  | { readonly or: readonly CubeFilter[] };

export interface CompiledModel {
  readonly dialect: DialectName;
  readonly model: Model;
  /** SQL for a query over members that the model has. */
  toSql(query: CubeQuery): Promise<Statement>;
}

export interface CompileInput {
  readonly model: Model;
  readonly dialect: DialectName;
  /** The files of `cube-models/`. */
  readonly base: readonly CubeFile[];
  /** Payload fields with a typed sub-column in ClickHouse. */
  readonly typed: TypedFields;
}

/** Stands in for Cube's native module, which only YAML models with Jinja or Python would need. */
const WITHOUT_NATIVE = { newJinjaEngine: () => ({}), loadPythonContext: async () => ({}) };

/** Generates the organisation's cube and compiles it together with the base cubes. */
export async function compileModel({ model, dialect, base, typed }: CompileInput): Promise<CompiledModel> {
  const files = [...base, ...cubeSchema(model, dialect, typed).files];
  const repository = { localPath: () => '', dataSchemaFiles: async () => files.map((file) => ({ ...file })) };
  const compilers = prepareCompiler(repository as never, {
    nativeInstance: WITHOUT_NATIVE as never,
    maxQueryCacheSize: 1,
  });
  await compilers.compiler.compile();
  const Query = dialect === 'clickhouse' ? TributaryClickHouseQuery : TributaryPostgresQuery;
  return {
    dialect,
    model,
    toSql: async (query) => {
      const cube = new Query(compilers, { ...query, timezone: 'UTC', order: [], useNativeSqlPlanner: false });
      const [sql, params] = cube.buildSqlAndParams();
      return { sql: sql.trim(), params: params as Statement['params'] };
    },
  };
}
