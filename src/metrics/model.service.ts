import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource, type EntityManager } from 'typeorm';
import type { ProblemItem } from '../common/problem.js';
import { Organization } from '../access/organization.entity.js';
import type { Policy } from '../access/policy.js';
import { buildModel } from '../compiler/model/build.js';
import { countChanges, diffModels } from '../compiler/model/diff.js';
import { canonicalJson, snapshotOf } from '../compiler/model/snapshot.js';
import { DEFAULT_FX, type Model, type ModelSettings, type Snapshot } from '../compiler/model/types.js';
import {
  explainDeactivated,
  missesSomething,
  tellDeactivated,
  withDeactivated,
  type Asked,
  type Tell,
} from './deactivated.js';
import { definitionOf } from './definition.js';
import { activeRows, ownDefinitions, visibleStandard, type StoredDefinitions } from './definition-change.js';
import { LibraryService } from './library.service.js';
import { MetricConfig } from './metric-config.entity.js';
import { ModelPublication, ModelSnapshot, type PublicationReason } from './model-snapshot.entity.js';

/** The live snapshot of an organisation, with the time of its publication. */
export interface LiveModel {
  readonly snapshot: Snapshot;
  readonly publishedAt: Date;
}

/** What a model is built from: an organisation's rows over the standard library, and its settings. */
export interface ModelInputs extends StoredDefinitions {
  readonly settings: ModelSettings;
}

/** Who is told of definitions that were deactivated. */
export interface Reader {
  readonly organizationId: string;
  /** Names that don't exist for the reader. */
  readonly hidden?: readonly string[];
}

export interface Author {
  readonly userId: string | null;
  readonly reason: PublicationReason;
}

/** What a model takes of an organisation’s settings. Defaults are left out, so that models keep their hash. */
export function modelSettings({
  currency,
  time_zone,
  week_start,
  fiscal_year_start,
  fx_carry_days: carry_days,
  fx_via: via,
}: Organization): ModelSettings {
  return {
    ...{ currency, time_zone, week_start },
    ...(fiscal_year_start === 1 ? {} : { fiscal_year_start }),
    ...(carry_days === DEFAULT_FX.carry_days && via === DEFAULT_FX.via ? {} : { fx: { carry_days, via } }),
  };
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
      publication = await this.database.transaction((manager) => this.upgrade(manager, organizationId));
    }
    return {
      snapshot: await this.snapshot(publication.snapshot_hash),
      publishedAt: publication.published_at,
    };
  }

  /** A published snapshot. @throws when nobody ever published it */
  async snapshot(hash: string, manager: EntityManager = this.database.manager): Promise<Snapshot> {
    const cached = this.snapshots.get(hash);
    if (cached) return cached;
    const row = await manager.findOneByOrFail(ModelSnapshot, { hash });
    const snapshot: Snapshot = Object.freeze({ hash: row.hash, model: row.model });
    this.snapshots.set(row.hash, snapshot);
    return snapshot;
  }

  /** The definitions as they are stored. @param lock hold the organisation's row, so that nobody publishes in between */
  async read(manager: EntityManager, organizationId: string, lock: boolean): Promise<ModelInputs> {
    const organization = await manager.findOneOrFail(Organization, {
      where: { id: organizationId },
      ...(lock ? { lock: { mode: 'pessimistic_write' as const } } : {}),
    });
    const rows = await manager.find(MetricConfig, {
      where: { organization_id: organizationId },
      order: { created_at: 'ASC', id: 'ASC' },
    });
    return {
      organizationId,
      rows,
      standard: this.libraryService.library.members,
      settings: modelSettings(organization),
    };
  }

  /** The model of these definitions, stored or not. */
  build(inputs: ModelInputs): Snapshot {
    return snapshotOf(
      buildModel({
        standard: visibleStandard(inputs),
        organization: activeRows(inputs).map(definitionOf),
        settings: inputs.settings,
      }),
    );
  }

  /** The newest publication of an organisation; null before the first. */
  latest(manager: EntityManager, organizationId: string): Promise<ModelPublication | null> {
    return manager.findOne(ModelPublication, { where: { organization_id: organizationId }, order: { id: 'DESC' } });
  }

  /**
   * Makes a snapshot live, within the caller's transaction, which holds the organisation's lock: either the definitions
   * and the publication are there, or neither. What is live already, with the same definitions, is not published again.
   */
  async publish(
    manager: EntityManager,
    inputs: ModelInputs,
    snapshot: Snapshot,
    author: Author,
  ): Promise<ModelPublication> {
    const latest = await this.latest(manager, inputs.organizationId);
    const definitions = ownDefinitions(inputs);
    if (
      latest?.snapshot_hash === snapshot.hash &&
      latest.library_hash === this.libraryService.hash &&
      canonicalJson(latest.definitions) === canonicalJson(definitions)
    ) {
      return latest;
    }
    await manager
      .createQueryBuilder()
      .insert()
      .into(ModelSnapshot)
      .values({ hash: snapshot.hash, model: snapshot.model as never })
      .orIgnore()
      // Until it is published it can't be read back.
      .updateEntity(false)
      .execute();
    const before = latest ? (await this.snapshot(latest.snapshot_hash, manager)).model : null;
    return manager.save(
      manager.create(ModelPublication, {
        organization_id: inputs.organizationId,
        snapshot_hash: snapshot.hash,
        library_hash: this.libraryService.hash,
        reason: author.reason,
        published_by: author.userId,
        definitions: definitions as never,
        changes: countChanges(diffModels(before, snapshot.model)),
      }),
    );
  }

  /**
   * Adds to a refusal of a request what only the stored rows know: that a name was deactivated, and how it comes back.
   * @throws always: the refusal, or whatever else was thrown
   */
  async explain(reader: Reader, asked: Asked, thrown: unknown): Promise<never> {
    throw await explainDeactivated(thrown, asked, () => this.inactive(reader));
  }

  /** The warnings of an answer, with what only the stored rows know of metrics that it is without. */
  warnings(reader: Reader, asked: Asked, warnings: readonly ProblemItem[]): Promise<readonly ProblemItem[]> {
    return withDeactivated(warnings, asked, () => this.inactive(reader));
  }

  /** How what the checks found in `model` is told: with what only the stored rows know of names that are missing. */
  async teller(reader: Reader, model: Model, manager?: EntityManager): Promise<Tell> {
    const rows = model.members.some(missesSomething) ? await this.inactive(reader, manager) : [];
    return (diagnostics) => tellDeactivated(diagnostics, rows);
  }

  /** Deactivated rows that the reader may know of, latest first. */
  private async inactive(
    { organizationId, hidden = [] }: Reader,
    manager: EntityManager = this.database.manager,
  ): Promise<MetricConfig[]> {
    const rows = await manager.find(MetricConfig, {
      where: { organization_id: organizationId, is_active: false },
      order: { updated_at: 'DESC' },
    });
    return rows.filter(
      ({ metric_key, alias_keys }) => ![metric_key, ...alias_keys].some((key) => hidden.includes(key)),
    );
  }

  private async upgrade(manager: EntityManager, organizationId: string): Promise<ModelPublication> {
    const inputs = await this.read(manager, organizationId, true);
    return this.publish(manager, inputs, this.build(inputs), { userId: null, reason: 'upgrade' });
  }
}

/** The live model where something in it is hidden from the asker; null where nothing is, so that nothing is to be looked for. */
export const modelWithHidden = async (
  models: Pick<ModelService, 'live'>,
  { organizationId, hidden }: Policy,
): Promise<Model | null> => (hidden.length === 0 ? null : (await models.live(organizationId)).snapshot.model);
