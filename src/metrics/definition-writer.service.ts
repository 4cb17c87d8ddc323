import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail, type AuditEvent } from '../audit/audit-trail.js';
import { badRequest, conflict } from '../common/problem.js';
import type { Snapshot } from '../compiler/model/types.js';
import { Dashboard } from '../dashboards/dashboard.entity.js';
import { impactByDashboard, widgetsAsSaved, type DashboardImpact } from '../dashboards/impact.js';
import { ReportView } from '../reports/report-view.entity.js';
import { requestOf } from '../reports/view-request.js';
import { ReportSchedule } from '../schedules/schedule.entity.js';
import { definitionOf, type MetricRow } from './definition.js';
import { activeRows, applyChange, equalRows, type RowChange } from './definition-change.js';
import { affectedViews, brokenMetrics, type ModelStep, type ViewImpact } from './impact.js';
import { MetricConfig } from './metric-config.entity.js';
import type { ModelPublication, PublicationReason } from './model-snapshot.entity.js';
import { ModelService, type ModelInputs } from './model.service.js';

/** A change of definitions and the models on both sides of it. */
export interface Outcome {
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** The definitions with the change. */
  readonly inputs: ModelInputs;
  readonly change: RowChange;
}
export interface Written extends Outcome {
  readonly publication: ModelPublication;
}
export interface Impact {
  /** Keys of metrics that are quarantined by the change. */
  readonly breaks: readonly string[];
  readonly views: readonly (ViewImpact & {
    /** Ids of active schedules that send it. */
    readonly schedules: readonly string[];
  })[];
  readonly dashboards: readonly DashboardImpact[];
}
/** What to change, given the definitions as they are. */
export type Decide = (stored: ModelInputs, manager: EntityManager) => RowChange | Promise<RowChange>;

/** The one way by which definitions change: worked out as data, checked as a model, then stored and published at once. */
@Injectable()
export class DefinitionWriter {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly models: ModelService,
    private readonly audit: AuditTrail,
  ) {}

  /** What a change would lead to; writes nothing. */
  async preview(organizationId: string, decide: Decide): Promise<Outcome> {
    const { snapshot: before } = await this.models.live(organizationId);
    const { manager } = this.database;
    return this.workOut(before, manager, await this.models.read(manager, organizationId, false), decide);
  }

  /**
   * Changes definitions and publishes the model, in one transaction. Writers of one organisation take turns.
   * @param accept throws to refuse what the change leads to; then nothing is written
   */
  async write(
    identity: Identity,
    reason: PublicationReason,
    decide: Decide,
    accept?: (outcome: Outcome, manager: EntityManager) => Promise<void>,
  ): Promise<Written> {
    // Publishes a new library first, so that the change is not mixed up with an upgrade.
    await this.models.live(identity.organizationId);
    return this.database.transaction(async (manager) => {
      const stored = await this.models.read(manager, identity.organizationId, true);
      const live = await this.models.latest(manager, identity.organizationId);
      if (!live) throw new Error('The organisation has no model');
      const before = await this.models.snapshot(live.snapshot_hash, manager);
      const outcome = await this.workOut(before, manager, stored, decide);
      await accept?.(outcome, manager);
      await store(manager, outcome.change);
      const author = { userId: identity.userId, reason };
      const publication = await this.models.publish(manager, outcome.inputs, outcome.after, author);
      await this.audit.recordAll(manager, eventsOf(identity, reason, stored, outcome));
      return { ...outcome, publication };
    });
  }

  /** What else a change breaks or alters. */
  async impact({ before, after, inputs }: Outcome): Promise<Impact> {
    const { organizationId } = inputs;
    if (before.hash === after.hash) return { breaks: [], views: [], dashboards: [] };
    const views = await this.database.manager.find(ReportView, {
      where: { organization_id: organizationId },
      order: { created_at: 'ASC', id: 'ASC' },
    });
    const step: ModelStep = { organizationId, before: before.model, after: after.model, now: new Date() };
    const affected = await affectedViews(
      step,
      views.map((view) => ({ id: view.id, report_name: view.report_name, request: requestOf(view) })),
    );
    const schedules = await this.database.manager.find(ReportSchedule, {
      select: { id: true, view_id: true },
      where: { organization_id: organizationId, is_active: true, view_id: In(affected.map(({ id }) => id)) },
      order: { created_at: 'ASC', id: 'ASC' },
    });
    const sending = (id: string): string[] => schedules.filter((each) => each.view_id === id).map((each) => each.id);
    return {
      breaks: brokenMetrics(before.model, after.model),
      views: affected.map((view) => ({ ...view, schedules: sending(view.id) })),
      dashboards: await this.affectedDashboards(step, views),
    };
  }

  private async affectedDashboards(step: ModelStep, views: readonly ReportView[]): Promise<DashboardImpact[]> {
    const dashboards = await this.database.manager.find(Dashboard, {
      where: { organization_id: step.organizationId },
      order: { created_at: 'ASC', id: 'ASC' },
    });
    const requests = new Map(views.map((view) => [view.id, requestOf(view)]));
    return impactByDashboard(await affectedViews(step, widgetsAsSaved(dashboards, requests)));
  }

  private async workOut(
    before: Snapshot,
    manager: EntityManager,
    stored: ModelInputs,
    decide: Decide,
  ): Promise<Outcome> {
    const wanted = await decide(stored, manager);
    const current = new Map(stored.rows.map((row) => [row.id, row]));
    const change = { ...wanted, upserts: wanted.upserts.filter((row) => !equalRows(row, current.get(row.id))) };
    const inputs: ModelInputs = { ...stored, ...applyChange(stored, change) };
    refuseDuplicates(activeRows(inputs));
    refuseUnstorable(change.upserts);
    return { before, after: this.models.build(inputs), inputs, change };
  }
}

/** One entry for each definition that changed, then what it made of the model. */
function eventsOf(identity: Identity, reason: PublicationReason, stored: ModelInputs, outcome: Outcome): AuditEvent[] {
  const { organizationId } = identity;
  const actor = actorOf(identity);
  const earlier = new Map(stored.rows.map((row) => [row.id, row]));
  const shown = (row: MetricRow | undefined) => row && { ...definitionOf(row), is_active: row.is_active };
  const { before, after, change } = outcome;
  const events: AuditEvent[] = change.upserts.map((row) => ({
    organizationId,
    actor,
    action: verbOf(earlier.get(row.id), row),
    entity: ['metric', row.id],
    before: shown(earlier.get(row.id)),
    after: shown(row),
  }));
  for (const id of change.deletes) {
    events.push({
      organizationId,
      actor,
      action: 'metric.reset',
      entity: ['metric', id],
      before: shown(earlier.get(id)),
    });
  }
  if (events.length > 0 || before.hash !== after.hash) {
    events.push({
      organizationId,
      actor,
      action: 'model.publish',
      entity: ['model', after.hash],
      before: { snapshot: before.hash },
      after: { snapshot: after.hash, reason },
    });
  }
  return events;
}

function verbOf(before: MetricRow | undefined, after: MetricRow): AuditEvent['action'] {
  if (!before) return 'metric.create';
  return before.is_active && !after.is_active ? 'metric.deactivate' : 'metric.update';
}

function refuseDuplicates(rows: readonly MetricRow[]): void {
  const seen = new Set<string>();
  for (const { metric_key: key } of rows) {
    if (seen.has(key)) {
      throw conflict('duplicate_key', `There is a metric with the key ${key} already; change it with PATCH.`, [
        { code: 'duplicate_key', message: 'The key is taken.', pointer: '/metric_key' },
      ]);
    }
    seen.add(key);
  }
}

/** Postgres keeps no text with the character zero or with half a character. */
function refuseUnstorable(rows: readonly MetricRow[]): void {
  const unstorable = (value: unknown): boolean => {
    if (typeof value === 'string') return value.includes('\0') || /\p{Surrogate}/u.test(value);
    return typeof value === 'object' && value !== null && Object.entries(value).flat().some(unstorable);
  };
  const row = rows.find((each) => unstorable(definitionOf(each)));
  if (!row) return;
  throw badRequest(
    'invalid_text',
    `The definition of ${row.metric_key} holds a character that is none (U+0000, or half of one); leave it out.`,
  );
}

/** Postgres takes 65,535 parameters in one statement. */
const ROWS_PER_STATEMENT = 1_000;

async function store(manager: EntityManager, { upserts, deletes }: RowChange): Promise<void> {
  if (deletes.length > 0) await manager.delete(MetricConfig, { id: In([...deletes]) });
  if (upserts.length === 0) return;
  // Keys may pass from one row to another: first nobody holds them.
  await manager.update(MetricConfig, { id: In(upserts.map(({ id }) => id)) }, { is_active: false });
  const now = new Date();
  const values = upserts.map((row) => ({
    id: row.id,
    organization_id: row.organization_id,
    is_active: row.is_active,
    filter: null,
    window: null,
    conversion: null,
    ...definitionOf(row),
    updated_at: now,
  }));
  for (let from = 0; from < values.length; from += ROWS_PER_STATEMENT) {
    await manager.upsert(MetricConfig, values.slice(from, from + ROWS_PER_STATEMENT) as never, ['id']);
  }
}
