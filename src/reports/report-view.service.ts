import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { policyOf } from '../access/policy.js';
import { PageQuery, decodeCursor, encodeCursor } from '../common/page.js';
import { badRequest, notFound } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import { QueryService } from '../query/query.service.js';
import { readReportView } from './read-report-view.js';
import type { ReportViewDto, ReportViewListDto } from './report-view.dto.js';
import { ReportView } from './report-view.entity.js';
import { requestOf } from './view-request.js';

/** Saved reports. A role sees the views that the FSD's matrix gives it; what it may not see does not exist for it. */
@Injectable()
export class ReportViewService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly queries: QueryService,
    private readonly audit: AuditTrail,
  ) {}

  async list(identity: Identity, query: PageQuery): Promise<ReportViewListDto> {
    const limit = query.limit ?? 100;
    const builder = this.database.manager
      .createQueryBuilder(ReportView, 'view')
      .where('view.organization_id = :organization', { organization: identity.organizationId });
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor).split('|');
    if (after) {
      const [at, id] = after;
      if (!at || !id || !isUuid(id) || Number.isNaN(Date.parse(at))) {
        throw badRequest(
          'invalid_cursor',
          'The cursor is not one that this list gave out; leave it away to start anew.',
        );
      }
      builder.andWhere(`(date_trunc('milliseconds', view.created_at), view.id) > (:at::timestamptz, :id::uuid)`, {
        at,
        id,
      });
    }
    builder.orderBy(`date_trunc('milliseconds', view.created_at)`, 'ASC').addOrderBy('view.id', 'ASC');
    const allowed = (await builder.getMany()).filter((view) => mayRead(identity, view));
    const data = allowed.slice(0, limit);
    const last = data.at(-1);
    return {
      data: data.map(present),
      next_cursor: last && allowed.length > limit ? encodeCursor(`${last.created_at.toISOString()}|${last.id}`) : null,
    };
  }

  async get(identity: Identity, id: string): Promise<ReportViewDto> {
    return present(await this.find(identity, id));
  }

  /** The view itself, for running it. @throws Problem `not_found` also when the role may not see it */
  async find(identity: Identity, id: string): Promise<ReportView> {
    const view = isUuid(id)
      ? await this.database.manager.findOneBy(ReportView, { id, organization_id: identity.organizationId })
      : null;
    if (!view || !mayRead(identity, view)) throw notFound(`There is no report view with the id ${id}.`);
    return view;
  }

  /** Saves a view after proving that it can be planned. @throws Problem as a query would */
  async create(identity: Identity, body: unknown): Promise<ReportViewDto> {
    const fields = readReportView(body);
    await this.queries.check(policyOf(identity), requestOf(fields));
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
    mayWrite(identity, view);
    const fields = readReportView(body, view);
    await this.queries.check(policyOf(identity), requestOf(fields));
    return this.write(identity, 'report_view.update', present(view), Object.assign(view, fields));
  }

  async delete(identity: Identity, id: string): Promise<void> {
    const view = await this.find(identity, id);
    mayWrite(identity, view);
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

const isOwner = (identity: Identity, view: ReportView): boolean =>
  identity.userId !== null && view.created_by_user === identity.userId;

/** FSD: admin and analyst see all reports, a manager the team's, a viewer only public ones; everyone their own. */
export function mayRead(identity: Identity, view: ReportView): boolean {
  if (isOwner(identity, view)) return true;
  switch (identity.role) {
    case 'organization_admin':
      return true;
    case 'analyst':
    case 'marketing_manager':
    case 'campaign_manager':
      return view.visibility !== 'private';
    case 'viewer':
      return view.visibility === 'public';
  }
}

function mayWrite(identity: Identity, view: ReportView): void {
  if (identity.role === 'organization_admin' || isOwner(identity, view)) return;
  throw notFound(`There is no report view with the id ${view.id} that you may change.`);
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
  visibility: view.visibility,
  schedule_config: view.schedule_config,
  dashboard_config: view.dashboard_config,
  created_at: view.created_at.toISOString(),
  updated_at: view.updated_at.toISOString(),
});
