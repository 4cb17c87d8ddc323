import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { policyOf } from '../access/policy.js';
import { createdPage } from '../common/created-page.js';
import type { PageQuery } from '../common/page.js';
import { badRequest, notFound } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import type { Model } from '../compiler/model/types.js';
import { ModelService, modelWithHidden } from '../metrics/model.service.js';
import { QueryService } from '../query/query.service.js';
import { refuseIfShown } from './dashboards-showing.js';
import { readReportView, type ReportViewFields } from './read-report-view.js';
import type { ReportViewDto, ReportViewListDto } from './report-view.dto.js';
import { additiveOf } from './additive.js';
import { checkChart } from './render/charts/shape.js';
import { ReportView } from './report-view.entity.js';
import { sharedTeam } from './shared-team.js';
import { mayRead, mayWrite, namesNothingHidden, savedFilters } from './view-access.js';
import { requestOf, whole } from './view-request.js';

/** Saved reports. A role sees the views that the FSD's matrix gives it; what it may not see does not exist for it. */
@Injectable()
export class ReportViewService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly queries: QueryService,
    private readonly models: ModelService,
    private readonly audit: AuditTrail,
  ) {}

  async list(identity: Identity, query: PageQuery): Promise<ReportViewListDto> {
    const builder = this.database.manager
      .createQueryBuilder(ReportView, 'view')
      .where('view.organization_id = :organization', { organization: identity.organizationId });
    const model = await modelWithHidden(this.models, policyOf(identity));
    const { rows, next_cursor } = await createdPage(builder, query, (view) => this.isSeen(identity, view, model));
    return { data: rows.map(present), next_cursor };
  }

  async get(identity: Identity, id: string): Promise<ReportViewDto> {
    return present(await this.find(identity, id));
  }

  /** The view itself, for running it. @throws Problem `not_found` also when the role may not see it */
  async find(identity: Identity, id: string): Promise<ReportView> {
    const view = isUuid(id)
      ? await this.database.manager.findOneBy(ReportView, { id, organization_id: identity.organizationId })
      : null;
    if (!view || !this.isSeen(identity, view, await modelWithHidden(this.models, policyOf(identity))))
      throw notFound(`There is no report view with the id ${id}.`);
    return view;
  }

  /** Ids of the views that the asker may see; null for an administrator, who also sees what was sent of deleted ones. */
  async readableIds(identity: Identity): Promise<string[] | null> {
    if (identity.role === 'organization_admin') return null;
    return (await this.readable(identity)).map(({ id }) => id);
  }

  /** All views that the asker may see, the oldest first. */
  async readable(identity: Identity): Promise<ReportView[]> {
    const model = await modelWithHidden(this.models, policyOf(identity));
    const views = await this.database.manager.find(ReportView, {
      where: { organization_id: identity.organizationId },
      order: { created_at: 'ASC', id: 'ASC' },
    });
    return views.filter((view) => this.isSeen(identity, view, model));
  }

  private isSeen(identity: Identity, view: ReportView, model: Model | null): boolean {
    return mayRead(identity, view) && (model === null || namesNothingHidden(view, model, policyOf(identity)));
  }

  /** Saves a view after proving that it can be planned. @throws Problem as a query would */
  async create(identity: Identity, body: unknown): Promise<ReportViewDto> {
    const fields = await this.fields(identity, body);
    await this.refuseUnlessRunnable(identity, fields);
    const { manager } = this.database;
    const view = manager.create(ReportView, {
      id: newId(),
      organization_id: identity.organizationId,
      created_by_user: identity.userId,
      ...fields,
    });
    return this.write(identity, 'report_view.create', null, view);
  }

  async update(identity: Identity, id: string, body: unknown): Promise<ReportViewDto> {
    const view = await this.find(identity, id);
    refuseUnlessOwn(identity, view);
    const fields = await this.fields(identity, body, view);
    await this.refuseUnlessRunnable(identity, fields);
    return this.write(identity, 'report_view.update', present(view), Object.assign(view, fields));
  }

  /**
   * Deletes a view and its schedules.
   * @param evenIfShown also when dashboards show it, whose widgets then say that it is gone
   * @throws Problem 409 `view_in_use`
   */
  async delete(identity: Identity, id: string, evenIfShown: boolean): Promise<void> {
    const view = await this.find(identity, id);
    refuseUnlessOwn(identity, view);
    if (!evenIfShown) await refuseIfShown(this.database.manager, identity, view.id);
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      await manager.delete(ReportView, { id: view.id, organization_id: organizationId });
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: 'report_view.delete',
        entity: ['report_view', view.id],
        before: present(view),
      });
    });
  }

  /** Proves that a view can be planned, and drawn as it asks. @throws Problem as a query would; 400 for its picture */
  private async refuseUnlessRunnable(identity: Identity, fields: ReportViewFields): Promise<void> {
    const columns = await this.queries.check(policyOf(identity), whole(requestOf(fields)));
    const { model } = (await this.models.live(identity.organizationId)).snapshot;
    const mistakes = checkChart(fields.dashboard_config, { columns, additive: additiveOf(columns, model) });
    if (mistakes.length > 0) {
      throw badRequest('invalid_request', mistakes.map(({ message }) => message).join(' '), mistakes);
    }
  }

  /** What is to be saved: checked, and no more than the asker may share. */
  private async fields(identity: Identity, body: unknown, existing?: ReportView): Promise<ReportViewFields> {
    const fields = readReportView(body, existing);
    fields.filters = savedFilters(identity, fields.filters);
    fields.team_id = await sharedTeam(this.database.manager, identity, fields, existing);
    return fields;
  }

  private write(
    identity: Identity,
    action: 'report_view.create' | 'report_view.update',
    before: ReportViewDto | null,
    view: ReportView,
  ): Promise<ReportViewDto> {
    return this.database.transaction(async (manager) => {
      const after = present(await manager.save(view));
      const { organizationId } = identity;
      const entity = ['report_view', view.id] as const;
      await this.audit.record(manager, { organizationId, actor: actorOf(identity), action, entity, before, after });
      return after;
    });
  }
}

function refuseUnlessOwn(identity: Identity, view: ReportView): void {
  if (!mayWrite(identity, view)) throw notFound(`There is no report view with the id ${view.id} that you may change.`);
}

export const present = (view: ReportView): ReportViewDto => ({
  id: view.id,
  created_by_user: view.created_by_user,
  report_name: view.report_name,
  report_category: view.report_category,
  dimensions: view.dimensions,
  metrics: view.metrics,
  filters: view.filters,
  date_range: view.date_range,
  attribution_model: view.attribution_model,
  time_grain: view.time_grain,
  time_zone: view.time_zone,
  order: view.sort_order,
  limit: view.row_limit,
  totals: view.totals,
  compare: view.compare,
  fill: view.fill,
  top: view.top,
  subtotals: view.subtotals,
  currency: view.currency,
  on_missing_rate: view.on_missing_rate,
  visibility: view.visibility,
  team_id: view.team_id,
  schedule_config: view.schedule_config,
  dashboard_config: view.dashboard_config,
  created_at: view.created_at.toISOString(),
  updated_at: view.updated_at.toISOString(),
});
