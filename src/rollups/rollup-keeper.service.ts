import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { acrossOrganizations, inOrganization, outsideAnyScope } from '../access/tenancy/scope.js';
import { newId } from '../common/uuid.js';
import type { Snapshot } from '../compiler/model/types.js';
import { rollupLayout } from '../compiler/rollup/layout.js';
import type { RollupDefinition, RollupLayout } from '../compiler/rollup/types.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import type { RollupTable } from '../engine/rollup-tables.js';
import { OrganizationLock } from '../ingestion/import-lock.js';
import { LibraryService } from '../metrics/library.service.js';
import { columnTypes } from '../metrics/typed-fields.js';
import { RollupConfigs } from './rollup-configs.service.js';
import { RollupPlans } from './rollup-plans.service.js';
import { RollupStore, type StoredRollup } from './rollup-store.js';

/** How soon after an import its months are filled anew. */
const LOOK_EVERY_MS = 1_000;
/** How soon a new definition, or a model that has changed, is noticed without being told. */
const CHECK_EVERY_MS = 20_000;
/** After a failure an organisation is left alone for so long. */
const PAUSE_MS = 30_000;

/**
 * Makes the rollups that organisations want, fills months that have changed, and clears away what nobody reads any more.
 * Everything that is left to do stands in the system of record, so any process may do it, and a killed one leaves nothing
 * but work and garbage. One process at a time tends an organisation.
 */
@Injectable()
export class RollupKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Rollups');
  private readonly store: RollupStore;
  private readonly lock: OrganizationLock;
  private readonly paused = new Map<string, number>();
  private readonly asked = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private working: Promise<void> = Promise.resolve();
  private stopping = false;
  private checked = Number.NEGATIVE_INFINITY;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly configs: RollupConfigs,
    private readonly plans: RollupPlans,
    private readonly library: LibraryService,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'works'>,
  ) {
    this.store = new RollupStore(database);
    this.lock = new OrganizationLock(database, 'import');
  }

  onApplicationBootstrap(): void {
    const next = (): void => {
      this.timer = setTimeout(() => {
        this.working = outsideAnyScope(() => this.look())
          .catch((error: unknown) => this.logger.warn(`Rollups are looked after again later: ${String(error)}`))
          .finally(() => this.stopping || next());
      }, LOOK_EVERY_MS).unref();
    };
    next();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    if (this.timer) clearTimeout(this.timer);
    await this.working;
    await this.flushHits().catch(() => undefined);
  }

  /** Says that what the organisation wants has changed; it is tended when this process looks next. */
  due(organizationId: string): void {
    this.asked.add(organizationId);
  }

  /** Brings an organisation's rollups to what it wants and to its rows as they are, unless another process is at it. */
  async tend(organizationId: string): Promise<void> {
    const connection = this.database.createQueryRunner();
    const key = `tributary rollups ${organizationId}`;
    await inOrganization(organizationId, async () => {
      try {
        const [row] = (await connection.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got', [
          key,
        ])) as {
          got: boolean;
        }[];
        if (!row?.got) return;
        try {
          await this.reconcile(organizationId);
          await this.fillStale(organizationId);
          await this.sweep(organizationId);
        } finally {
          await connection.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [key]).catch(() => undefined);
        }
      } finally {
        await connection.release();
      }
    });
  }

  private async look(): Promise<void> {
    const now = performance.now();
    const isCheck = now - this.checked >= CHECK_EVERY_MS;
    if (isCheck) {
      this.checked = now;
      await this.flushHits();
    }
    if (!this.config.works) return;
    for (const id of await this.dueNow(isCheck)) {
      if (this.stopping) return;
      if ((this.paused.get(id) ?? 0) > performance.now()) continue;
      try {
        await this.tend(id);
        this.paused.delete(id);
      } catch (error) {
        this.paused.set(id, performance.now() + PAUSE_MS);
        this.logger.warn(`Rollups of organisation ${id} are tried again later: ${String(error)}`);
      }
    }
  }

  /** Organisations with something to fill; when checking, also all that have or may want rollups. */
  private async dueNow(isCheck: boolean): Promise<string[]> {
    const { minRows } = this.configs;
    const rows = await acrossOrganizations('looks for rollups that are out of date', () =>
      this.database.query<{ id: string }[]>(
        `SELECT organization_id AS id FROM rollup_months WHERE is_stale
           AND EXISTS (SELECT FROM rollups WHERE rollups.id = rollup_id AND state <> 'retired')
         UNION SELECT organization_id FROM rollups WHERE state = 'building'
         ${isCheck ? `UNION SELECT organization_id FROM rollups UNION SELECT organization_id FROM rollup_configs` : ''}
         ${
           isCheck && minRows !== null
             ? `UNION SELECT organization_id FROM imports WHERE state = 'done'
                GROUP BY organization_id HAVING sum(loaded) >= ${minRows}`
             : ''
         }`,
      ),
    );
    const asked = [...this.asked];
    this.asked.clear();
    return [...new Set([...asked, ...rows.map(({ id }) => id)])];
  }

  /** Begins tables that are wanted and not there, and retires those that are there and not wanted. */
  private async reconcile(organizationId: string): Promise<void> {
    const { snapshot, definitions } = await this.configs.wanted(organizationId);
    const there = await this.store.inUse(organizationId);
    const wanted = definitions.map((definition) => this.layout(definition, snapshot));
    const isWanted = ({ name, digest }: StoredRollup): boolean =>
      wanted.some((layout) => layout.definition.name === name && layout.digest === digest);
    // One that is replaced goes on answering until its successor is ready.
    const isReplaced = ({ name, state }: StoredRollup): boolean =>
      state === 'ready' && wanted.some(({ definition }) => definition.name === name);
    const rest = there.filter((each) => !isWanted(each) && !isReplaced(each));
    await this.store.retire(
      organizationId,
      rest.map(({ id }) => id),
    );
    for (const layout of wanted) {
      const { name } = layout.definition;
      if (there.some((each) => each.name === name && each.digest === layout.digest)) continue;
      await this.lock.hold(organizationId, (connection) =>
        this.store.begin(connection.manager, organizationId, newId(), layout),
      );
    }
  }

  private async fillStale(organizationId: string): Promise<void> {
    const rollups = await this.store.inUse(organizationId);
    for (const rollup of rollups.filter(({ is_listed }) => !is_listed)) {
      await this.engine.rollups.create(tableOf(organizationId, rollup));
      await this.store.list(organizationId, rollup.id, await this.engine.rollups.months(organizationId));
    }
    for (;;) {
      const stale = this.stopping ? null : await this.store.nextStale(organizationId);
      const rollup = rollups.find(({ id }) => id === stale?.rollup_id);
      if (!stale || !rollup) break;
      const table = tableOf(organizationId, rollup);
      const segment = newId();
      try {
        await this.engine.rollups.create(table);
        await this.store.announce(organizationId, rollup.id, segment);
        const filled = await this.engine.rollups.fill(table, stale.month, segment);
        await this.store.publish(organizationId, stale, segment, filled);
      } catch (error) {
        await this.store.failed(rollup.id, `${stale.month} could not be rolled up; it is tried again.`);
        throw error;
      }
    }
    for (const rollup of await this.store.inUse(organizationId)) {
      if (rollup.state !== 'building' || !rollup.is_listed || (await this.store.hasUnfilled(rollup.id))) continue;
      await this.store.ready(organizationId, rollup);
      this.logger.log(`Rollup ${rollup.name} of organisation ${organizationId} is ready`);
    }
  }

  private async sweep(organizationId: string): Promise<void> {
    const { segments, tables } = await this.store.garbage(organizationId);
    for (const id of tables) await this.engine.rollups.drop(id);
    const left = [...segments].filter(([id]) => !tables.includes(id));
    for (const [id, list] of left) await this.engine.rollups.discard(id, list);
    if (left.length + tables.length > 0)
      await this.store.forget(
        left.flatMap(([, list]) => list),
        tables,
      );
  }

  private async flushHits(): Promise<void> {
    const hits = this.plans.takeHits();
    await acrossOrganizations('counts what rollups have answered', async () => {
      for (const [id, times] of hits) await this.store.hit(id, times);
    });
  }

  private layout(definition: RollupDefinition, { model }: Snapshot): RollupLayout {
    return rollupLayout(definition, model, this.engine.dialect, columnTypes(this.library.library));
  }
}

const tableOf = (organizationId: string, { id, layout }: StoredRollup): RollupTable => ({
  id,
  organization_id: organizationId,
  bucket: layout.bucket,
  dimensions: layout.dimensions,
  parts: layout.parts,
});
