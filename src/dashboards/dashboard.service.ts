import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { policyOf } from '../access/policy.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { createdPage } from '../common/created-page.js';
import type { PageQuery } from '../common/page.js';
import { notFound, unprocessable } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import type { Model } from '../compiler/model/types.js';
import { ModelService, modelWithHidden } from '../metrics/model.service.js';
import { sharedTeam } from '../reports/shared-team.js';
import { asksForNothingHidden, mayRead, mayWrite, savedFilters } from '../reports/view-access.js';
import { DashboardCheck } from './dashboard-check.service.js';
import type { DashboardDto, DashboardListDto } from './dashboard.dto.js';
import { Dashboard } from './dashboard.entity.js';
import { presentDashboard, presentSummary } from './present-dashboard.js';
import { readDashboard, type DashboardFields } from './read-dashboard.js';

/** Dashboards. A role sees those that the FSD’s matrix gives it of views; what it may not see does not exist for it. */
@Injectable()
export class DashboardService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly models: ModelService,
    private readonly checks: DashboardCheck,
    private readonly audit: AuditTrail,
  ) {}

  async list(identity: Identity, query: PageQuery): Promise<DashboardListDto> {
    const builder = this.database.manager
      .createQueryBuilder(Dashboard, 'dashboard')
      .where('dashboard.organization_id = :organization', { organization: identity.organizationId });
    const model = await modelWithHidden(this.models, policyOf(identity));
    const isSeen = (dashboard: Dashboard): boolean => this.isSeen(identity, dashboard, model);
    const { rows, next_cursor } = await createdPage(builder, query, isSeen);
    return { data: rows.map(presentSummary), next_cursor };
  }

  /** The dashboard itself, for running it. @throws Problem `not_found` also when the role may not see it */
  async find(identity: Identity, id: string): Promise<Dashboard> {
    const dashboard = isUuid(id)
      ? await this.database.manager.findOneBy(Dashboard, { id, organization_id: identity.organizationId })
      : null;
    if (!dashboard || !this.isSeen(identity, dashboard, await modelWithHidden(this.models, policyOf(identity))))
      throw notFound(`There is no dashboard with the id ${id}.`);
    return dashboard;
  }

  async get(identity: Identity, id: string): Promise<DashboardDto> {
    return this.presented(identity, await this.find(identity, id));
  }

  /** Ids of the dashboards that the asker may see; null for an administrator, who also sees what was sent of deleted ones. */
  async readableIds(identity: Identity): Promise<string[] | null> {
    if (identity.role === 'organization_admin') return null;
    const model = await modelWithHidden(this.models, policyOf(identity));
    const all = await this.database.manager.findBy(Dashboard, { organization_id: identity.organizationId });
    return all.filter((dashboard) => this.isSeen(identity, dashboard, model)).map(({ id }) => id);
  }

  /** Saves a dashboard after proving that each of its widgets can be planned. @throws Problem `widgets_refused`, … */
  async create(identity: Identity, body: unknown): Promise<DashboardDto> {
    const fields = await this.fields(identity, body);
    await this.refuse(identity, fields);
    const { manager } = this.database;
    const dashboard = manager.create(Dashboard, {
      id: newId(),
      organization_id: identity.organizationId,
      created_by_user: identity.userId,
      ...fields,
    });
    return this.write(identity, 'dashboard.create', null, dashboard);
  }

  /** Only the fields that are given. What was broken before and stays as it is does not stand in the way. */
  async update(identity: Identity, id: string, body: unknown): Promise<DashboardDto> {
    const dashboard = await this.find(identity, id);
    refuseUnlessOwn(identity, dashboard);
    const fields = await this.fields(identity, body, dashboard);
    await this.refuse(identity, fields, dashboard);
    return this.write(identity, 'dashboard.update', presentDashboard(dashboard, []), Object.assign(dashboard, fields));
  }

  async delete(identity: Identity, id: string): Promise<void> {
    const dashboard = await this.find(identity, id);
    refuseUnlessOwn(identity, dashboard);
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      await manager.delete(Dashboard, { id: dashboard.id, organization_id: organizationId });
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: 'dashboard.delete',
        entity: ['dashboard', dashboard.id],
        before: presentDashboard(dashboard, []),
      });
    });
  }

  async presented(identity: Identity, dashboard: Dashboard): Promise<DashboardDto> {
    return presentDashboard(dashboard, await this.checks.warnings(identity, dashboard));
  }

  private isSeen(identity: Identity, dashboard: Dashboard, model: Model | null): boolean {
    if (!mayRead(identity, dashboard)) return false;
    if (model === null) return true;
    const rules = policyOf(identity);
    const own = dashboard.widgets.flatMap((widget) => (widget.type === 'text' ? [] : (widget.query ?? [])));
    const common = { metrics: [], dimensions: [], filters: dashboard.filters };
    return [common, ...own].every((request) => asksForNothingHidden(request, model, rules));
  }

  private async fields(identity: Identity, body: unknown, existing?: Dashboard): Promise<DashboardFields> {
    const fields = readDashboard(body, existing);
    fields.filters = savedFilters(identity, fields.filters);
    fields.team_id = await sharedTeam(this.database.manager, identity, fields, existing);
    return fields;
  }

  private async refuse(identity: Identity, fields: DashboardFields, existing?: Dashboard): Promise<void> {
    const errors = await this.checks.errors(identity, fields);
    const isSameAround =
      existing !== undefined &&
      (['filters', 'date_range', 'time_zone'] as const).every((key) => isDeepStrictEqual(existing[key], fields[key]));
    const kept = new Set(
      !isSameAround
        ? []
        : fields.widgets.flatMap((widget, index) =>
            existing.widgets.some((before) => isDeepStrictEqual(before, widget)) ? [index] : [],
          ),
    );
    const fresh = errors.filter(({ widget }) => !kept.has(widget)).map(({ item }) => item);
    const [first] = fresh;
    if (!first) return;
    const more = fresh.length > 1 ? ` (and ${fresh.length - 1} more, see errors)` : '';
    throw unprocessable('widgets_refused', `${first.message}${more}`, fresh);
  }

  private write(
    identity: Identity,
    action: 'dashboard.create' | 'dashboard.update',
    before: DashboardDto | null,
    dashboard: Dashboard,
  ): Promise<DashboardDto> {
    return this.database
      .transaction(async (manager) => {
        const after = await manager.save(dashboard);
        await this.audit.record(manager, {
          organizationId: identity.organizationId,
          actor: actorOf(identity),
          action,
          entity: ['dashboard', dashboard.id],
          before,
          after: presentDashboard(after, []),
        });
        return after;
      })
      .then((after) => this.presented(identity, after));
  }
}

function refuseUnlessOwn(identity: Identity, dashboard: Dashboard): void {
  if (!mayWrite(identity, dashboard))
    throw notFound(`There is no dashboard with the id ${dashboard.id} that you may change.`);
}
