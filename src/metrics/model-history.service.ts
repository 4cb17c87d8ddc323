import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { User } from '../access/user.entity.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor, type PageQuery } from '../common/page.js';
import { Problem, badRequest, conflict } from '../common/problem.js';
import { countChanges, diffModels } from '../compiler/model/diff.js';
import { changeTowards } from './definition-change.js';
import { DefinitionWriter } from './definition-writer.service.js';
import { ModelPublication } from './model-snapshot.entity.js';
import type { ModelDiffDto, ModelHistoryDto, PublicationDto, RestoredModelDto } from './model.dto.js';
import { ModelService } from './model.service.js';

/** The snapshots that an organisation has published: what they changed, and the way back to them. */
@Injectable()
export class ModelHistoryService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly models: ModelService,
    private readonly writer: DefinitionWriter,
  ) {}

  /** Publications, newest first. */
  async history(organizationId: string, query: PageQuery): Promise<ModelHistoryDto> {
    await this.models.live(organizationId);
    const { manager } = this.database;
    const limit = query.limit ?? DEFAULT_PAGE;
    const builder = manager
      .createQueryBuilder(ModelPublication, 'publication')
      .where('publication.organization_id = :organizationId', { organizationId })
      .orderBy('publication.id', 'DESC')
      .limit(limit + 1);
    if (query.cursor !== undefined) builder.andWhere('publication.id < :before', { before: readCursor(query.cursor) });
    const rows = await builder.getMany();
    const page = rows.slice(0, limit);
    const live = await this.models.latest(manager, organizationId);
    const names = await this.names(page);
    const data: PublicationDto[] = [];
    for (const publication of page) {
      data.push({
        snapshot: publication.snapshot_hash,
        published_at: publication.published_at.toISOString(),
        published_by: publication.published_by,
        published_by_name: names.get(publication.published_by ?? '') ?? null,
        reason: publication.reason,
        changes: publication.changes ?? (await this.countedChanges(manager, publication)),
        is_live: publication.id === live?.id,
      });
    }
    const last = page.at(-1);
    return { data, next_cursor: last && rows.length > limit ? encodeCursor(last.id) : null };
  }

  /**
   * @param from the snapshot before `to` when absent
   * @param to the live one when absent
   * @throws Problem 404 for a snapshot that this organisation never published
   */
  async diff(organizationId: string, from?: string, to?: string): Promise<ModelDiffDto> {
    const { manager } = this.database;
    const toHash = to ?? (await this.models.live(organizationId)).snapshot.hash;
    const publication = await this.published(manager, organizationId, toHash);
    const fromHash = from ?? (await this.before(manager, publication))?.snapshot_hash ?? null;
    if (from !== undefined) await this.published(manager, organizationId, from);
    const earlier = fromHash === null ? null : (await this.models.snapshot(fromHash, manager)).model;
    const later = (await this.models.snapshot(toHash, manager)).model;
    return { from: fromHash, to: toHash, ...diffModels(earlier, later) };
  }

  /**
   * Brings the organisation's definitions back to what they were when a snapshot was published, as a new publication.
   * What came from elsewhere since (an upgrade of the standard library, settings) stays, and is reported.
   * @throws Problem 404 for a snapshot that this organisation never published
   */
  async restore(identity: Identity, hash: string): Promise<RestoredModelDto> {
    const { manager } = this.database;
    const wanted = await this.published(manager, identity.organizationId, hash);
    const { definitions } = wanted;
    if (!definitions) {
      throw conflict(
        'definitions_not_kept',
        'This snapshot was published by a version that did not keep the definitions behind it; restore a later one, or write the definitions anew (see the diff).',
      );
    }
    const written = await this.writer.write(identity, 'restore', (stored) => changeTowards(stored, definitions));
    const { before, after, publication } = written;
    const target = await this.models.snapshot(hash, manager);
    return {
      snapshot: after.hash,
      published_at: publication.published_at.toISOString(),
      restored: hash,
      equal: after.hash === hash,
      changes: { from: before.hash, to: after.hash, ...diffModels(before.model, after.model) },
      differences: { from: hash, to: after.hash, ...diffModels(target.model, after.model) },
      ...(await this.writer.impact(written)),
    };
  }

  /** The newest publication of a snapshot by this organisation. */
  private async published(manager: EntityManager, organizationId: string, hash: string): Promise<ModelPublication> {
    const found = await manager.findOne(ModelPublication, {
      where: { organization_id: organizationId, snapshot_hash: hash },
      order: { id: 'DESC' },
    });
    if (found) return found;
    throw new Problem(
      404,
      'unknown_snapshot',
      `Your organisation never published the snapshot ${hash}; GET /api/marketing/model/history lists those that it did.`,
    );
  }

  /** The publication before, of another snapshot. */
  private before(manager: EntityManager, publication: ModelPublication): Promise<ModelPublication | null> {
    return manager
      .createQueryBuilder(ModelPublication, 'publication')
      .where('publication.organization_id = :organization', { organization: publication.organization_id })
      .andWhere('publication.id < :id', { id: publication.id })
      .andWhere('publication.snapshot_hash <> :hash', { hash: publication.snapshot_hash })
      .orderBy('publication.id', 'DESC')
      .limit(1)
      .getOne();
  }

  private async countedChanges(manager: EntityManager, publication: ModelPublication) {
    const earlier = await this.before(manager, publication);
    const before = earlier ? (await this.models.snapshot(earlier.snapshot_hash, manager)).model : null;
    return countChanges(diffModels(before, (await this.models.snapshot(publication.snapshot_hash, manager)).model));
  }

  private async names(publications: readonly ModelPublication[]): Promise<ReadonlyMap<string, string>> {
    const ids = [...new Set(publications.flatMap(({ published_by: id }) => id ?? []))];
    const users = ids.length === 0 ? [] : await this.database.manager.findBy(User, { id: In(ids) });
    return new Map(users.map((user) => [user.id, user.display_name]));
  }
}

function readCursor(cursor: string): string {
  const id = decodeCursor(cursor);
  if (/^\d{1,18}$/.test(id)) return id;
  throw badRequest('invalid_cursor', 'The cursor is not one that this list gave out; leave it away to start anew.');
}
