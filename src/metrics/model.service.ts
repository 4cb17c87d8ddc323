import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource, type EntityManager } from 'typeorm';
import { Organization } from '../access/organization.entity.js';
import { buildModel } from '../compiler/model/build.js';
import { snapshotOf } from '../compiler/model/snapshot.js';
import type { MemberDefinition, Model, ModelSettings, Snapshot } from '../compiler/model/types.js';
import { standardId } from './standard-id.js';
import { definitionOf } from './definition.js';
import { LibraryService } from './library.service.js';
import { MetricConfig } from './metric-config.entity.js';
import { ModelPublication, ModelSnapshot } from './model-snapshot.entity.js';

/** The live snapshot of an organisation, with the time of its publication. */
export interface LiveModel {
  readonly snapshot: Snapshot;
  readonly publishedAt: Date;
}

/** Builds models from definitions, publishes them as immutable snapshots, and finds the live one. */
@Injectable()
export class ModelService {
  /** Snapshots by hash: they never change, so they need no invalidation. */
  private readonly snapshots = new LRUCache<string, Snapshot>({ max: 500 });

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly libraryService: LibraryService,
  ) {}

  /** The model that queries run on. Publishes first when there is none yet or the shipped library has changed. */
  async live(organizationId: string): Promise<LiveModel> {
    let publication = await this.latest(this.database.manager, organizationId);
    if (publication?.library_hash !== this.libraryService.hash) {
      publication = await this.database.transaction((manager) => this.publish(manager, organizationId, null));
    }
    const cached = this.snapshots.get(publication.snapshot_hash);
    if (cached) return { snapshot: cached, publishedAt: publication.published_at };
    const row = await this.database.manager.findOneByOrFail(ModelSnapshot, { hash: publication.snapshot_hash });
    const snapshot: Snapshot = Object.freeze({ hash: row.hash, model: row.model });
    this.snapshots.set(row.hash, snapshot);
    return { snapshot, publishedAt: publication.published_at };
  }

  /**
   * Makes the stored definitions live, within the caller's transaction: either both are there or neither. Publications
   * of one organisation come one after the other (its row is locked).
   */
  async publish(manager: EntityManager, organizationId: string, userId: string | null): Promise<ModelPublication> {
    const snapshot = snapshotOf(await this.build(manager, organizationId, { lock: true }));
    await manager
      .createQueryBuilder()
      .insert()
      .into(ModelSnapshot)
      .values({ hash: snapshot.hash, model: snapshot.model as never })
      .orIgnore()
      .execute();
    const latest = await this.latest(manager, organizationId);
    if (latest && latest.snapshot_hash === snapshot.hash && latest.library_hash === this.libraryService.hash)
      return latest;
    return manager.save(
      manager.create(ModelPublication, {
        organization_id: organizationId,
        snapshot_hash: snapshot.hash,
        library_hash: this.libraryService.hash,
        published_by: userId,
      }),
    );
  }

  /**
   * The model as it stands in the database, or as it would be with `change` applied to the organisation's definitions.
   * @param options.lock hold the organisation's row, so that no other publication comes between
   */
  async build(
    manager: EntityManager,
    organizationId: string,
    options: { lock?: boolean; change?: (definitions: MemberDefinition[]) => MemberDefinition[] } = {},
  ): Promise<Model> {
    const organization = await manager.findOneOrFail(Organization, {
      where: { id: organizationId },
      ...(options.lock ? { lock: { mode: 'pessimistic_write' as const } } : {}),
    });
    const rows = await manager.find(MetricConfig, {
      where: { organization_id: organizationId },
      order: { created_at: 'ASC', id: 'ASC' },
    });
    const hidden = new Set(rows.filter((row) => !row.is_active).map((row) => row.id));
    const definitions = rows.filter((row) => row.is_active).map(definitionOf);
    return buildModel({
      standard: this.libraryService.library.members.filter(
        (member) => !hidden.has(standardId(organizationId, member.metric_key)),
      ),
      organization: options.change ? options.change(definitions) : definitions,
      settings: settingsOf(organization),
    });
  }

  private latest(manager: EntityManager, organizationId: string): Promise<ModelPublication | null> {
    return manager.findOne(ModelPublication, { where: { organization_id: organizationId }, order: { id: 'DESC' } });
  }
}

const settingsOf = (organization: Organization): ModelSettings => ({
  currency: organization.currency,
  time_zone: organization.time_zone,
  week_start: organization.week_start,
});
