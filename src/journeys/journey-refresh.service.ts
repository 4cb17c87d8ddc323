import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource, type EntityManager } from 'typeorm';
import { OPEN_CHANGES } from '../access/organization-state.js';
import { inOrganization } from '../access/tenancy/scope.js';
import {
  journeyRulesOf,
  sameJourneyRules,
  STANDARD_JOURNEY_RULES,
  type JourneyRules,
} from '../attribution/models/journey-rules.js';
import type { AttributionSettings } from '../attribution/models/settings.js';
import { newId } from '../common/uuid.js';
import type { Engine } from '../engine/engine.js';
import { ENGINE } from '../engine/engine.tokens.js';
import { bumpDataVersion } from '../ingestion/data-version.js';
import { OrganizationLock } from '../ingestion/import-lock.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { CustomerMerge } from './customer-merge.entity.js';
import { canonicalOf, membersOf } from './identity-graph.js';

export const REFRESH_JOURNEYS = 'refresh-journeys';
/** So that a run of imports is followed by one refresh; whoever reads before does it at once. */
const QUIET_MS = 500;

/**
 * Keeps journeys as the rows are: computes those anew whose customers an import or a merge has noted, and all of them
 * once the organisation says otherwise which rows count. A job does it soon after the change; a reader that comes before makes sure, so that nobody reads a journey of before.
 */
@Injectable()
export class JourneyRefresh {
  private readonly logger = new Logger('Journeys');
  private readonly lock: OrganizationLock;
  /** Data version at which nothing was left to compute, by organisation. */
  private readonly fresh = new LRUCache<string, string>({ max: 10_000 });

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
  ) {
    this.lock = new OrganizationLock(database, 'journeys');
  }

  onModuleInit(): void {
    this.queue.register<{ organization_id: string }>(REFRESH_JOURNEYS, ({ payload: { organization_id } }) =>
      inOrganization(organization_id, () => this.refresh(organization_id)),
    );
  }

  /** Has it done soon. */
  async due(organizationId: string): Promise<void> {
    // One job for all changes of a moment, which begins after that moment: by the organisation's name alone, a change
    // would be swallowed by a job that runs already and has looked for changes before.
    const options = { id: `${organizationId}:${Math.floor(Date.now() / QUIET_MS)}`, delayMs: QUIET_MS };
    // By name: what attribution makes of journeys knows more than they do of it.
    await this.queue
      .enqueue('attribution-update', { organization_id: organizationId }, options)
      .catch((error: unknown) => this.logger.warn(`Attribution waits for its first reader: ${String(error)}`));
    await this.queue
      .enqueue(REFRESH_JOURNEYS, { organization_id: organizationId }, options)
      .catch((error: unknown) => this.logger.warn(`Journeys wait for their first reader: ${String(error)}`));
  }

  /** Journeys are as the rows are when this resolves. @param dataVersion of which it is enough to make sure once */
  async ensure(organizationId: string, dataVersion: string): Promise<void> {
    if (this.fresh.get(organizationId) === dataVersion) return;
    await this.refresh(organizationId);
    this.fresh.set(organizationId, dataVersion);
  }

  private async refresh(organizationId: string): Promise<void> {
    const { journeys } = this.engine;
    if (!(await this.isDue(organizationId))) return;
    await this.lock.hold(organizationId, async ({ manager }) => {
      await this.applyMerges(manager, organizationId);
      const { wanted, applied } = await rulesOf(manager, organizationId);
      const areNew = !sameJourneyRules(wanted, applied);
      if (areNew) await journeys.markAll(organizationId, newId(), 'journeys');
      const noted = await journeys.changes(organizationId, 'journeys');
      const changes = await completeChanges(manager, organizationId, noted);
      const started = performance.now();
      const computed = await journeys.refresh(organizationId, changes, wanted);
      if (areNew) await noteRules(manager, organizationId, wanted);
      await journeys.forget(organizationId, 'journeys', changes);
      this.logger.debug(`Computed ${computed} journeys in ${Math.round(performance.now() - started)} ms`);
    });
  }

  private async isDue(organizationId: string): Promise<boolean> {
    if ((await this.engine.journeys.changes(organizationId, 'journeys')).length > 0) return true;
    const { manager } = this.database;
    const { wanted, applied } = await rulesOf(manager, organizationId);
    if (!sameJourneyRules(wanted, applied)) return true;
    return manager.existsBy(CustomerMerge, { organization_id: organizationId, applied: false });
  }

  /** Tells the engine of merges and of their ends, after it has noted whom they concern. */
  private async applyMerges(manager: EntityManager, organizationId: string): Promise<void> {
    const news = await manager.findBy(CustomerMerge, { organization_id: organizationId, applied: false });
    if (news.length === 0) return;
    const all = await manager.findBy(CustomerMerge, { organization_id: organizationId });
    const holding = all
      .filter(({ undone_at }) => undone_at === null)
      .map(({ from_customer, to_customer }) => ({ from: from_customer, to: to_customer }));
    const into = new Map(holding.map(({ from, to }) => [from, to]));
    const { journeys } = this.engine;
    for (const { id, from_customer, to_customer } of news) {
      const concerned = membersOf(from_customer, holding);
      const before = canonicalOf(to_customer, into);
      await journeys.mark(organizationId, id, [...new Set([...concerned, before])]);
      await journeys.identify(
        organizationId,
        concerned.map((customer_id) => ({ customer_id, canonical_id: canonicalOf(customer_id, into) })),
      );
    }
    await manager.transaction(async (transaction) => {
      for (const { id, undone_at } of news) {
        if (undone_at === null) await transaction.update(CustomerMerge, { id }, { applied: true });
        else await transaction.delete(CustomerMerge, { id });
      }
      await bumpDataVersion(transaction, organizationId);
    });
  }
}

/** By which rules journeys are to be computed, and by which all of them were last. */
async function rulesOf(
  manager: EntityManager,
  organizationId: string,
): Promise<{ wanted: JourneyRules; applied: JourneyRules }> {
  const [row] = await manager.query<{ settings: Partial<AttributionSettings>; journey_rules: JourneyRules | null }[]>(
    'SELECT settings, journey_rules FROM attribution_settings WHERE organization_id = $1',
    [organizationId],
  );
  return { wanted: journeyRulesOf(row?.settings ?? null), applied: row?.journey_rules ?? STANDARD_JOURNEY_RULES };
}

async function noteRules(manager: EntityManager, organizationId: string, rules: JourneyRules): Promise<void> {
  await manager.query('UPDATE attribution_settings SET journey_rules = $2 WHERE organization_id = $1', [
    organizationId,
    JSON.stringify(rules),
  ]);
}

/** An import that makes its rows visible at this moment is not complete; its customers wait for the next time. */
async function completeChanges(
  manager: EntityManager,
  organizationId: string,
  noted: readonly string[],
): Promise<string[]> {
  if (noted.length === 0) return [];
  const open = await manager.query<{ id: string }[]>(OPEN_CHANGES, [organizationId, noted]);
  const waiting = new Set(open.map(({ id }) => id));
  return noted.filter((id) => !waiting.has(id));
}
