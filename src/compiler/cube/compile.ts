/**
 * Cube files → a compiled model that writes SQL. Compiling is some hundreds of milliseconds of CPU work; both steps are
 * asynchronous and take and give plain data, so that they can move to a worker as they are.
 */
import { prepareCompiler } from '@cubejs-backend/schema-compiler';
import { inZone } from '../dialect/request-zone.js';
import type { DialectName } from '../dialect/types.js';
import type { TypedFields } from '../dialect/field-sql.js';
import type { Model } from '../model/types.js';
import type { Statement } from '../query/types.js';
import type { RollupColumns } from '../rollup/types.js';
import { cubeSchema, rollupSchema, type CubeFile, type CubeSchema } from './generate.js';
import { peopleSql } from './people-sql.js';
import { RowMeasures } from './row-measures.js';
import { relationSql, type Relation } from './relation-sql.js';
import { TributaryClickHouseQuery, TributaryPostgresQuery, type TributaryOptions } from './tributary-query.js';

/** A query in Cube's own terms; member names are `cube.member`. */
export interface CubeQuery extends TributaryOptions {
  readonly measures: readonly string[];
  readonly dimensions: readonly string[];
  readonly timeDimensions: readonly { readonly dimension: string; readonly granularity: string }[];
  readonly filters: readonly CubeFilter[];
  /** Read in the place of rows. */
  readonly relation?: Relation;
  /** Rows of this organisation, a UUID, by people instead of by ids. */
  readonly peopleOf?: string;
  /** Each row is a group of its own, so nothing needs to be grouped. */
  readonly byRow?: boolean;
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
  /** Over such a rollup's table instead of over rows; its SQL names the table `request_rollup`. */
  readonly rollup?: RollupColumns | null;
}

/** Stands in for Cube's native module, which only YAML models with Jinja or Python would need. */
const WITHOUT_NATIVE = { newJinjaEngine: () => ({}), loadPythonContext: async () => ({}) };

interface Transpiling {
  transpileJsFile(file: CubeFile): Promise<CubeFile>;
}

/**
 * Cube transpiles each file in each of its phases, in worker threads that it starts for every compilation; that is most
 * of the time of a compilation. Here the generated cube comes transpiled, and base cubes are written that way.
 */
function transpileNothing(compiler: Transpiling, generated: CubeSchema): void {
  compiler.transpileJsFile = async (file) => {
    // Each phase begins here: whoever waits for the SQL of another model gets a turn between two phases.
    await new Promise((turn) => setImmediate(turn));
    const isGenerated = generated.files.some(({ fileName }) => fileName === file.fileName);
    return isGenerated ? { ...file, content: generated.script } : file;
  };
}

/** Generates the organisation's cube and compiles it together with the base cubes. */
export async function compileModel({ model, dialect, base, typed, rollup }: CompileInput): Promise<CompiledModel> {
  const generated = rollup ? rollupSchema(model, dialect, typed, rollup) : cubeSchema(model, dialect, typed);
  const files = [...base, ...generated.files];
  const repository = { localPath: () => '', dataSchemaFiles: async () => files.map((file) => ({ ...file })) };
  const compilers = prepareCompiler(repository as never, {
    nativeInstance: WITHOUT_NATIVE as never,
    maxQueryCacheSize: 1,
  });
  transpileNothing(compilers.compiler as unknown as Transpiling, generated);
  await compilers.compiler.compile();
  let rowMeasures: RowMeasures | undefined;
  const Query = dialect === 'clickhouse' ? TributaryClickHouseQuery : TributaryPostgresQuery;
  return {
    dialect,
    model,
    toSql: async (query) => {
      const { relation, peopleOf, byRow, ...options } = query;
      if (byRow) rowMeasures ??= new RowMeasures(model, dialect, typed);
      const behind = {
        ...(relation === undefined ? {} : { relationSql: relationSql(relation, dialect, typed) }),
        ...(peopleOf === undefined ? {} : { rowsSql: peopleSql(peopleOf, dialect) }),
      };
      const cube = new Query(compilers, {
        ...options,
        ...behind,
        ...(byRow ? { rowMeasures } : {}),
        timezone: 'UTC',
        order: [],
        // As many rows as there are: whoever asks for less says so behind the statement.
        rowLimit: null,
        useNativeSqlPlanner: false,
      });
      const [sql, params] = cube.buildSqlAndParams();
      return { sql: inZone(sql.trim(), query.timeZone, dialect), params: params as Statement['params'] };
    },
  };
}
