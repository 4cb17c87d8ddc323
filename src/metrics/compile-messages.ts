/** What passes between the server's thread and the thread that compiles: plain data, copied. */
import type { CubeQuery } from '../compiler/cube/compile.js';
import type { CubeFile } from '../compiler/cube/generate.js';
import type { TypedFields } from '../compiler/dialect/field-sql.js';
import type { DialectName } from '../compiler/dialect/types.js';
import type { Model } from '../compiler/model/types.js';
import type { Statement } from '../compiler/query/types.js';

/** What every compilation needs; given to the thread when it starts. */
export interface CompileSettings {
  /** The files of `cube-models/`. */
  readonly base: readonly CubeFile[];
  readonly typed: TypedFields;
  /** Members of all models together that are kept compiled. */
  readonly mostMembers: number;
}

export interface SqlRequest {
  readonly id: number;
  /** Hash of the model. */
  readonly hash: string;
  readonly dialect: DialectName;
  readonly query: CubeQuery;
  /** Sent only after the thread has said that it needs it. */
  readonly model: Model | null;
}

export type SqlReply =
  | { readonly id: number; readonly statement: Statement }
  | { readonly id: number; readonly needsModel: true }
  | { readonly id: number; readonly failure: { readonly message: string; readonly stack: string } };
