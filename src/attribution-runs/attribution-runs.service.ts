import { setTimeout as sleep } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { acrossOrganizations, inOrganization } from '../access/tenancy/scope.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { Problem, conflict, notFound } from '../common/problem.js';
import { newId } from '../common/uuid.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { modelKeys, parametersOf } from '../attribution/models/settings.js';
import type { Parameters } from '../attribution/models/parameters.js';
import { AttributionSettingsService } from './attribution-settings.service.js';
import { describedByChain, describedByShapley } from './channel-shares.js';
import { MarkovFits, type MarkovFit } from './markov-fits.service.js';
import { withRunLock } from './organization-lock.js';
import { MAX_SECONDS, RunEngine } from './run-engine.js';
import { resultOf } from './run-result.js';
import type { RunKind, RunRequest, RunRow } from './run-row.js';
import { RunStore } from './run-store.js';

const JOB = 'attribution-run';
/** Restates what an import or a merge changed, where attribution is in use. */
export const UPDATE_JOB = 'attribution-update';
/** Updates upon one whole run; the next change brings a whole run again. */
const LONGEST_CHAIN = 16;
/** How soon a run is taken up again whose wake-up was lost, or whose worker died. */
const TAKE_UP_MS = 60_000;
const CANCEL_POLL_MS = 500;
const WAIT_POLL_MS = 50;
/** Runs whose rows are kept for `diff` and for reading, beside those that are read now. */
const KEPT_RUNS = 5;
/** A query that began before a run was published may still read its predecessor. */
const GRACE_MS = 3_600_000;

/** After this the engine has ended whatever an attempt that was given up had begun. */
const WRITES_ON_MS = (MAX_SECONDS + 600) * 1_000;

class Unwanted extends Error {}

/**
 * Runs of attribution: each is a row of the ledger, worked on by a job. Its rows in the engine are read by nobody until
 * one transaction says so; whatever crashes before that, the runs of before are what is read.
 */
@Injectable()
export class AttributionRuns implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Attribution');
  private takingUp: NodeJS.Timeout | undefined;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    private readonly store: RunStore,
    private readonly engine: RunEngine,
    private readonly settings: AttributionSettingsService,
    private readonly markov: MarkovFits,
    private readonly audit: AuditTrail,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.queue.register<{ organization_id: string; run_id: string }>(
      JOB,
      ({ payload: { organization_id, run_id }, signal, lastAttempt }) =>
        inOrganization(organization_id, () => this.execute(organization_id, run_id, signal, lastAttempt)),
      { attempts: 3, timeoutSeconds: 6 * 3_600 },
    );
    this.queue.register<{ organization_id: string }>(UPDATE_JOB, ({ payload: { organization_id }, signal }) =>
      inOrganization(organization_id, async () => {
        if (await this.store.published(organization_id)) await this.bringUpToDate(organization_id, signal);
      }),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.works) return;
    await this.takeUp();
    const again = (): void =>
      void this.takeUp().catch((error: unknown) =>
        this.logger.warn(`Runs are looked for again later: ${String(error)}`),
      );
    this.takingUp = setInterval(again, TAKE_UP_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.takingUp);
  }

  /** What a process that died was working on, or nobody was told of, is taken up again. */
  private async takeUp(): Promise<void> {
    const left = await acrossOrganizations('runs that a process left behind', () => this.store.unfinished());
    // Under a name of its own: a queue that believes the dead worker's job to be running would swallow it for hours.
    for (const { id, organization_id } of left) await this.enqueue(organization_id, id, `${id}:${newId()}`);
    await this.tidy();
  }

  /**
   * A statement whose process died, or that was told to stop, may go on in the engine and write rows after those of its
   * attempt were dropped. Nobody reads them; they go once it must have ended.
   */
  private async tidy(): Promise<void> {
    const old = await acrossOrganizations('attempts that were given up', () => this.store.abandoned(WRITES_ON_MS));
    for (const { organization_id, rows_ids } of old)
      await inOrganization(organization_id, async () => {
        await this.engine.drop(organization_id, rows_ids);
        await this.store.tidied(rows_ids);
      });
  }

  /** Begins a run; `kind` follows from the request: a date range makes it an analysis. */
  async start(identity: Identity, request: RunRequest): Promise<string> {
    const { organizationId } = identity;
    const kind: RunKind = request.range === null ? 'full' : 'analysis';
    const id = await this.database.transaction(async (manager) => {
      const run = await this.store.create(manager, organizationId, kind, request, identity.userId);
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: 'attribution.calculate',
        entity: ['attribution_run', run],
        after: { kind, models: request.models },
      });
      return run;
    });
    await this.enqueue(organizationId, id);
    return id;
  }

  /** The run once it is finished, or as it is when `ms` are over. */
  async wait(organizationId: string, id: string, ms: number, signal?: AbortSignal): Promise<RunRow> {
    const until = performance.now() + ms;
    for (;;) {
      const run = await this.get(organizationId, id);
      const isFinished = run.state !== 'queued' && run.state !== 'running';
      if (isFinished || performance.now() > until || signal?.aborted) return run;
      await sleep(WAIT_POLL_MS);
    }
  }

  newest(organizationId: string, limit: number, before: string | null): Promise<RunRow[]> {
    return this.store.newest(organizationId, limit, before);
  }

  async get(organizationId: string, id: string): Promise<RunRow> {
    const run = await this.store.find(organizationId, id);
    if (!run) throw notFound('There is no attribution run with this id.');
    return run;
  }

  /** @throws Problem 409 `run_is_finished` */
  async cancel(identity: Identity, id: string): Promise<RunRow> {
    const { organizationId } = identity;
    const run = await this.get(organizationId, id);
    if (run.state !== 'queued' && run.state !== 'running')
      throw conflict('run_is_finished', `The run has ${run.state} already; there is nothing to cancel.`);
    await this.database.transaction(async (manager) => {
      await this.store.cancel(manager, organizationId, id);
      await this.audit.record(manager, {
        ...{ organizationId, actor: actorOf(identity), action: 'attribution.cancel' },
        entity: ['attribution_run', id],
        before: { state: run.state },
      });
    });
    return this.get(organizationId, id);
  }

  /**
   * Restates the customers whose rows changed since the last run, or runs for the first time; returns at once when there
   * is nothing to do. After it, what queries read as attribution is what the rows say that were visible when it began.
   */
  async bringUpToDate(organizationId: string, signal = new AbortController().signal): Promise<void> {
    const published = await this.store.published(organizationId);
    const settings = await this.settings.get(organizationId);
    const isStale = published !== null && (await this.settings.changedSince(organizationId, published.created_at));
    if (published !== null && !isStale && (await this.pending(organizationId)).length === 0) return;
    const kind: RunKind =
      published === null || isStale || (published.runs?.length ?? 0) >= LONGEST_CHAIN ? 'full' : 'update';
    const request: RunRequest = {
      settings: published === null || isStale ? settings : published.parameters.settings,
      models: settings.models,
      range: null,
      confidence: null,
    };
    const id = await this.store.create(this.database.manager, organizationId, kind, request, null);
    await this.execute(organizationId, id, signal, true);
    const run = await this.get(organizationId, id);
    if (run.state === 'failed' && run.problem) throw new Problem(503, run.problem.code, run.problem.detail);
  }

  /** Changes that are visible and not in what is published. */
  private async pending(organizationId: string): Promise<string[]> {
    const changes = await this.engine.changes(organizationId);
    if (changes.length === 0) return [];
    const incomplete = await this.store.committing(organizationId, changes);
    return changes.filter((change) => !incomplete.has(change));
  }

  private async enqueue(organizationId: string, id: string, jobId = id): Promise<void> {
    await this.queue.enqueue(JOB, { organization_id: organizationId, run_id: id }, { id: jobId });
  }

  /** Works on a run to its end. What stops it is told in the ledger; only what another attempt may mend is thrown. */
  private async execute(organizationId: string, id: string, signal: AbortSignal, isLast: boolean): Promise<void> {
    const rowsId = newId();
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const watch = setInterval(() => {
      // Asked before it has begun, the answer would be no, and might come after it has.
      if (!begun) return;
      void inOrganization(organizationId, () => this.store.isWanted(id, rowsId)).then(
        (isWanted) => {
          if (!isWanted) stop.abort(new Unwanted());
        },
        () => undefined,
      );
    }, CANCEL_POLL_MS);
    let begun = false;
    try {
      await withRunLock(this.database, organizationId, both, async () => {
        const { state, rows_id: left, cancel_requested: isUnwanted } = await this.get(organizationId, id);
        if (left !== null && state !== 'succeeded') await this.store.abandon(organizationId, left);
        begun = await this.store.begin(id, rowsId);
        // Nobody else works on it: what holds the lock is this.
        if (!begun) return isUnwanted ? await this.store.fail(id, 'cancelled', null) : undefined;
        if (left !== null) await this.engine.drop(organizationId, [left]);
        await this.work(await this.get(organizationId, id), rowsId, both);
      });
    } catch (error) {
      if (signal.aborted) throw error;
      const run = await this.get(organizationId, id);
      await this.store.abandon(organizationId, rowsId);
      await this.engine.drop(organizationId, [rowsId]).catch(() => undefined);
      if (run.cancel_requested) return await this.store.fail(id, 'cancelled', null);
      if (error instanceof Unwanted || (stop.signal.aborted && run.rows_id !== rowsId)) return;
      if (!(error instanceof Problem)) this.logger.error(error);
      if (error instanceof Problem && error.status < 500) return await this.store.fail(id, 'failed', told(error));
      if (!isLast) throw error;
      await this.store.fail(id, 'failed', told(error));
    } finally {
      clearInterval(watch);
    }
  }

  private async work(run: RunRow, rowsId: string, signal: AbortSignal): Promise<void> {
    const organizationId = run.organization_id;
    const published = await this.store.published(organizationId);
    const changes = run.kind === 'analysis' ? [] : await this.pending(organizationId);
    const isUpdate = run.kind === 'update' && published?.runs != null;
    const chain = isUpdate ? (published.runs ?? []) : [];
    const { parameters, fit } = isUpdate
      ? { parameters: published.settings as Parameters, fit: null }
      : await this.parametersOf(run, published, signal);
    if (isUpdate)
      await this.engine.supersede({ organization: organizationId, run: rowsId, chain, changes, parameters }, signal);
    const sizes = await this.engine.sizes(organizationId, isUpdate ? rowsId : null, signal);
    await this.store.plan(run.id, rowsId, parameters, sizes.chunks);
    for (let chunk = 0; chunk < sizes.chunks; chunk++) {
      await this.engine.compute({ organizationId, rowsId, parameters, isUpdate, sizes, signal }, chunk);
      await this.store.progress(run.id, rowsId, chunk + 1);
    }
    const runs = [...chain, rowsId];
    const shown = run.kind === 'full' || run.kind === 'analysis' ? run.models : [];
    const totals = shown.length === 0 ? [] : await this.engine.totals(organizationId, runs, parameters.by, signal);
    const own = await this.store.currency(organizationId);
    const currencies = await this.engine.currencies(organizationId, runs, own, signal);
    const plain = resultOf(totals, shown, parameters.by, { currencies, own });
    const { confidence } = run.parameters;
    const parts =
      confidence && shown.includes('shapley')
        ? await this.engine.shapleyParts(organizationId, runs, parameters.by, signal)
        : [];
    const result = describedByChain(describedByShapley(plain, parts, confidence), fit);
    if (!(await this.store.succeed(run, rowsId, runs, result))) throw new Unwanted();
    if (run.kind !== 'analysis') await this.engine.forget(organizationId, changes);
    await this.clean(organizationId).catch((error: unknown) => this.logger.warn(`Old rows stay: ${String(error)}`));
  }

  /** A run that will be read computes every model that is kept up to date, whichever it was asked for. */
  private async parametersOf(
    run: RunRow,
    published: RunRow | null,
    signal: AbortSignal,
  ): Promise<{ parameters: Parameters; fit: MarkovFit | null }> {
    const { settings, models, range } = run.parameters;
    const standing =
      run.kind === 'analysis'
        ? []
        : [...settings.models, ...settings.custom_models.map(({ key }) => key), ...modelsOf(published)];
    const wanted = modelKeys(settings).filter((key) => models.includes(key) || standing.includes(key));
    const parameters = parametersOf(settings, wanted, range);
    if (!wanted.includes('markov')) return { parameters, fit: null };
    const fit = await this.markov.fit(run.organization_id, parameters, run.parameters, signal);
    return { parameters: { ...parameters, models: [...parameters.models, fit.model] }, fit };
  }

  /** Drops rows of attempts that are neither read now nor among the newest runs. */
  private async clean(organizationId: string): Promise<void> {
    const runs = await this.store.newest(organizationId, 200);
    const kept = new Set<string>(
      runs
        .filter(({ state }) => state === 'succeeded')
        .slice(0, KEPT_RUNS)
        .flatMap(({ runs: list }) => list ?? []),
    );
    for (const id of (await this.store.published(organizationId))?.runs ?? []) kept.add(id);
    const since = Date.now() - GRACE_MS;
    const old = runs.flatMap(({ rows_id, finished_at }) =>
      rows_id !== null && !kept.has(rows_id) && finished_at !== null && +finished_at < since ? [rows_id] : [],
    );
    if (old.length === 0) return;
    await this.engine.drop(organizationId, old);
    await this.store.dropped(organizationId, old);
  }
}

const modelsOf = (run: RunRow | null): string[] =>
  run === null ? [] : ((run.settings as Parameters).models ?? []).map(({ key }) => key);

const told = (error: unknown): { code: string; detail: string } =>
  error instanceof Problem
    ? { code: error.code, detail: error.detail }
    : {
        code: 'attribution_failed',
        detail: 'The run failed for a reason of ours; the log has the details. Run it again.',
      };
