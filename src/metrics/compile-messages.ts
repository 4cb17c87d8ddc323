/** What passes between the server's thread and the thread that compiles: plain data, copied. */
import type { CubeQuery } from '../compiler/cube/compile.js';
import type { CubeFile } from '../compiler/cube/generate.js';
import type { TypedFields } from '../compiler/dialect/field-sql.js';
import type { DialectName } from '../compiler/dialect/types.js';
import type { Model } from '../compiler/model/types.js';
import type { RollupColumns } from '../compiler/rollup/types.js';
import type { Statement } from '../compiler/query/types.js';

/** What every compilation needs; given to the thread when it starts. */
export interface CompileSettings {
  /** The files of `cube-models/`. */
  readonly base: readonly CubeFile[];
  readonly typed: TypedFields;
  /** Members of all models together that are kept compiled. */
  readonly mostMembers: number;
}

/** The columns of a rollup's table, under a name that is the same for the same columns. */
export interface RollupTableColumns {
  readonly digest: string;
  readonly columns: RollupColumns;
}

export interface SqlRequest {
  readonly id: number;
  /** Hash of the model. */
  readonly hash: string;
  readonly dialect: DialectName;
  readonly query: CubeQuery;
  /** The model is to be one over such a table. */
  readonly rollup: RollupTableColumns | null;
  /** Sent only after the thread has said that it needs it. */
  readonly model: Model | null;
}

export type SqlReply =
  | { readonly id: number; readonly statement: Statement }
  | { readonly id: number; readonly needsModel: true }
  | { readonly id: number; readonly failure: { readonly message: string; readonly stack: string } };
