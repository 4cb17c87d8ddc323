import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { TIME_KEY } from '../compiler/cube/base.js';
import type { CompiledModel, CubeQuery } from '../compiler/cube/compile.js';
import type { DialectName } from '../compiler/dialect/types.js';
import { windowsIn } from '../compiler/model/around.js';
import type { Member, Snapshot } from '../compiler/model/types.js';
import { planQuery } from '../compiler/query/plan.js';
import type { Statement } from '../compiler/query/types.js';
import { baseCubes } from './base-cubes.js';
import type { RollupTableColumns } from './compile-messages.js';
import { CompileThread } from './compile-thread.js';
import { LibraryService } from './library.service.js';
import { filledIn, formOf } from './query-form.js';
import { columnTypes } from './typed-fields.js';

/** Members of all models that are kept compiled; one member costs about 10 kB, so this is about 160 MB. */
const MOST_MEMBERS = 16_000;
/** Characters of all statements that are kept written. */
const MOST_STATEMENT_TEXT = 32_000_000;

/** Compiled Cube models by snapshot and dialect; equal models of several organisations share one. */
@Injectable()
export class CompiledModelService implements OnApplicationBootstrap, OnApplicationShutdown {
  /** A query over a model is always the same statement; by its form, so that another day or organisation has it, too. */
  private readonly statements = new LRUCache<string, Statement>({ maxSize: MOST_STATEMENT_TEXT });
  private readonly thread: CompileThread;

  constructor(library: LibraryService) {
    const typed = columnTypes(library.library);
    this.thread = new CompileThread({ base: baseCubes(), typed, mostMembers: MOST_MEMBERS });
  }

  onApplicationBootstrap(): void {
    this.thread.warm();
  }

  onApplicationShutdown(): Promise<void> {
    return this.thread.close();
  }

  /**
   * A handle on the compiled model. Nothing is compiled before its first `toSql`.
   * @param rollup columns of a table that the model is to be over, instead of over rows
   */
  get(snapshot: Snapshot, dialect: DialectName, rollup: RollupTableColumns | null = null): CompiledModel {
    return { dialect, model: snapshot.model, toSql: (query) => this.statement(snapshot, dialect, query, rollup) };
  }

  /** The SQL that one member becomes, in both dialects, with placeholders for values. */
  async memberSql(
    snapshot: Snapshot,
    member: Member,
    organizationId: string,
  ): Promise<{ clickhouse: string; postgres: string }> {
    // A share needs the groups that it is within.
    const within = windowsIn(member.key, snapshot.model).flatMap(({ window }) =>
      window.kind === 'share' ? window.within : [],
    );
    const sql = async (dialect: DialectName): Promise<string> => {
      const plan = await planQuery({
        snapshot,
        compiled: this.get(snapshot, dialect),
        request: {
          metrics: member.kind === 'dimension' ? [] : [member.key],
          dimensions: member.kind === 'dimension' ? [member.key] : within.filter((key) => key !== TIME_KEY),
          time_grain: within.includes(TIME_KEY) ? 'daily' : null,
          // A window over time needs to know where the time ends.
          date_range: within.includes(TIME_KEY) ? 'yesterday' : null,
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

  private async statement(
    snapshot: Snapshot,
    dialect: DialectName,
    query: CubeQuery,
    rollup: RollupTableColumns | null,
  ): Promise<Statement> {
    const form = formOf(query);
    const key = `${dialect}:${snapshot.hash}:${rollup?.digest ?? ''}:${JSON.stringify(form.query)}`;
    const known = this.statements.get(key);
    if (known) return filledIn(known, form);
    const statement = await this.thread.sql(snapshot, dialect, form.query, rollup);
    // The parameters of the statement are values of the query, which the key holds.
    this.statements.set(key, statement, { size: 2 * key.length + statement.sql.length });
    return filledIn(statement, form);
  }
}
