import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { packageRoot } from '../common/package-root.js';
import { compileModel, type CompiledModel } from '../compiler/cube/compile.js';
import type { CubeFile } from '../compiler/cube/generate.js';
import type { DialectName } from '../compiler/dialect/types.js';
import type { TypedFields } from '../compiler/dialect/field-sql.js';
import type { Member, Snapshot } from '../compiler/model/types.js';
import { planQuery } from '../compiler/query/plan.js';
import type { TypedField } from '../engine/typed-field.js';
import { LibraryService } from './library.service.js';
import { typedFields } from './typed-fields.js';

/** Compiled Cube models by snapshot and dialect; equal models of several organisations share one. */
@Injectable()
export class CompiledModelService {
  /** Promises, so that many requests for a model that is being compiled wait for one compilation. */
  private readonly compiled = new LRUCache<string, Promise<CompiledModel>>({ max: 200 });
  private readonly base: readonly CubeFile[];
  private readonly typed: TypedFields;

  constructor(library: LibraryService) {
    const folder = join(packageRoot, 'cube-models');
    this.base = readdirSync(folder)
      .filter((name) => name.endsWith('.js'))
      .sort()
      .map((fileName) => ({ fileName, content: readFileSync(join(folder, fileName), 'utf8') }));
    this.typed = columnTypes(typedFields(library.library));
  }

  get(snapshot: Snapshot, dialect: DialectName): Promise<CompiledModel> {
    const key = `${dialect}:${snapshot.hash}`;
    const known = this.compiled.get(key);
    if (known) return known;
    const compiling = compileModel({ model: snapshot.model, dialect, base: this.base, typed: this.typed });
    this.compiled.set(key, compiling);
    compiling.catch(() => this.compiled.delete(key));
    return compiling;
  }

  /** The SQL that one member becomes, in both dialects, with placeholders for values. */
  async memberSql(
    snapshot: Snapshot,
    member: Member,
    organizationId: string,
  ): Promise<{ clickhouse: string; postgres: string }> {
    const sql = async (dialect: DialectName): Promise<string> => {
      const plan = await planQuery({
        snapshot,
        compiled: await this.get(snapshot, dialect),
        request: {
          metrics: member.kind === 'dimension' ? [] : [member.key],
          dimensions: member.kind === 'dimension' ? [member.key] : [],
        },
        dialect,
        organizationId,
        now: new Date(),
        maxRows: null,
      });
      return plan.statement.sql;
    };
    return { clickhouse: await sql('clickhouse'), postgres: await sql('postgres') };
  }
}

/** Fields that the compiler has to know as typed columns. */
const columnTypes = (fields: readonly TypedField[]): TypedFields =>
  Object.fromEntries(fields.flatMap(({ name, type }) => (type === 'string' ? [] : [[name, type]])));
