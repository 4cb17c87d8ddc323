import type { DataSource, EntityManager } from 'typeorm';
import { ownWork, type Actor } from '../audit/actor.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { StagePlan } from '../engine/engine.js';
import { Problem, notFound } from '../common/problem.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor } from '../common/page.js';
import { isUuid } from '../common/uuid.js';
import { DataSourceEntity } from './data-source.entity.js';
import { markRollups } from '../rollups/rollup-marks.js';
import { bumpDataVersion } from './data-version.js';
import { ImportRejectEntity } from './import-reject.entity.js';
import { ImportEntity, type ImportWarning, type ImportedSource } from './import.entity.js';

export interface NewImport {
  readonly id: string;
  readonly organization_id: string;
  readonly created_by_user: string | null;
  readonly preset: string;
  readonly filename: string | null;
  readonly owner: string;
  readonly actor: Actor | null;
}

/** A rejected line as it is kept. */
export interface Reject {
  readonly line: number;
  readonly code: string;
  readonly reason: string;
  readonly content: string;
  readonly is_cut: boolean;
}

/** What the reading of an import came to. */
export interface ReadCounts {
  readonly read: number;
  readonly rejected: number;
  readonly rejects_stored: number;
  readonly warnings: readonly ImportWarning[];
}

interface Page<T> {
  readonly data: T[];
  readonly next_cursor: string | null;
}

/** Imports, their rejects and the data sources in the system of record. */
export class ImportStore {
  constructor(
    private readonly database: DataSource,
    private readonly audit: AuditTrail,
  ) {}

  async begin(entry: NewImport): Promise<void> {
    await this.database.manager.insert(ImportEntity, { ...entry, state: 'staging' });
  }

  async addRejects(organizationId: string, importId: string, rejects: readonly Reject[]): Promise<void> {
    const column = <K extends keyof Reject>(key: K): Reject[K][] => rejects.map((reject) => reject[key]);
    await this.database.query(
      `INSERT INTO import_rejects (import_id, organization_id, line, code, reason, content, is_cut)
       SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::boolean[])`,
      [importId, organizationId, column('line'), column('code'), column('reason'), column('content'), column('is_cut')],
    );
  }

  /**
   * Records that the import will happen; runs on the connection that holds the organisation's lock.
   * @param rolled months that it changes, of which rollups must not be read from here on
   * @throws Problem `import_aborted` when a peer gave this import up in the meantime
   */
  async markCommitting(
    manager: EntityManager,
    importId: string,
    plan: StagePlan,
    counts: ReadCounts,
    sources: readonly ImportedSource[],
    rolled: { readonly organizationId: string; readonly months: readonly string[] },
  ): Promise<void> {
    await manager.transaction(async (transaction) => {
      const result = await transaction.update(
        ImportEntity,
        { id: importId, state: 'staging' },
        {
          state: 'committing',
          read: counts.read,
          loaded: plan.loaded,
          replaced: plan.replaced,
          unchanged: plan.unchanged,
          rejected: counts.rejected,
          replaced_within: plan.replaced_within,
          rejects_stored: counts.rejects_stored,
          warnings: [...counts.warnings],
          sources: [...sources],
        },
      );
      if (result.affected !== 1) {
        throw new Problem(
          503,
          'import_aborted',
          'The connection to the database was lost during the import. Nothing of it was kept; send it again.',
        );
      }
      if (rolled.months.length > 0) await markRollups(transaction, rolled.organizationId, rolled.months);
    });
  }

  /** Records that the rows are visible, and how fresh their sources are now. */
  async markDone(manager: EntityManager, importId: string): Promise<void> {
    await manager.transaction(async (transaction) => {
      const entry = await transaction.findOneByOrFail(ImportEntity, { id: importId });
      if (entry.state !== 'committing') return;
      await transaction.update(ImportEntity, { id: importId }, { state: 'done', finished_at: () => 'now()' });
      if (entry.loaded + entry.replaced > 0) await bumpDataVersion(transaction, entry.organization_id);
      for (const source of entry.sources) {
        await transaction.query(
          `INSERT INTO data_sources AS known (organization_id, data_source, source_category, latest_recorded_at,
             last_import_id, last_import_rows, currencies, last_import_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, now())
           ON CONFLICT (organization_id, data_source) DO UPDATE SET
             source_category = excluded.source_category,
             latest_recorded_at = greatest(known.latest_recorded_at, excluded.latest_recorded_at),
             last_import_id = excluded.last_import_id,
             last_import_rows = excluded.last_import_rows,
             currencies = ARRAY(SELECT DISTINCT unnest(known.currencies || excluded.currencies) ORDER BY 1),
             last_import_at = excluded.last_import_at`,
          [
            entry.organization_id,
            source.data_source,
            source.source_category,
            source.latest,
            importId,
            source.rows,
            source.currencies,
          ],
        );
      }
      const { preset, filename, read, loaded, replaced, unchanged, rejected } = entry;
      await this.audit.record(transaction, {
        organizationId: entry.organization_id,
        actor: entry.actor ?? ownWork('job'),
        action: 'data.import',
        entity: ['import', importId],
        after: {
          ...{ preset, filename, read, loaded, replaced, unchanged, rejected },
          sources: entry.sources.map(({ data_source, rows }) => ({ data_source, rows })),
        },
      });
    });
  }

  /** Records why a staged import came to nothing. @returns false when it was no longer staging */
  async markEnded(
    manager: EntityManager,
    importId: string,
    state: 'failed' | 'aborted',
    failure: { readonly code: string; readonly detail: string },
    counts?: ReadCounts,
  ): Promise<boolean> {
    const result = await manager.update(
      ImportEntity,
      { id: importId, state: 'staging' },
      {
        state,
        failure,
        finished_at: () => 'now()',
        ...(counts ? { read: counts.read, rejected: counts.rejected, rejects_stored: counts.rejects_stored } : {}),
      },
    );
    return result.affected === 1;
  }

  committing(manager: EntityManager, organizationId?: string): Promise<ImportEntity[]> {
    return manager.find(ImportEntity, {
      where: { state: 'committing', ...(organizationId === undefined ? {} : { organization_id: organizationId }) },
      order: { created_at: 'ASC' },
    });
  }

  /** Whether a stage belongs to an erasure that is under way. */
  async isOfJob(id: string): Promise<boolean> {
    const rows = await this.database.query<unknown[]>(
      `SELECT FROM protection_jobs WHERE id = $1 AND state IN ('queued', 'running')`,
      [id],
    );
    return rows.length > 0;
  }

  staging(): Promise<ImportEntity[]> {
    return this.database.manager.findBy(ImportEntity, { state: 'staging' });
  }

  /** @throws Problem 404 */
  async get(organizationId: string, importId: string): Promise<ImportEntity> {
    const entry = isUuid(importId)
      ? await this.database.manager.findOneBy(ImportEntity, { id: importId, organization_id: organizationId })
      : null;
    if (!entry) throw notFound(`There is no import ${importId.slice(0, 60)}.`);
    return entry;
  }

  /** Newest first. */
  async list(organizationId: string, query: { limit?: number; cursor?: string }): Promise<Page<ImportEntity>> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const builder = this.database.manager
      .createQueryBuilder(ImportEntity, 'import')
      .where('import.organization_id = :organizationId', { organizationId });
    if (query.cursor !== undefined) {
      const before = decodeCursor(query.cursor);
      const anchor = isUuid(before) ? before : '00000000-0000-0000-0000-000000000000';
      builder.andWhere(
        `(import.created_at, import.id) < (SELECT created_at, id FROM imports WHERE id = :anchor AND organization_id = :organizationId)`,
        { anchor },
      );
    }
    const found = await builder
      .orderBy('import.created_at', 'DESC')
      .addOrderBy('import.id', 'DESC')
      .take(limit + 1)
      .getMany();
    return paged(found, limit, ({ id }) => id);
  }

  /** In order of their lines. */
  async rejects(
    organizationId: string,
    importId: string,
    query: { limit?: number; cursor?: string },
  ): Promise<Page<ImportRejectEntity>> {
    await this.get(organizationId, importId);
    const limit = query.limit ?? DEFAULT_PAGE;
    const after = query.cursor === undefined ? 0 : Number(decodeCursor(query.cursor));
    const found = await this.database.manager
      .createQueryBuilder(ImportRejectEntity, 'reject')
      .where('reject.import_id = :importId AND reject.organization_id = :organizationId', { importId, organizationId })
      .andWhere('reject.line > :after', { after: Number.isSafeInteger(after) ? after : 0 })
      .orderBy('reject.line', 'ASC')
      .take(limit + 1)
      .getMany();
    return paged(found, limit, ({ line }) => String(line));
  }

  sources(organizationId: string): Promise<DataSourceEntity[]> {
    return this.database.manager.find(DataSourceEntity, {
      where: { organization_id: organizationId },
      order: { data_source: 'ASC' },
    });
  }
}

function paged<T>(found: readonly T[], limit: number, key: (item: T) => string): Page<T> {
  const data = found.slice(0, limit);
  const last = data.at(-1);
  return { data, next_cursor: last && found.length > limit ? encodeCursor(key(last)) : null };
}
