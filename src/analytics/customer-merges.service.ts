import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor, type PageQuery } from '../common/page.js';
import { conflict, notFound } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import { bumpDataVersion } from '../ingestion/data-version.js';
import { CustomerMerge } from '../journeys/customer-merge.entity.js';
import { canonicalOf } from '../journeys/identity-graph.js';
import { JourneyRefresh } from '../journeys/journey-refresh.service.js';
import { OrganizationStates } from '../query/organization-state.js';
import type { CustomerMergeDto, CustomerMergeListDto } from './customer-merge.dto.js';
import { CustomerIds } from './customer-ids.service.js';

/** Says that two customer ids are one person, and takes it back. Journeys follow before it is acknowledged. */
@Injectable()
export class CustomerMergesService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly ids: CustomerIds,
    private readonly refresh: JourneyRefresh,
    private readonly states: OrganizationStates,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws Problem 409 where `from` was merged already, or `to` leads back to it */
  async create(identity: Identity, given: { readonly from: string; readonly to: string }): Promise<CustomerMergeDto> {
    const { organizationId } = identity;
    const [from, to] = [
      await this.ids.known(organizationId, given.from),
      await this.ids.known(organizationId, given.to),
    ];
    const merge = await this.database.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
        `tributary merges ${organizationId}`,
      ]);
      const holding = await manager
        .createQueryBuilder(CustomerMerge, 'merge')
        .where('merge.organization_id = :organizationId AND merge.undone_at IS NULL', { organizationId })
        .getMany();
      const into = new Map(holding.map(({ from_customer, to_customer }) => [from_customer, to_customer]));
      if (into.has(from))
        throw conflict('customer_merged', `The customer ${given.from} has been merged already; undo that merge first.`);
      if (canonicalOf(to, into) === from)
        throw conflict('merge_cycle', `${given.to} is the same customer as ${given.from} already.`);
      const created = await manager.save(
        manager.create(CustomerMerge, {
          ...{ id: newId(), organization_id: organizationId, from_customer: from, to_customer: to },
          ...{ applied: false, undone_at: null, created_by: identity.userId },
        }),
      );
      await bumpDataVersion(manager, organizationId);
      await this.audit.record(manager, {
        ...{
          organizationId,
          actor: actorOf(identity),
          action: 'customer.merge',
          entity: ['customer_merge', created.id],
        },
        after: { from, to },
      });
      return created;
    });
    await this.settle(organizationId);
    return present(merge);
  }

  async undo(identity: Identity, id: string): Promise<void> {
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      const merge = isUuid(id)
        ? await manager.findOne(CustomerMerge, {
            where: { id, organization_id: organizationId },
            lock: { mode: 'pessimistic_write' },
          })
        : null;
      if (!merge || merge.undone_at !== null) throw notFound(`There is no merge ${id.slice(0, 60)}.`);
      await manager.update(CustomerMerge, { id }, { undone_at: () => 'now()', applied: false });
      await bumpDataVersion(manager, organizationId);
      await this.audit.record(manager, {
        ...{ organizationId, actor: actorOf(identity), action: 'customer.unmerge', entity: ['customer_merge', id] },
        before: { from: merge.from_customer, to: merge.to_customer },
      });
    });
    await this.settle(organizationId);
  }

  /** Merges that hold, newest first. */
  async list({ organizationId }: Identity, query: PageQuery): Promise<CustomerMergeListDto> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const builder = this.database.manager
      .createQueryBuilder(CustomerMerge, 'merge')
      .where('merge.organization_id = :organizationId AND merge.undone_at IS NULL', { organizationId });
    if (query.cursor !== undefined) {
      const before = decodeCursor(query.cursor);
      builder.andWhere(
        `(merge.created_at, merge.id) < (SELECT created_at, id FROM customer_merges WHERE id = :anchor AND organization_id = :organizationId)`,
        { anchor: isUuid(before) ? before : '00000000-0000-0000-0000-000000000000' },
      );
    }
    const found = await builder
      .orderBy('merge.created_at', 'DESC')
      .addOrderBy('merge.id', 'DESC')
      .take(limit + 1)
      .getMany();
    const data = found.slice(0, limit);
    const last = data.at(-1);
    return { data: data.map(present), next_cursor: last && found.length > limit ? encodeCursor(last.id) : null };
  }

  /** Whoever asks for journeys after the acknowledgement sees it; attribution follows soon. */
  private async settle(organizationId: string): Promise<void> {
    await this.refresh.ensure(organizationId, (await this.states.read(organizationId)).data_version);
    await this.refresh.due(organizationId);
  }
}

const present = ({ id, from_customer, to_customer, created_at }: CustomerMerge): CustomerMergeDto => ({
  id,
  from: from_customer,
  to: to_customer,
  created_at: created_at.toISOString(),
});
